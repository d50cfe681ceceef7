"""A secret that is read is mounted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.service import Service
from midwatch.check.stack import Stack, mounted

_PATH = re.compile(r"/run/secrets/([\w.-]*\w)")


def _check(stack: Stack) -> Iterator[Flaw]:
    for service in stack.services.values():
        have = set(service.secrets.values())
        for name, at in dict(_reads(stack, service)).items():
            if f"/run/secrets/{name}" not in have:
                text = f"{service.name}: reads /run/secrets/{name}, which is not among its secrets"
                yield Flaw(text, stack.service_at(service, "secrets"), service.name, name, hint=f"it is read in {at}")


def _reads(stack: Stack, service: Service) -> Iterator[tuple[str, Position]]:
    for key in ("environment", "command", "entrypoint", "healthcheck"):
        for name in _PATH.findall(str(service.raw.get(key) or "")):
            yield name, stack.service_at(service, key)
    for path, _ in mounted(stack, service):
        if stack.files[path].kind in {Kind.MARKDOWN, Kind.RULES}:
            continue  # prose about a secret does not read it
        for number, line in enumerate(stack.files[path].text.splitlines(), 1):
            if not line.lstrip().startswith("#"):
                yield from ((name, Position(path, number)) for name in _PATH.findall(line))


RULE = Rule(
    id="secret-mounted",
    title="Every secret that a configuration or command reads is mounted in that service",
    why=(
        "The configuration names a file under /run/secrets; without the mount the program cannot start, "
        "or runs without a password."
    ),
    fix="add the secret to the service's secrets",
    blocker=Blocker.HARDENING,
    check=_check,
    good="secrets:\n  - slack_webhook_url",
    bad="# alertmanager.yml reads /run/secrets/slack_webhook_url, the service has no secrets",
)
