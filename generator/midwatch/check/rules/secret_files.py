"""Every secret is there."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.profile import Profile
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    paths = {name: path for name in stack.parts["secrets"] if (path := stack.secret_file(name))}
    sizes = {name: _size(stack, path) for name, path in paths.items()}
    for name, size in sizes.items():
        users = ", ".join(service.name for service in stack.services.values() if name in service.secrets)
        at = stack.at("secrets", name)
        if size is None:
            text = f"secret {name} has not been made yet ({paths[name]}, for {users or 'nobody'})"
            yield Flaw(text, at, key=f"secrets.{name}")
        elif size == 0:
            # Never intended, wherever it is.
            text = f"secret {name} is empty ({paths[name]}, for {users or 'nobody'})"
            yield Flaw(text, at, key=f"secrets.{name}", severity="error")


def _size(stack: Stack, path: str) -> int | None:
    """Bytes; None when there is no such file. The content is never read."""
    try:
        file = stack.folder / path
        return file.stat().st_size if file.is_file() else None
    except OSError:
        return None


RULE = Rule(
    id="secret-files",
    title="Every secret file is there and not empty",
    why=(
        "Compose mounts an empty folder where a secret is missing; the service then fails with a message "
        "about anything but that."
    ),
    fix="run 'midwatch secrets'",
    blocker=Blocker.HARDENING,
    check=_check,
    since=Profile.PRODUCTION,
    good="-r--r--r-- 84 secrets/slack_webhook_url",
    bad="# secrets/slack_webhook_url is missing or empty",
)
