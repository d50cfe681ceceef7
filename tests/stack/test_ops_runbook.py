"""`ops runbook`: the generated script in the shell that there is, without Docker."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from midwatch.render.tree import render
from tests.conftest import make_spec

SHELLS = [shell for shell in ("dash", "bash", "busybox", "sh") if shutil.which(shell)]


@pytest.fixture(scope="module", params=["en", "de"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp(request.param)
    for path, file in render(make_spec(runbooks={"language": request.param})).items():
        if path == "ops" or path.startswith(("ops.d/", "runbooks/")):
            (place / path).parent.mkdir(exist_ok=True)
            (place / path).write_bytes(file.data)
    return place


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> list[str]:
    return ["busybox", "sh"] if request.param == "busybox" else [request.param]


def run(folder: Path, shell: list[str], *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [*shell, "./ops", "runbook", *words], cwd=folder, capture_output=True, text=True, timeout=30,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_the_list(folder: Path, shell: list[str]) -> None:
    own = folder / "runbooks" / "Ours.md"
    own.write_text("# How we do it\n\n# another\n")
    code, said, errors = run(folder, shell)
    own.unlink()
    assert (code, errors) == (0, "")
    names = [line.split()[0] for line in said.splitlines()]
    assert sorted(names) == sorted(
        [path.stem for path in [*(folder / "runbooks").glob("*.md"), own] if path.stem != "README"]
        + ["UpgradeRolledBack", "PageTest"]
    )
    (line,) = [line for line in said.splitlines() if line.startswith("RedisDown ")]
    assert line.split()[1] == "critical" and len(line.split()) > 5
    assert "How we do it" in said and "another" not in said
    assert "{{" not in said and "](" not in said


@pytest.mark.parametrize("name", ["RedisDown", "redisdown", "RedisDown.md", "http://127.0.0.1:8080/RedisDown.md?raw#x"])
def test_one(folder: Path, shell: list[str], name: str) -> None:
    assert run(folder, shell, name) == (0, (folder / "runbooks" / "RedisDown.md").read_text(), "")


@pytest.mark.parametrize(
    ("name", "page"),
    [("UpgradeRolledBack", "upgrade"), ("upgraderolledback", "upgrade"), ("PageTest", "on-call-start")],
)
def test_an_alert_without_a_page_of_its_own(folder: Path, shell: list[str], name: str, page: str) -> None:
    """What `ops` itself posts is an alert as the others, to whoever gets it."""
    assert run(folder, shell, name) == (0, (folder / "runbooks" / f"{page}.md").read_text(), "")


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("RedsDwn", "RedisDown"), ("PrometheusDskCrit", "PrometheusDiskCritical"), ("on-call", "on-call-start"),
     ("", ""), ("zzzzzzzzzzzz", ""), ("../stack", ""), ("\\n$(id)", "")],
)  # fmt: skip
def test_a_wrong_name(folder: Path, shell: list[str], wrong: str, near: str) -> None:
    code, said, errors = run(folder, shell, wrong)
    assert (code, said) == (2, "")
    german = "## Beheben" in (folder / "runbooks" / "RedisDown.md").read_text()
    assert errors.startswith(f"{'es gibt kein Runbook' if german else 'there is no runbook'} {wrong}:")
    assert errors.count("\n") == 1
    assert ((f"ist {near} gemeint?" if german else f"did you mean {near}?") in errors) == bool(near)
