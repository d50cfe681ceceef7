"""Names that would mean two things at once.

Compose, DNS and file systems each have their own idea of when two names are one: Docker's DNS, and disks such as those
of a Mac or a Windows share, do not tell upper case from lower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from midwatch.spec.finding import Finding, Known, Rule
from midwatch.spec.model import Spec
from midwatch.spec.paths import Path, format_path
from midwatch.spec.suggest import did_you_mean


def sidecar(volume: str) -> str:
    """What the service is called that saves an application's volume, and the volume in which it works."""
    return f"backup-{volume}"


def _twice(names: Iterable[str], at: Path, key: str) -> Iterator[Finding]:
    seen: dict[str, tuple[int, str]] = {}
    for index, name in enumerate(names):
        first, other = seen.setdefault(name.casefold(), (index, name))
        if first == index:
            continue
        path, before = (*at, index, key), (*at, first, key)
        if name == other:
            message, hint = f"is the name of {format_path(before[:-1])} too", "names must be unique"
        else:
            message = f"'{name}' is '{other}' of {format_path(before[:-1])} but for upper and lower case"
            hint = "on a network, and on many a disk, both are one name: rename one of them"
        yield Finding(path, message, hint, (before,))


def _apps(spec: Spec, known: Known) -> Iterator[Finding]:
    yield from _twice((app.name for app in spec.apps), ("apps",), "name")
    hosts = known.hosts | {sidecar(volume.name).casefold() for volume in spec.backup.volumes}
    for index, app in enumerate(spec.apps):
        path: Path = ("apps", index)
        other = "the name that its container has in `docker ps`"
        if app.name in (known.components or ()) or (app.host is None and app.name in hosts):
            hint = f"call it '{app.name}-app', and give as host {other}"
            yield Finding((*path, "name"), f"'{app.name}' is the name of a service of the stack", hint)
        elif app.host is not None and app.host.casefold() in hosts:
            message = f"'{app.host}' is a service of the stack too, and Prometheus may reach that one"
            yield Finding((*path, "host"), message, f"give {other}, or an alias of its own on the app's network")


def _networks(spec: Spec, known: Known) -> Iterator[Finding]:
    own = {f"{spec.name}_{key}" for key in known.networks}
    for index, app in enumerate(spec.apps):
        if app.network in own:
            hint = "leave network out: what joins 'monitoring' is reached without"
            message = f"'{app.network}' is a network of the stack itself, not of the app's own Compose project"
            yield Finding(("apps", index, "network"), message, hint, (("name",),))


def _patterns(spec: Spec, _: Known) -> Iterator[Finding]:
    yield from _twice((one.name for one in spec.collector.pii.patterns), ("collector", "pii", "patterns"), "name")


def _volumes(spec: Spec, known: Known) -> Iterator[Finding]:
    at: Path = ("backup", "volumes")
    yield from _twice((volume.name for volume in spec.backup.volumes), at, "name")
    own = {f"{spec.name}_{key}" for key in (*known.volumes, *(sidecar(one.name) for one in spec.backup.volumes))}
    # A sidecar and a store of that name exist already, and `./ops backup NAME` means those.
    parts = known.components or frozenset()
    for index, volume in enumerate(spec.backup.volumes):
        path: Path = (*at, index, "name")
        if volume.name in own:
            message = f"'{volume.name}' is a volume of the stack itself, not of an application"
            yield Finding(path, message, "remove the entry: what the stack stores is saved anyway", (("name",),))
        elif volume.name.casefold() in parts or sidecar(volume.name).casefold() in parts | known.volumes:
            message = f"'{volume.name}' is the name of a part of the stack"
            yield Finding(path, message, "the stack's own stores are saved anyway; rename the volume")
        apps = [app.name for app in spec.apps]
        if volume.app is not None and volume.app not in apps:
            message = f"there is no app '{volume.app}'{did_you_mean(volume.app, apps)}"
            yield Finding((*at, index, "app"), message, uses=(("apps",),))


def _secrets(spec: Spec, known: Known) -> Iterator[Finding]:
    webhook: Path = ("alerting", "slack", "webhook_secret")
    password: Path = ("alerting", "email", "password_secret")
    given = {webhook: spec.alerting.slack.webhook_secret}
    if spec.alerting.email is not None and spec.alerting.email.username is not None:
        given[password] = spec.alerting.email.password_secret
    for path, file in given.items():
        if file.casefold() in known.secrets:
            yield Finding(path, f"'{file}' is the file of another secret of the stack", "choose another name")
    if given[webhook].casefold() == given.get(password, "").casefold():
        yield Finding(password, "is the file of Slack's webhook too", "choose another name", (webhook,))


def of_fragments(spec: Spec, fragments: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """The same of what the user's own Compose fragments (without tags) declare for the stack."""
    volumes, networks = (frozenset(_made(spec.name, fragments, kind)) for kind in ("volumes", "networks"))
    for index, volume in enumerate(spec.backup.volumes):
        if volume.name in volumes:
            message = f"'{volume.name}' is made with the stack, by a file of extra.compose: it cannot be there before"
            hint = f"say 'external: true' and 'name: {volume.name}' there, and make it with docker volume create"
            yield Finding(("backup", "volumes", index, "name"), message, hint)
    for index, app in enumerate(spec.apps):
        if app.network in networks:
            message = f"'{app.network}' is made with the stack, by a file of extra.compose: it cannot be there before"
            hint = "leave network out, and join the app's service to 'monitoring' there"
            yield Finding(("apps", index, "network"), message, hint)


def _made(project: str, fragments: Sequence[Mapping[str, Any]], kind: str) -> Iterator[str]:
    """Real names of the volumes or networks that Compose makes for these fragments."""
    for fragment in fragments:
        declared = fragment.get(kind)
        for key, value in declared.items() if isinstance(declared, Mapping) else ():
            options = value if isinstance(value, Mapping) else {}
            if not options.get("external"):
                yield str(options.get("name") or f"{project}_{key}")


RULES: tuple[Rule, ...] = (_apps, _networks, _patterns, _volumes, _secrets)
