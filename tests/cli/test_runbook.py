"""`midwatch runbook`: one in the terminal, or the list of them."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest

from tests.cli.conftest import Run, on_a_terminal
from tests.conftest import EXAMPLES

STACK = EXAMPLES / "sva-studio" / "generated"
FILES = sorted((STACK / "runbooks").glob("*.md"))


def at_a_terminal(*args: str, **more: str) -> str:
    """What the command says of the example to a terminal."""
    outcome = on_a_terminal(*args, cwd=STACK, env=more)
    assert outcome.code == 0, outcome.out
    return outcome.out


def test_the_list_names_each_once_with_severity_and_meaning(midwatch: Run) -> None:
    outcome = midwatch("runbook", cwd=STACK)
    assert outcome.code == 0
    lines = {line.split()[0]: line for line in outcome.out.splitlines() if line.strip()}
    assert set(lines) >= {path.stem for path in FILES} - {"README"}
    assert re.search(r"RedisDown +critical +\w", lines["RedisDown"])
    assert re.search(r"on-call-start +the first three minutes", lines["on-call-start"])
    assert "{{" not in outcome.out
    names = list(lines)
    assert names.index("on-call-start") < names.index("RedisDown")


def test_json_of_the_list_and_of_one(midwatch: Run) -> None:
    document = json.loads(midwatch("runbook", "--format", "json", "-C", STACK).out)
    assert document["format"] == 1
    assert [set(entry) for entry in document["runbooks"]] == [{"name", "severity", "summary", "file"}] * (
        len(FILES) - 1
    )
    one = json.loads(midwatch("runbook", "RedisDown", "--format", "json", "-C", STACK).out)
    assert one["severity"] == "critical" and one["summary"]
    assert one["text"] == (STACK / "runbooks" / "RedisDown.md").read_text() == Path(one["file"]).read_text()


@pytest.mark.parametrize(
    "name", ["RedisDown", "redisdown", "RedisDown.md", "http://127.0.0.1:8080/RedisDown.md#recover"]
)
def test_in_a_pipe_it_is_the_markdown(midwatch: Run, name: str) -> None:
    assert midwatch("runbook", name, cwd=STACK).out == (STACK / "runbooks" / "RedisDown.md").read_text()


def test_at_a_terminal_it_is_formatted_and_commands_stay_in_one_piece() -> None:
    shown = at_a_terminal("runbook", "RedisDown")
    assert "\x1b[" in shown and "## " not in shown and "```" not in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    text = (STACK / "runbooks" / "RedisDown.md").read_text()
    for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.S | re.M):
        for line in textwrap.dedent(block).splitlines():
            assert f"\n{line}\n" in plain
    for number in range(1, 7):
        assert re.search(rf"^ {number} \S", plain, re.M), f"step {number}"
    assert "\x1b[3" not in at_a_terminal("runbook", "RedisDown", NO_COLOR="1")


def test_every_page_can_be_formatted() -> None:
    from midwatch.cli.markdown import formatted

    for path in FILES:
        shown = formatted(path.read_text(encoding="utf-8"))
        # A table's words may be broken to fit their column.
        text = re.sub(r"```\w+|^\|.*$", "", path.read_text(encoding="utf-8"), flags=re.M)
        words = re.findall(r"[A-Za-z]{6,}", text)
        squeezed = re.sub(r"\s+", "", shown)
        assert [word for word in words if word not in squeezed] == [], path.name


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("RedisDwn", "RedisDown"), ("disk", "HostDiskCritical"), ("escalate", "escalation"), ("zzzzzz", "")],
)
def test_a_wrong_name(midwatch: Run, wrong: str, near: str) -> None:
    outcome = midwatch("runbook", wrong, cwd=STACK)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"there is no runbook '{wrong}'" in outcome.err
    assert near in outcome.err and bool(near) == ("did you mean" in outcome.err)


def test_only_a_runbook_can_be_shown(midwatch: Run, project: Path) -> None:
    assert midwatch("runbook", "../stack", cwd=STACK).code == 2
    outcome = midwatch("runbook", cwd=project)
    assert outcome.code == 2
    assert "midwatch generate" in outcome.err


def test_a_page_of_ones_own_and_one_that_is_hostile(midwatch: Run, project: Path) -> None:
    """No spec is needed, nor a start page; no control character reaches the terminal."""
    (project / "runbooks").mkdir()
    (project / "stack.yaml").unlink()
    (project / "runbooks" / "Ours.md").write_text("# How we do it \x1b]0;owned\x07\n[red]x[/red]\n")
    listed = midwatch("runbook", cwd=project)
    assert listed.code == 0 and "Ours" in listed.out and "How we do it" in listed.out and "\x1b" not in listed.out
    from midwatch.cli.markdown import formatted
    from midwatch.cli.terminal import printable

    assert "[red]x[/red]" in formatted(printable((project / "runbooks" / "Ours.md").read_text()))
    (project / "runbooks" / "Bad.md").write_bytes(b"\xff\xfe")
    outcome = midwatch("runbook", "Bad", cwd=project)
    assert outcome.code == 2 and "cannot be read" in outcome.err
