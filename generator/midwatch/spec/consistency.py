"""What the keys of a spec say about one another, and about the catalogue.

Each rule is a function over the typed spec that yields findings; ``load`` puts file, line and column to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from midwatch.errors import Problem
from midwatch.spec import names
from midwatch.spec.cron import longest_gap
from midwatch.spec.finding import Finding, Known, Overridable, Rule
from midwatch.spec.model import Spec
from midwatch.spec.model.alerting import AlertOverride
from midwatch.spec.paths import Path, format_path
from midwatch.spec.quantity import format_duration
from midwatch.spec.suggest import did_you_mean

METRICS_AT_LEAST = 2 * 3600
LOGS_AT_LEAST = 24 * 3600
DEFAULT_INTERVAL = 24 * 3600
"""Between two backups when the spec names neither ``every`` nor ``cron``."""
_GENERATED_FILES = ("compose.yaml", "stack.yaml")
_GENERATED_FOLDERS = frozenset(["runbooks", "secrets"])


def _apps(spec: Spec, _: Known) -> Iterator[Finding]:
    for index, app in enumerate(spec.apps):
        path: Path = ("apps", index)
        if app.metrics is None and app.health is None:
            uses = ((*path, "metrics"), (*path, "health"))
            yield Finding(
                path, "has neither metrics nor health: nothing of it would be watched", "give one of them", uses
            )
        if app.redis and app.network is None:
            message = "needs a network: Redis is reached over the network of the app's own Compose project"
            yield Finding((*path, "redis"), message, "give network", ((*path, "network"),))


def _replica(spec: Spec, _: Known) -> Iterator[Finding]:
    if spec.redis.replica and spec.redis.use == "cache":
        message = "a cache needs no replica: what it loses is computed anew, and the copy takes as much memory again"
        hint = "leave replica out, or say what it holds: use: sessions, or use: queue"
        yield Finding(("redis", "replica"), message, hint, (("redis", "use"),))


def _retention(spec: Spec, _: Known) -> Iterator[Finding]:
    at_least = (
        (
            "metrics",
            spec.retention.metrics,
            METRICS_AT_LEAST,
            "Prometheus writes blocks of 2h, and alerts look back that far",
        ),
        (
            "logs",
            spec.retention.logs,
            LOGS_AT_LEAST,
            "Loki's index is cut into days, and only whole ones can be deleted",
        ),
    )
    for key, seconds, least, why in at_least:
        if seconds < least:
            message = f"must be at least {format_duration(least)}, not {format_duration(seconds)}: {why}"
            yield Finding(("retention", key), message)


def _backup(spec: Spec, _: Known) -> Iterator[Finding]:
    backup = spec.backup
    if backup.every is not None and backup.cron is not None:
        yield Finding(
            ("backup", "cron"), "give either 'every' or 'cron', not both", uses=(("backup", "every"),), at_key=True
        )
        return
    gap, how = DEFAULT_INTERVAL, "every day (the default)"
    if backup.cron is not None:
        gap = longest_gap(backup.cron)
        how = f"as seldom as every {format_duration(gap)} ({backup.cron})"
    elif backup.every is not None:
        gap, how = backup.every, f"every {format_duration(backup.every)}"
    if backup.rpo < gap:
        message = f"{format_duration(backup.rpo)} cannot be kept: backups run {how}"
        hint = f"raise rpo, or give every: {format_duration(backup.rpo)}"
        yield Finding(("backup", "rpo"), message, hint, (("backup", "every"), ("backup", "cron")))


def _backup_ca(spec: Spec, _: Known) -> Iterator[Finding]:
    destination = spec.backup.destination or ""
    if spec.backup.own_ca and not (spec.backup.s3 and "http://" not in destination):
        message = "needs an S3 store that is reached by https as destination"
        yield Finding(("backup", "own_ca"), message, "leave it out", (("backup", "destination"),))


def _ports(spec: Spec, _: Known) -> Iterator[Finding]:
    seen: dict[int, str] = {}
    # The order of the file does not count: the port that differs from its default is the one that was written.
    standard = type(spec.ports)().model_dump()
    given = spec.ports.model_dump()
    for key, port in sorted(given.items(), key=lambda item: item[1] != standard[item[0]]):
        first = seen.setdefault(port, key)
        if first != key:
            hint = "" if given[first] != standard[first] else "that is its default"
            yield Finding(("ports", key), f"{port} is the port of '{first}' too", hint, (("ports", first),))


def _overrides(spec: Spec, known: Known) -> Iterator[Finding]:
    for name in spec.alerting.overrides if known.alerts is not None else ():
        if name not in (known.alerts or ()):
            message = f"there is no such alert{did_you_mean(name, sorted(known.alerts or ()))}"
            yield Finding(("alerting", "overrides", name), message, at_key=True)
    for name, override in spec.alerting.overrides.items():
        if name in known.overridable:
            yield from _override(("alerting", "overrides", name), override, known.overridable[name])


def _override(path: Path, override: AlertOverride, may: Overridable) -> Iterator[Finding]:
    """One override against what may be changed of that alert. A threshold out of range fires always or never."""
    if override.off and may.required:
        yield Finding((*path, "off"), f"{path[-1]} cannot be switched off", "remove this key: it has to stay on")
    value = override.threshold
    if value is None:
        return
    if not may.unit:
        yield Finding((*path, "threshold"), f"{path[-1]} compares with no threshold", "remove this key", at_key=True)
    elif may.range is None and not 0 < value <= 1:
        message = f"is a ratio, above 0 and at most 1, not {value:g}"
        yield Finding((*path, "threshold"), message, f"did you mean {value / 100:g}?" if 1 < value <= 100 else "")
    elif may.range is not None and not may.range[0] <= value <= may.range[1]:
        least, most = may.range
        meant = value / 100 if may.unit == "ratio" and least <= value / 100 <= most else None
        message = f"must be between {least:.10g} and {most:.10g} ({may.unit}), not {value:.10g}"
        yield Finding((*path, "threshold"), message, "" if meant is None else f"did you mean {meant:g}?")


def _email(spec: Spec, _: Known) -> Iterator[Finding]:
    email = spec.alerting.email
    if email is None:
        return
    path: Path = ("alerting", "email")
    if not email.to:
        yield Finding((*path, "to"), "names nobody", "give one address, or leave 'email' out")
    if email.username is not None and not email.require_tls:
        message = "would send the password in clear text, which Alertmanager refuses"
        yield Finding((*path, "require_tls"), message, "leave it out, or give no username", ((*path, "username"),))


def _images(spec: Spec, known: Known) -> Iterator[Finding]:
    for name, override in spec.images.overrides.items():
        path: Path = ("images", "overrides", name)
        if known.components is not None and name not in known.components:
            yield Finding(
                path, f"there is no such component{did_you_mean(name, sorted(known.components))}", at_key=True
            )
        if override.tag == "latest" and override.digest is None:
            uses = ((*path, "digest"),)
            yield Finding(
                (*path, "tag"), "'latest' is another program tomorrow", "name a version, or add a digest", uses
            )


def _extra(spec: Spec, known: Known) -> Iterator[Finding]:
    # A component's configuration lies in a folder of its name.
    folders = _GENERATED_FOLDERS | (known.components or frozenset())
    seen: set[tuple[str, str]] = set()
    for key, index, file in spec.extra.named():
        path: Path = ("extra", key, index)
        if (key, file) in seen:
            yield Finding(path, f"{file!r} is given twice")
        seen.add((key, file))
        # Many a disk does not tell upper case from lower.
        if file.lower() in _GENERATED_FILES or file.lower().split("/")[0] in folders:
            yield Finding(
                path, f"{file!r} is where midwatch writes", "keep your own files elsewhere, for instance in extra/"
            )


RULES: tuple[Rule, ...] = (
    *names.RULES, _apps, _replica, _retention, _backup, _backup_ca, _ports, _overrides, _email, _images, _extra
)  # fmt: skip


def findings(spec: Spec, known: Known) -> list[Finding]:
    """Everything that does not fit together, in the order of the rules."""
    return [finding for rule in RULES for finding in rule(spec, known)]


def problems(
    spec: Spec, alert_names: Iterable[str] | None = None, component_names: Iterable[str] | None = None
) -> list[Problem]:
    """The same as problems with key paths, without file and line: for a spec that did not come from a file."""
    alerts, components = (None if names is None else frozenset(names) for names in (alert_names, component_names))
    known = Known(alerts, components)
    return [Problem(found.message, key=format_path(found.path), hint=found.hint) for found in findings(spec, known)]
