"""``resolve``: names that stay, answers that are refused, one edit taken back, and conflicts that are none any more."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from midwatch.regenerate import unsettled
from tests.cli.conftest import SPEC, Run, process

LOKI, CHANNEL = "loki/loki.yaml", "alertmanager/alertmanager.yml"
MEMORY = "services.alertmanager.deploy.resources.limits.memory"


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def generated(midwatch: Run, project: Path) -> Path:
    assert midwatch("generate", cwd=project).code == 0
    return project


@pytest.fixture
def three(midwatch: Run, generated: Path) -> Path:
    """Three conflicts: the channel, a memory limit and Loki's retention."""
    lines = (generated / "compose.yaml").read_text().split("\n")
    limit = next(line for line in lines if line.startswith("          memory: "))
    replaced(generated / "compose.yaml", limit, "          memory: 999m")
    replaced(generated / CHANNEL, "#alerts", "#mine")
    old = next(line for line in (generated / LOKI).read_text().split("\n") if "  retention_period: " in line)
    replaced(generated / LOKI, old, f"{old.partition(': ')[0]}: 111h")
    spec = SPEC.replace("#alerts", "#night") + "retention: {logs: 14d}\nhost: {cpus: 8, memory: 16GiB, disk: 200GiB}\n"
    (generated / "stack.yaml").write_text(spec)
    assert midwatch("generate", cwd=generated).code == 1
    return generated


def listed(midwatch: Run, folder: Path) -> dict[int, tuple[str, str]]:
    found = json.loads(midwatch("resolve", "--format", "json", cwd=folder).out)["conflicts"]
    return {one["number"]: (one["file"], one["ours"]) for one in found}


def test_numbers_stay_while_others_are_settled_and_generate_runs(midwatch: Run, three: Path) -> None:
    before = listed(midwatch, three)
    assert before == {1: (CHANNEL, "#mine"), 2: ("compose.yaml", "999m"), 3: (LOKI, "111h")}
    assert midwatch("resolve", "1", "--theirs", cwd=three).code == 1
    del before[1]
    assert listed(midwatch, three) == before
    assert midwatch("generate", cwd=three).code == 1
    assert listed(midwatch, three) == before
    assert midwatch("resolve", "1", "--ours", cwd=three).code == 2
    assert midwatch("resolve", "3", "--value", "222h", cwd=three).code == 1
    assert "retention_period: 222h" in (three / LOKI).read_text()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["3", "--value", "lots"], "such as"),
        (["2", "--value", ""], "it is empty"),
        (["--all", "--value", "3g"], "one value for 3 conflicts"),
        (["1", "--ours", "--theirs"], "--ours and --theirs are two answers"),
        (["1", "--theirs", "--edit"], "--theirs and --edit are two answers"),
    ],
)
def test_answers_that_are_refused(midwatch: Run, three: Path, args: list[str], words: str) -> None:
    before = listed(midwatch, three)
    outcome = midwatch("resolve", *args, cwd=three)
    assert (outcome.code, words in outcome.err) == (2, True), outcome.err
    assert listed(midwatch, three) == before


def test_a_channel_is_no_comment_and_the_way_back_is_told(midwatch: Run, three: Path) -> None:
    outcome = midwatch("resolve", "1", "--value", "#other", cwd=three)
    assert "#other" in (three / CHANNEL).read_text()
    assert "does not reach what was written before it" in outcome.err


def test_an_answer_is_judged_as_generate_judges(midwatch: Run, three: Path) -> None:
    assert midwatch("resolve", "1", "3", "--theirs", cwd=three).code == 1
    outcome = midwatch("resolve", "2", "--value", "64g", cwd=three)
    assert outcome.code == 1
    assert "a hand edit re-opens Blocker 3\n" in outcome.out
    assert midwatch("resolve", "compose.yaml", "--theirs", cwd=three).code == 0


def test_a_conflict_that_the_spec_or_an_edit_settles_is_none_any_more(midwatch: Run, three: Path) -> None:
    spec = (three / "stack.yaml").read_text()
    (three / "stack.yaml").write_text(spec.replace("#night", "#mine"))
    replaced(three / LOKI, "retention_period: 111h", "retention_period: 336h")
    assert list(listed(midwatch, three)) == [1, 2]
    assert LOKI not in midwatch("check", "--only", "conflict-settled", cwd=three).out
    midwatch("generate", cwd=three)
    assert list(listed(midwatch, three)) == [2]
    assert "#mine" in (three / CHANNEL).read_text()


def test_listed_values_are_those_of_now(midwatch: Run, three: Path) -> None:
    replaced(three / "compose.yaml", "memory: 999m", "memory: 888m")
    assert listed(midwatch, three)[2] == ("compose.yaml", "888m")


def test_one_hand_edit_is_taken_back_and_the_others_stay(midwatch: Run, generated: Path) -> None:
    compose = generated / "compose.yaml"
    before = compose.read_text()
    line = next(line for line in before.split("\n") if "stop_grace_period:" in line)
    key = "services.alertmanager.stop_grace_period"
    at = before.split("\n").index(line)
    replaced(compose, f"{line}\n", "")
    replaced(compose, "name: ", "# mine\nname: ")
    (generated / "runbooks/RedisDown.md").unlink()
    assert midwatch("generate", cwd=generated).code == 1
    assert line not in compose.read_text().split("\n")[at : at + 2]
    outcome = midwatch("resolve", f"compose.yaml:{key}", "--theirs", cwd=generated)
    assert outcome.code == 1, "the runbook is still missing"
    assert f"{key}: theirs" in outcome.err
    assert compose.read_text().count("stop_grace_period") == before.count("stop_grace_period")
    assert "# mine" in compose.read_text()
    assert midwatch("resolve", "runbooks/RedisDown.md", "--theirs", cwd=generated).code == 0
    assert midwatch("diff", "--exit-code", cwd=generated).code == 0
    assert midwatch("resolve", f"compose.yaml:{key}", "--theirs", cwd=generated).code == 2


def test_an_edit_by_the_place_that_diff_tells(midwatch: Run, generated: Path) -> None:
    replaced(generated / "compose.yaml", "restart: unless-stopped", "restart: always")
    (change,) = json.loads(midwatch("diff", "--format", "json", cwd=generated).out)["changes"]
    place = f"{change['file']}:{change['line']}:{change['column']}"
    assert midwatch("resolve", place, "--ours", cwd=generated).code == 2
    assert midwatch("resolve", place, "--theirs", cwd=generated).code == 0
    assert midwatch("diff", "--exit-code", cwd=generated).code == 0


def test_an_editor_gets_the_value_and_what_is_saved_is_the_answer(three: Path, tmp_path: Path) -> None:
    """One, then all that are left; what was only looked at stays a conflict."""
    seen = tmp_path / "seen"
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\ncat "$1" >>{seen}\nsed -i "s/999m/777m/; s/111h/222h/" "$1"\n')
    editor.chmod(0o755)
    env = {"EDITOR": str(editor), "VISUAL": ""}
    outcome = process("resolve", "compose.yaml", "--edit", cwd=three, env=env)
    assert outcome.code == 1, outcome.err
    text = (three / "compose.yaml").read_text()
    assert "memory: 777m" in text and "999m" not in text
    head, generated_now, value = seen.read_text().splitlines()
    assert head.startswith("# compose.yaml:") and head.endswith(f": {MEMORY}")
    assert generated_now.startswith("# generated now: ") and generated_now.endswith("m")
    assert value == "999m"
    outcome = process("resolve", LOKI, "--edit", cwd=three, env=env)
    assert outcome.code == 1 and "retention_period: 222h" in (three / LOKI).read_text()
    outcome = process("resolve", "--all", "--edit", cwd=three, env={"EDITOR": "true", "VISUAL": ""})
    assert (outcome.code, "nothing was saved" in outcome.err) == (2, True), outcome.err
    assert "#mine" in (three / CHANNEL).read_text()


def test_an_editor_needs_a_terminal_and_has_to_be_there(three: Path) -> None:
    outcome = process("resolve", "1", "--edit", cwd=three, env={"EDITOR": "", "VISUAL": ""})
    assert (outcome.code, "there is no terminal to edit on" in outcome.err) == (2, True)
    outcome = process("resolve", "1", "--edit", cwd=three, env={"EDITOR": "no-such-editor", "VISUAL": ""})
    assert (outcome.code, "the editor failed" in outcome.err) == (3, True), outcome.err


def test_no_conflict_shows_a_secret(midwatch: Run, generated: Path) -> None:
    path = generated / CHANNEL
    path.write_text(re.sub(r'channel: "?#alerts"?', "channel: redis://u:hunter22@redis", path.read_text(), count=1))
    (generated / "stack.yaml").write_text(SPEC.replace("#alerts", "#other"))
    for args in (["generate"], ["generate", "--format", "json"], ["resolve"], ["resolve", "--format", "json"]):
        said = midwatch("-C", generated, *args)
        assert said.code == 1, said.out
        assert "u:(hidden)@redis" in said.out
        assert "hunter22" not in said.out + said.err
    said = midwatch("-C", generated, "resolve", "1", "--value", "redis://u:hunter23@redis")
    assert "u:(hidden)@redis" in said.err
    assert "hunter23" not in said.out + said.err
    assert "hunter23" in path.read_text()


def test_an_unsettled_secret_keeps_its_value(midwatch: Run, generated: Path) -> None:
    """The list in .midwatch is what the answers are made from."""
    one = unsettled.Pending("a.yml", ("password",), 1, {"base": "a", "ours": "hunter22", "theirs": "b"}, number=1)
    (generated / ".midwatch/conflicts.yaml").write_bytes(unsettled.dump([one]))
    assert unsettled.read(generated) == (one,)
    assert unsettled.document(one)["ours"] == "(hidden)"
