"""``midwatch diff`` as a user calls it: what is printed, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run, process


@pytest.fixture
def made(project: Path, midwatch: Run) -> Path:
    """The smallest project, generated."""
    assert midwatch("-C", project, "generate").code == 0
    return project


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_nothing_to_tell(made: Path, midwatch: Run) -> None:
    done = midwatch("-C", made, "diff", "--exit-code")
    assert (done.code, done.out, done.err) == (0, "", "no difference\n")


def test_a_harmless_edit_ends_well_unless_asked_otherwise(made: Path, midwatch: Run) -> None:
    replace(made / "runbooks/RedisDown.md", "## ", "Call Eva.\n\n## ")
    done = midwatch("-C", made, "diff")
    assert (done.code, done.out) == (0, "by hand\n  runbooks/RedisDown.md: 2 lines added (by hand)\n")
    assert done.err == "1 by hand\n"
    assert midwatch("-C", made, "diff", "--exit-code").code == 1


def test_an_edit_that_re_opens_a_blocker_ends_with_1(made: Path, midwatch: Run) -> None:
    replace(made / "compose.yaml", "    stop_grace_period: 30s\n", "")
    done = midwatch("-C", made, "diff")
    assert done.code == 1
    assert "(by hand): re-opens warning 3\n" in done.out
    assert done.out.endswith("re-opened by hand: Warning 3: alertmanager: has no stop_grace_period\n")
    assert midwatch("-C", made, "diff", "--stat").code == 1
    assert midwatch("-C", made, "diff", "--text").code == 1


def test_pending_changes_are_counted_where_they_are_many(made: Path, midwatch: Run) -> None:
    replace(made / "stack.yaml", "name: demo\n", "name: demo\nrunbooks: {language: de}\n")
    short = midwatch("-C", made, "diff")
    assert short.code == 0
    assert "  runbooks/: " in short.out
    assert "runbooks/RedisDown.md" in midwatch("-C", made, "diff", "-v").out


def test_as_json(made: Path, midwatch: Run) -> None:
    replace(made / "stack.yaml", "name: demo\n", "name: demo\nretention: {logs: 14d}\n")
    replace(made / "loki/loki.yaml", "retention_period: 168h", "retention_period: 240h")
    replace(made / "compose.yaml", "    stop_grace_period: 30s\n", "")
    done = midwatch("-C", made, "diff", "--format", "json")
    value = json.loads(done.out)
    assert done.code == 1
    assert value["format"] == 1
    assert value["differs"] is True
    assert value["grave"] is True
    assert value["reopened"] == ["warning-3"]
    assert value["counts"]["conflict"] == 1
    conflict = next(one for one in value["changes"] if one["origin"] == "conflict")
    assert (conflict["file"], conflict["key"]) == ("loki/loki.yaml", "limits_config.retention_period")
    assert (conflict["before"], conflict["after"], conflict["wanted"]) == ("168h", "240h", "336h")
    line = (made / "loki/loki.yaml").read_text().splitlines()[conflict["line"] - 1]
    assert line.strip().startswith("retention_period: 240h")
    gone = next(one for one in value["changes"] if one["origin"] == "hand")
    assert "after" not in gone
    assert gone["before"] == "30s"
    assert [(effect["line"], effect["severity"]) for effect in gone["effects"]] == [("warning-3", "error")]


def test_by_line(made: Path, midwatch: Run) -> None:
    replace(made / "compose.yaml", "    stop_grace_period: 30s\n", "    stop_grace_period: 40s\n")
    done = midwatch("-C", made, "diff", "--text")
    assert done.code == 0
    assert "--- generated/compose.yaml\n+++ disk/compose.yaml\n" in done.out
    assert "\n-    stop_grace_period: 30s\n+    stop_grace_period: 40s\n" in done.out


def test_counted_by_file(made: Path, midwatch: Run) -> None:
    replace(made / "compose.yaml", "    stop_grace_period: 30s\n", "    stop_grace_period: 40s\n")
    out = midwatch("-C", made, "diff", "--stat").out
    assert [line.split() for line in out.splitlines() if "compose.yaml" in line] == [["compose.yaml", "1"]]


def test_two_folders(made: Path, midwatch: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "compose.yaml").write_text("services:\n  shop:\n    image: shop:1\n")
    done = midwatch("diff", made, other)
    assert done.code == 0
    assert "service shop added" in done.out
    assert midwatch("diff", made, other, "--exit-code").code == 1
    assert midwatch("diff", made, made, "--exit-code").code == 0
    lines = midwatch("diff", made, other, "--text")
    assert lines.code == 0
    assert "+    image: shop:1\n" in lines.out
    assert midwatch("diff", made, made, "--text").out == ""


@pytest.mark.parametrize(
    "arguments", [("a",), ("a", "b", "c"), ("--text", "--stat"), ("--stat", "--format", "json")], ids=" ".join
)
def test_wrong_use(made: Path, midwatch: Run, arguments: tuple[str, ...]) -> None:
    done = midwatch("-C", made, "diff", *arguments)
    assert done.code == 2
    assert "compose.yaml" not in done.out


def test_a_folder_that_is_no_stack(made: Path, midwatch: Run, tmp_path: Path) -> None:
    done = midwatch("diff", made, tmp_path / "nowhere")
    assert done.code == 2
    assert "nowhere is not a folder" in done.err


def test_a_pipe_gets_no_colours_and_names_no_control_characters(made: Path) -> None:
    replace(made / "compose.yaml", "    stop_grace_period: 30s\n", "")
    replace(made / "compose.yaml", "services:\n", 'services:\n  "a\\e[31mb":\n    image: x:1\n')
    done = process("-C", str(made), "diff")
    assert done.code == 1
    assert "\x1b" not in done.out + done.err
    assert "service a\\x1b[31mb added" in done.out


def test_a_conflict_stays_one_until_it_is_settled(made: Path, midwatch: Run) -> None:
    replace(made / "stack.yaml", "name: demo\n", "name: demo\nretention: {logs: 14d}\n")
    replace(made / "loki/loki.yaml", "retention_period: 168h", "retention_period: 240h")
    sentence = "loki retention: was 168h, is 240h by hand, would be 336h now\n"
    assert sentence in midwatch("-C", made, "diff").out
    assert midwatch("-C", made, "generate").code == 1
    after = midwatch("-C", made, "diff").out
    assert after.startswith("conflicts: ")
    assert sentence in after
    assert midwatch("-C", made, "resolve", "--all", "--ours").code == 0
    assert midwatch("-C", made, "diff").out.startswith("by hand\n")


@pytest.mark.parametrize(
    ("line", "blocker"),
    [("    stop_grace_period: 30s\n", "warning-3"), ("    restart: unless-stopped\n", "warning-2")],
)
def test_generate_and_diff_name_the_same_lines_of_the_review(
    made: Path, midwatch: Run, line: str, blocker: str
) -> None:
    replace(made / "compose.yaml", line, "")
    opened = json.loads(midwatch("-C", made, "generate", "--format", "json").out)["reopened"]
    assert [one["blocker"] for one in opened] == [blocker]
    assert opened[0]["id"] != "safety-line", "a rule of its own says what it means"
    assert json.loads(midwatch("-C", made, "diff", "--format", "json").out)["reopened"] == [blocker]


def test_a_line_that_no_rule_knows_re_opens_what_it_was_there_for(made: Path, midwatch: Run) -> None:
    text = (made / "compose.yaml").read_text()
    (line,) = re.findall(r"\n    depends_on:\n(?: {6}.*\n)+", text)[:1]
    replace(made / "compose.yaml", line, "\n")
    (opened,) = json.loads(midwatch("-C", made, "generate", "--format", "json").out)["reopened"]
    assert (opened["id"], opened["blocker"]) == ("safety-line", "strength-1")
    assert json.loads(midwatch("-C", made, "diff", "--format", "json").out)["reopened"] == ["strength-1"]


def test_many_effects_of_one_change_stand_on_lines_of_their_own(made: Path, midwatch: Run) -> None:
    replace(made / "compose.yaml", "services:\n", "services:\n  grafana:\n    image: grafana/grafana:latest\n")
    (made / "runbooks/RedisDown.md").unlink()
    lines = midwatch("-C", made, "diff").out.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.endswith("service grafana added (by hand):")]
    effects = [line for line in lines[at + 1 :] if line.startswith("      ")]
    assert "      loses strength 2: " in "\n".join(effects)
    assert len(effects) > 3
    assert all(line.startswith(("      re-opens ", "      loses ", "      weakens ")) for line in effects)


SECRET = "hunter22"


@pytest.fixture
def leaking(made: Path, midwatch: Run) -> Path:
    """A project whose owner wrote secrets where they do not belong, in every way, and a spec that wants otherwise."""
    replace(made / "compose.yaml", "    environment:\n", f"    environment:\n      DB_PASSWORD: {SECRET}\n")
    command, variable = f"command: redis-server --requirepass {SECRET}", f"environment:\n      - API_TOKEN={SECRET}"
    replace(
        made / "compose.yaml",
        "  redis:\n",
        f"  redis-two:\n    image: redis\n    {command}\n    {variable}\n  redis:\n",
    )
    job = f"  - job_name: mine\n    basic_auth: {{username: u, password: {SECRET}}}\n"
    replace(made / "prometheus/prometheus.yml", "scrape_configs:\n", f"scrape_configs:\n{job}")
    replace(made / "alertmanager/alertmanager.yml", "global:\n", f"global:\n  smtp_auth_password: {SECRET}\n")
    return made


@pytest.mark.parametrize("how", [["-v"], ["--text"], ["--format", "json"]])
def test_no_format_shows_a_secret(leaking: Path, midwatch: Run, tmp_path: Path, how: list[str]) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "compose.yaml").write_text(
        f"services:\n  redis-two:\n    image: redis\n    command: redis-server --requirepass {SECRET}2 --port 1\n"
    )
    for args in ([], [leaking, other], [other, leaking]):
        said = midwatch("-C", leaking, "diff", *args, *how)
        assert said.code in (0, 1), said.err
        assert "redis-two" in said.out or args, said.out
        assert SECRET not in said.out + said.err
        assert "(hidden)" in said.out


@pytest.mark.parametrize("text", ["services: [\n", "services: {}\n", ""])
def test_what_cannot_be_judged_closes_nothing(made: Path, midwatch: Run, text: str) -> None:
    (made / "compose.yaml").write_text(text)
    said = midwatch("-C", made, "diff")
    assert said.code == 1
    assert "not judged" in said.out
    assert not re.search(r"closes|strengthens|regains", said.out), said.out
    assert max(map(len, said.out.splitlines())) < 300


def test_a_link_in_place_of_a_file_is_told_by_generate_and_diff(made: Path, midwatch: Run, tmp_path: Path) -> None:
    path = made / "loki/loki.yaml"
    (tmp_path / "loki.yaml").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(tmp_path / "loki.yaml")
    for command in ("diff", "generate"):
        said = midwatch("-C", made, command)
        assert said.code == 1, said.out
        assert "is a link now, and what it leads to is not judged; in the container of loki" in said.out
