"""Every command in Confirm and Verify of every runbook, run against the healthy stack, gives the good answer
that the page promises, in both languages. What only repairs something is left out."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import pytest

from midwatch.render.project import load_project
from midwatch.render.tree import render
from midwatch.spec.load import load
from midwatch.spec.model import Spec
from tests.conftest import EXAMPLES
from tests.lab.engine import Engine
from tests.lab.project import PREFIX, midwatch
from tests.lab.runbook_promise import wrong
from tests.lab.runbook_steps import BLANKS, Step, steps
from tests.lab.stack import Stack, running
from tests.stack.programs import until

pytestmark = pytest.mark.lab
AGE = 60
"""So many seconds the stack has run, for queries that look back."""
BACKED_UP = "min(backup_restore_test_last_success_timestamp_seconds) > 0"
OF_LOKI = re.compile(r"exec -T loki\b|logs .*\bloki\b|loki_(?!distributor_lines_received_total)\w+|\bdu\b.*/loki")
"""What the stand-in cannot answer."""
REPAIRS = re.compile(r"\b(?:restart|stop|start|up -d|prune|silence)\b")


def pages(spec: Spec, language: str) -> dict[str, list[Step]]:
    """The steps of each runbook of a spec, in a language."""
    told = spec.model_copy(update={"runbooks": spec.runbooks.model_copy(update={"language": language})})
    texts = {path[9:-3]: file.data.decode() for path, file in render(told).items() if path.startswith("runbooks/")}
    found = {page: list(steps(page, text)) for page, text in texts.items()}
    return {page: its for page, its in sorted(found.items()) if its}


@cache
def example() -> Spec:
    return load(EXAMPLES / "sva-studio" / "stack.yaml")


PAGES = [(language, page) for language in ("en", "de") for page in pages(example(), language)]


@dataclass
class Host:
    """The stack's folder as a person at 3 am has it; each command is run once."""

    stack: Stack
    texts: dict[str, dict[str, list[Step]]]
    language: str = "en"
    said: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)

    def speak(self, language: str) -> None:
        """Generate the folder in this language: `./ops` speaks it too, and a page promises what that says."""
        if language != self.language:
            with (self.stack.folder / "stack.yaml").open("a", encoding="utf-8") as spec:
                spec.write(f"runbooks: {{language: {language}}}\n")
            midwatch(self.stack.folder, "generate")
            self.language = language
            self.said = {commands: done for commands, done in self.said.items() if "./ops" not in commands}

    def run(self, commands: str) -> subprocess.CompletedProcess[str]:
        for name, value in self.blanks.items():
            commands = re.sub(rf"\b{name}\b", value, commands)
        if commands not in self.said:
            done = subprocess.run(
                ["sh", "-c", commands],
                cwd=self.stack.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
            # A full disk that a test of another stack made on this host is none of this one's.
            kept = [line for line in done.stdout.splitlines(keepends=True) if not self.of_others(line)]
            done.stdout = "".join(kept)
            self.said[commands] = done
        return self.said[commands]

    def of_others(self, line: str) -> bool:
        return f"/volumes/{PREFIX}" in line and f"/volumes/{self.stack.name}_" not in line

    @property
    def blanks(self) -> Mapping[str, str]:
        """What a person would fill in from a message here."""
        address = next(app.health_url for app in self.stack.plan.apps if app.health_url)
        return dict(zip(BLANKS[self.language], ("redis", address), strict=True))


@pytest.fixture(scope="module")
def host(engine: Engine) -> Iterator[Host]:
    with running(engine, "sva-studio") as stack:
        assert stack.problem == ""
        spec = load_project(stack.folder).spec
        time.sleep(max(0.0, stack.began + AGE - time.time()))
        until(lambda: bool(stack.query(BACKED_UP)), "each store has a backup, and its restore was tested", 240)
        yield Host(stack, {language: pages(spec, language) for language in ("en", "de")})


@pytest.mark.parametrize(("language", "page"), PAGES, ids=lambda one: str(one))
def test_the_page_promises_what_its_commands_show(host: Host, language: str, page: str) -> None:
    host.speak(language)
    left_out, problems = [], []
    for step in host.texts[language][page]:
        if host.stack.stand_in and OF_LOKI.search(step.commands):
            left_out.append(str(step))
            continue
        done = host.run(step.commands)
        if done.stderr.strip() and done.returncode:
            problems.append(f"{step}: {step.commands}\n  exit code {done.returncode}: {done.stderr.strip()}")
        elif problem := wrong(step.good, done.stdout, language):
            problems.append(f"{step}: {step.commands}\n  promised: {step.good}\n  {problem}\n{done.stdout}")
        for hint in step.hints:
            if REPAIRS.search(hint) or (host.stack.stand_in and OF_LOKI.search(hint)):
                continue
            if (done := host.run(hint)).returncode:
                problems.append(f"{step}: `{hint}`\n  exit code {done.returncode}: {done.stderr.strip()}")
    assert not problems, "\n".join(problems)
    if left_out and len(left_out) == len(host.texts[language][page]):
        pytest.skip("loki: the stand-in runs in its place, and cannot answer")
