"""The example of docs/how-to/add-your-own.md is one that passes, and what is wrong is named in one's own file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from midwatch.check import run, stack
from midwatch.check.finding import Finding
from midwatch.cli.run import run as midwatch
from midwatch.plan.build import build
from midwatch.plan.guests import Guests, guests
from tests.conftest import EXAMPLES, ROOT, make_spec

PAGE = ROOT / "docs" / "how-to" / "add-your-own.md"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example project with the files that the page shows."""
    blocks = dict(re.findall(r"```yaml\n# (own/\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S))
    assert set(blocks) == {"own/compose.yaml", "own/prometheus.yaml"}
    for name, text in blocks.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    extra = "extra: {compose: [own/compose.yaml], prometheus: [own/prometheus.yaml]}\n"
    (tmp_path / "stack.yaml").write_text((EXAMPLES / "sva-studio" / "stack.yaml").read_text("utf-8") + extra)
    (tmp_path / ".gitignore").write_text("/secrets/\n")
    return tmp_path


def found(folder: Path) -> list[Finding]:
    assert midwatch(["generate", "-q", "--force", "-C", str(folder)]) == 0
    report = run.run(stack.read(folder, use_compose=False), judges=False, without=["secret-files"])
    return [finding for finding in report.findings if finding.severity != "info"]


def test_the_example_passes(project: Path) -> None:
    assert found(project) == []


def test_what_is_wrong_is_named_in_the_fragment(project: Path) -> None:
    own = project / "own" / "compose.yaml"
    lines = own.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines, 1) if "restart:" in line)
    own.write_text("".join(lines).replace("    restart: unless-stopped\n", '    restart: "no"\n'))
    (finding,) = found(project)
    assert (finding.id, finding.file, finding.line) == ("restart-policy", "own/compose.yaml", at)
    own.write_text("".join(line for line in lines if "backup:" not in line))
    (finding,) = found(project)
    assert (finding.id, finding.file) == ("volume-backup", "own/compose.yaml")


def test_own_services_come_out_of_the_budget() -> None:
    fragment = {
        "services": {
            "mine": {"deploy": {"resources": {"limits": {"memory": "256m", "cpus": "0.5"}}}},
            "redis": {"mem_limit": "1g"},
            "odd": {"mem_limit": "lots", "cpus": None},
        },
        "volumes": {"mine": {"x-midwatch": {"size": "1GiB"}}, "plain": None},
    }
    mib = 1024**2
    assert guests([fragment]) == Guests({"mine": 256 * mib, "redis": 1024 * mib}, {"mine": 0.5}, {"mine": 1024 * mib})
    spec = make_spec(host={"cpus": 4, "memory": "8GiB", "disk": "80GiB"})
    with_it = build(spec, fragments=[fragment])
    assert with_it.cpus.given <= 3.5
    assert with_it.memory.given + 256 * mib <= with_it.memory.total - with_it.memory.kept_free
    assert "your own services" in with_it.memory.why and "your own services" not in build(spec).memory.why
