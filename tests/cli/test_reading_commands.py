"""`plan`, `schema` and `check`: the commands that write nothing into the project."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from ruamel.yaml import YAML

from midwatch.plan.build import build
from midwatch.spec.load import load
from tests.cli.conftest import Run
from tests.conftest import EXAMPLES


def test_plan_table_names_every_service_and_its_reason(midwatch: Run) -> None:
    outcome = midwatch("plan", "-C", EXAMPLES / "sva-studio")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    for service in build(load(EXAMPLES / "sva-studio" / "stack.yaml")).services:
        (line,) = [line for line in lines if line.split()[:1] == [service.name]]
        assert "memory: " in line, "it says why, one reason a line"
    stripped = [line.strip() for line in lines]
    assert "cpus: it only works when something breaks" in stripped
    assert any(line.startswith("alertmanager-data: silences and what was already") for line in stripped)
    assert "kept free" in outcome.out
    assert "`4GB` in stack.yaml is 4GiB" in outcome.out
    assert max(len(line) for line in lines) <= 100


def test_plan_json_is_the_plan(midwatch: Run) -> None:
    document = json.loads(midwatch("plan", "--format", "json", "-C", EXAMPLES / "small").out)
    plan = build(load(EXAMPLES / "small" / "stack.yaml"))
    assert document["budget"]["memory"]["given"] == plan.memory.given
    assert [entry["name"] for entry in document["services"]] == [service.name for service in plan.services]
    given = sum(entry["memory"]["limit"] for entry in document["services"])
    assert given <= document["budget"]["memory"]["total"] - document["budget"]["memory"]["kept_free"]
    for entry in document["services"]:
        assert entry["memory"]["why"]
        assert entry["cpus"]["why"]
        assert all(disk["why"] and disk["backup"] for disk in entry["disk"])


def test_plan_writes_nothing(midwatch: Run, project: Path) -> None:
    midwatch("plan", cwd=project)
    assert [path.name for path in project.iterdir()] == ["stack.yaml"]


def test_no_markup_is_read_from_values(midwatch: Run, project: Path) -> None:
    """A host name or a path in brackets is text, not a colour."""
    from midwatch.cli.terminal import Terminal

    outcome = midwatch("plan", cwd=project)
    assert outcome.code == 0
    Terminal().table("[red]t[/]", ("a",), [("[bold]x[/bold] \x1b[31m",)])


def test_schema_is_one_and_accepts_the_examples(midwatch: Run, tmp_path: Path) -> None:
    outcome = midwatch("schema")
    assert outcome.code == 0
    schema = json.loads(outcome.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in EXAMPLES.glob("*/stack.yaml"):
        validator.validate(YAML(typ="safe").load(path))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"name": "x"})
    target = tmp_path / "schema.json"
    assert midwatch("schema", "--output", target).code == 0
    assert json.loads(target.read_text()) == schema


def test_output_that_cannot_be_written(midwatch: Run, tmp_path: Path) -> None:
    outcome = midwatch("schema", "--output", tmp_path / "nowhere" / "schema.json")
    assert outcome.code == 2
    assert "cannot write" in outcome.err


@pytest.fixture
def generated(midwatch: Run, project: Path) -> Path:
    assert midwatch("generate", "-C", project).code == 0
    return project


ONLY = ("--only", "pids-limit")
"""One rule: these tests are about the command, not about what is found."""


def test_check_clean_and_with_a_finding(midwatch: Run, generated: Path) -> None:
    clean = midwatch("check", *ONLY, cwd=generated)
    assert clean.code == 0, clean.out
    assert "0 errors" in clean.out
    compose = generated / "compose.yaml"
    text = compose.read_text()
    lines = [line for line in text.splitlines(keepends=True) if "pids:" not in line]
    assert len(lines) < len(text.splitlines())
    compose.write_text("".join(lines))
    found = midwatch("check", *ONLY, cwd=generated)
    assert found.code == 1
    assert "compose.yaml:" in found.out
    assert "[pids-limit]" in found.out
    assert "re-opens Blocker 3" in found.out


def test_check_formats(midwatch: Run, generated: Path, tmp_path: Path) -> None:
    document = json.loads(midwatch("check", *ONLY, "--format", "json", cwd=generated).out)
    assert document["counts"]["error"] == 0
    assert document["profile"] == "production"
    sarif = json.loads(midwatch("check", *ONLY, "--format", "sarif", cwd=generated).out)
    assert sarif["version"] == "2.1.0"
    target = tmp_path / "junit.xml"
    outcome = midwatch("check", *ONLY, "--format", "junit", "--output", target, cwd=generated)
    assert outcome.code == 0
    assert outcome.out == ""
    assert ET.parse(target).getroot().tag == "testsuites"


def test_check_profile_and_unknown_ids(midwatch: Run, generated: Path) -> None:
    document = json.loads(midwatch("check", *ONLY, "--profile", "staging", "--format", "json", cwd=generated).out)
    assert document["profile"] == "staging"
    outcome = midwatch("check", "--only", "no-such-check", cwd=generated)
    assert outcome.code == 2
    assert "no-such-check" in outcome.err


def test_check_strict_makes_a_skip_exit_3(midwatch: Run, generated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no program in reach, promtool is skipped: said always, an error only when asked to be strict."""
    monkeypatch.setenv("PATH", str(generated))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    only = ("check", "--only", "promtool-config")
    relaxed = midwatch(*only, cwd=generated)
    assert relaxed.code == 0
    assert "skipped" in relaxed.out
    assert midwatch(*only, "--strict", cwd=generated).code == 3


def test_check_without_a_stack(midwatch: Run, project: Path) -> None:
    outcome = midwatch("check", cwd=project)
    assert outcome.code == 2
    assert "midwatch generate" in outcome.err


def test_check_list(midwatch: Run, project: Path) -> None:
    outcome = midwatch("check", "--list", cwd=project)
    assert outcome.code == 0
    assert "pids-limit" in outcome.out
    assert "promtool-config" in outcome.out


def test_check_says_when_the_spec_was_changed_after_it_was_generated(
    midwatch: Run, generated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = ("check", "--only", "up-to-date", "-C", generated)
    assert "0 errors, 0 warnings" in midwatch(*only).out
    monkeypatch.setattr("midwatch.check.rules.up_to_date.__version__", "99.0.0")
    newer = midwatch(*only)
    assert newer.code == 0
    assert "warning: generated by midwatch" in newer.out and "and this is 99.0.0" in newer.out
    monkeypatch.undo()
    (generated / "mine.yaml").write_text("services: {}\n")
    with (generated / "stack.yaml").open("a") as file:
        file.write("extra: {compose: [mine.yaml]}\n")
    changed = midwatch(*only)
    assert changed.code == 1
    assert "stack.yaml:1: error: stack.yaml or a fragment that it names was changed after" in changed.out
    assert "run 'midwatch generate'" in changed.out
    assert midwatch("generate", "-C", generated).code == 0
    assert midwatch(*only).code == 0
    (generated / "mine.yaml").write_text("services: {} # and now\n")
    assert midwatch(*only).code == 1


def test_check_quiet_says_errors_and_the_result(midwatch: Run, generated: Path) -> None:
    """No warning, no judge, no exception that is there on purpose."""
    compose = generated / "compose.yaml"
    compose.write_text(compose.read_text().replace("\nvolumes:\n", "\nvolumes: \n", 1))
    full = midwatch("check", "--only", "non-root-user", "--only", "yamllint", cwd=generated)
    assert "warning: " in full.out and "info: " in full.out and "passed   yamllint" in full.out
    lines = full.out.splitlines()
    assert max(n for n, line in enumerate(lines) if "warning: " in line) < min(
        n for n, line in enumerate(lines) if "info: " in line
    )
    quiet = midwatch("check", "--only", "non-root-user", "--only", "yamllint", "-q", cwd=generated)
    assert len(quiet.out.splitlines()) == 1 and quiet.out.startswith("0 errors, 1 warning, ")
    lines = [line for line in compose.read_text().splitlines(keepends=True) if "pids:" not in line]
    compose.write_text("".join(lines))
    quiet = midwatch("check", "--only", "pids-limit", "-q", cwd=generated)
    assert all(": error: " in line or line.startswith("    ") for line in quiet.out.splitlines()[:-1])


def test_check_without_secrets_in_a_checkout(midwatch: Run, generated: Path) -> None:
    missing = midwatch("check", "--only", "secret-files", cwd=generated)
    assert missing.code == 1
    assert "has not been made yet" in missing.out
    assert midwatch("check", "--only", "secret-files", "--no-secrets", cwd=generated).code == 0
