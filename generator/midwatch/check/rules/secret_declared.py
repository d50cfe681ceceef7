"""Every secret is declared."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    for service in stack.services.values():
        for index, name in enumerate(service.secrets):
            if name not in stack.parts["secrets"]:
                yield flaw(stack, service, f"uses secret {name}, which is not declared", "secrets", index)
    for name, secret in stack.parts["secrets"].items():
        if not secret.get("file") and not secret.get("external") and not secret.get("environment"):
            yield Flaw(f"secret {name} has no file", stack.at("secrets", name), key=f"secrets.{name}")


RULE = Rule(
    id="secret-declared",
    title="Every secret that a service uses is declared, with a file",
    why=("A secret without a source keeps the whole stack from starting."),
    fix="declare it under secrets with a file",
    blocker=Blocker.HARDENING,
    check=_check,
    good="secrets:\n  slack_webhook_url:\n    file: ./secrets/slack_webhook_url",
    bad="secrets: {}",
)
