"""Every mounted file exists."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.stack import Stack, exists, file_mounts


def _check(stack: Stack) -> Iterator[Flaw]:
    for service in stack.services.values():
        for mount in file_mounts(stack, service):
            if mount.project is not None and not exists(stack, mount.project):
                key = ("volumes", mount.index) if mount.kind == "bind" else ("configs",)
                yield flaw(stack, service, f"mounts {mount.project}, which does not exist", *key)


RULE = Rule(
    id="mounted-files",
    title="Every mounted file of the project exists",
    why=(
        "Docker makes an empty, root-owned folder in place of a file that is missing, and the service "
        "then dies with a message about something else."
    ),
    fix="run 'midwatch generate', or mend the path",
    blocker=Blocker.SILENT_FAILURE,
    check=_check,
    good="volumes:\n  - ./loki/loki.yaml:/etc/loki/loki.yaml:ro",
    bad="volumes:\n  - ./loki/lokki.yaml:/etc/loki/loki.yaml:ro",
)
