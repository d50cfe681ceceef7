"""Everything that was generated is still there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from midwatch.check.finding import Blocker, Position, Severity
from midwatch.check.kinds import Kind
from midwatch.check.prometheus import alerts_of
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack, exists, file_mounts, generated
from midwatch.listing import few
from midwatch.regenerate.paths import BASE


def _check(stack: Stack) -> Iterator[Flaw]:
    for path in stack.lock.files if stack.lock else ():
        if not exists(stack, path):
            yield _opened(stack, path)
        elif path not in stack.files and not _is_file(stack.folder / path):
            yield _replaced(stack, path)


def _opened(stack: Stack, path: str) -> Flaw:
    """What it opens that this file is gone. A page or a test that an alert needs is told by a rule of its own."""
    at = Position(path)
    if names := _alerts(stack, path):
        what = f"its alert {names[0]}" if len(names) == 1 else f"its {len(names)} alerts ({few(names)})"
        return Flaw(f"removed by hand, and with it {what}", at, severity="error", blocker=Blocker.ALERTING)
    script = script_of(path)
    if pages := pages_with(stack, script):
        used = f"needed for commands on {pages} page{'s' if pages > 1 else ''} of the runbooks"
        needed = used if script == path else f"./{script} reads it, and is {used}"
        return Flaw(f"removed by hand, but {needed}", at, severity="error")
    if services := _readers(stack, path):
        message = f"removed by hand, but its folder is mounted in {', '.join(services)}"
        return Flaw(message, at, services[0], severity="error", blocker=Blocker.SILENT_FAILURE)
    severity: Severity = "warning" if path.startswith("runbooks/") else "info"
    return Flaw("removed by hand; 'midwatch generate' does not bring it back", at, severity=severity)


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _replaced(stack: Stack, path: str) -> Flaw:
    """Nothing is judged through a link, and a container sees the link itself: it leads to nothing that is mounted."""
    at, link = Position(path), (stack.folder / path).is_symlink()
    message = "is a link now, and what it leads to is not judged" if link else "is no regular file any more"
    if services := _readers(stack, path):
        message = f"{message}; in the container of {', '.join(services)} it leads nowhere" if link else message
        return Flaw(message, at, services[0], severity="error", blocker=Blocker.SILENT_FAILURE)
    return Flaw(message, at, severity="warning")


def _alerts(stack: Stack, path: str) -> list[str]:
    file = generated(stack, path)
    return list(dict.fromkeys(alerts_of(file))) if file and file.kind is Kind.RULES else []


def script_of(path: str) -> str:
    """The script in the project's folder that this is, or is a part of: `ops` has its parts in `ops.d`."""
    head, slash, _ = path.partition("/")
    return head if not slash else head.removesuffix(".d") if head.endswith(".d") else ""


def pages_with(stack: Stack, script: str) -> int:
    """Number of pages with a command that begins with this script."""
    if not script:
        return 0
    return sum(f"./{script} " in file.text for file in stack.of(Kind.MARKDOWN) if file.path.startswith("runbooks/"))


def _readers(stack: Stack, path: str) -> list[str]:
    """The services that have its folder mounted, its own first; a file that is mounted by itself is for the rule
    mounted-files."""
    if path.startswith(("runbooks/", "prometheus/tests/")):
        return []
    names = [
        service.name
        for service in stack.services.values()
        if any(mount.project and path.startswith(f"{mount.project}/") for mount in file_mounts(stack, service))
    ]
    return sorted(names, key=lambda name: (name != path.partition("/")[0], name))


RULE = Rule(
    id="generated-files",
    title="Everything that was generated is still there",
    why=(
        "A file that a person removed stays away: 'midwatch generate' does not bring it back. With it go the alerts "
        "that it held; a program that reads it fails at its next start; and whoever is woken may look for just that "
        "runbook, or run just that script. A link in its place is not followed: "
        "not by midwatch, and where its folder is mounted it leads nowhere."
    ),
    fix=(
        f"'midwatch resolve FILE --theirs' brings it back, as a copy from {BASE}/ does; 'midwatch generate --force' "
        "brings all back, but writes over hand edits too (and keeps a copy of each)"
    ),
    blocker=Blocker.RUNBOOKS,
    check=_check,
    good="# every file of .midwatch/lock.json is there",
    bad="# ops was removed",
)
