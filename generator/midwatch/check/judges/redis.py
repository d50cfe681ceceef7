"""redis-server on its own configuration: started for real, on a socket, in an empty folder, and stopped again.

Redis has no flag that only checks; it says that a directive is wrong when it starts.
"""

from __future__ import annotations

import re
from pathlib import Path

from midwatch.check import tool
from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, nothing, skipped
from midwatch.check.kinds import Kind
from midwatch.check.stack import File, Stack, Use
from midwatch.check.view import View, of_service

READY = "eady to accept connections"
_REACHES_OUT = re.compile(r"^\s*(?:loadmodule|include|replicaof|slaveof|cluster-enabled)\b.*", re.M | re.I)
"""Left out: a check must not load somebody's program into this machine, nor talk to another one."""


def _judge(stack: Stack) -> Verdict:
    uses = list(stack.uses(Kind.REDIS))
    if not uses:
        return nothing("no service has a Redis configuration mounted")
    found: list[Finding] = []
    program: tool.Tool | tool.Missing = tool.Missing("")
    for use in uses:
        name = "valkey-server" if "valkey" in use.service.repository else "redis-server"
        program = tool.resolve(name, image=use.service.image, entrypoint=name)
        if isinstance(program, tool.Missing):
            return skipped(program.reason)
        with of_service(stack, use.service) as view:
            found += _start(program, view, use)
    assert isinstance(program, tool.Tool)
    return decided(found, program=program.shown, version=program.version)


def _start(program: tool.Tool, view: View, use: Use) -> list[Finding]:
    data = view.root / "_data"
    data.mkdir()
    config = view.path(use.target)
    config.write_text(_REACHES_OUT.sub(r"# \g<0>", config.read_text("utf-8")), "utf-8")
    overrides: list[str | Path] = [
        "--port", "0", "--tls-port", "0", "--unixsocket", view.root / "s", "--dir", data, "--daemonize", "no",
        "--logfile", "", "--pidfile", data / "pid",
    ]  # fmt: skip
    outcome = program.run_until(view.root, [config, *overrides], lambda log: READY in log)
    if outcome.code == 0:
        return []
    return _messages(view, outcome.text, use.file)


def _messages(view: View, text: str, file: File) -> list[Finding]:
    text = view.shown(text)
    quoted = re.findall(r">>> '(.+?)'\s*$", text, re.M)
    if quoted:
        reason = re.search(r">>> '.+'\s*\n\s*(\S.+)", text)
        why = reason[1].strip() if reason and "aborting" not in reason[1] else "unknown directive"
        return [finding(f"'{line}': {why}", Position(file.path, _line(file, line))) for line in quoted]
    lines = [line for line in text.splitlines() if re.search(r"abort|fatal|error|cannot|can't", line, re.I)]
    cause = " ".join((lines or text.splitlines())[-2:])
    return [finding(re.sub(r"^\d+:\w .*?[#*] ", "", cause)[-500:] or "did not start", Position(file.path))]


def _line(file: File, directive: str) -> int:
    """Line of a directive that Redis quotes; it drops quotes and spaces, so only the first word is looked for."""
    word = directive.split()[0].strip('"')
    lines = enumerate(file.text.splitlines(), 1)
    return next((number for number, line in lines if line.split()[:1] == [word]), 0)


JUDGE = Judge(
    id="redis",
    title="Redis starts with its configuration",
    why="With one wrong directive Redis does not start, and every session is gone until somebody sees why.",
    fix="mend the directive at that line",
    blocker=Blocker.REDIS,
    judge=_judge,
    program="redis-server",
)
