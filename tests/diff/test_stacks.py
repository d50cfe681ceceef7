"""Any two stacks: matched by what things are, not by what they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from midwatch.check import stack
from midwatch.diff import stacks
from midwatch.diff.model import Diff

ONE = """
services:
  prometheus:
    image: prom/prometheus:${VERSION:-v3.1.0}
    command: --config.file=/etc/prometheus.yml --storage.tsdb.retention.time=7d
    mem_limit: 1g
    volumes: [./conf/prometheus.yml:/etc/prometheus.yml]
  nodeexporter:
    image: prom/node-exporter:v1.9.1
"""
TWO = """
services:
  node-exporter:
    image: docker.io/prom/node-exporter:v1.9.1
  prometheus:
    image: docker.io/prom/prometheus:v3.1.0
    command: [--config.file=/etc/prometheus.yml, --storage.tsdb.retention.time=7d]
    deploy: {resources: {limits: {memory: 2g}}}
    volumes:
      - {type: bind, source: ./conf/prometheus.yml, target: /etc/prometheus.yml}
"""
CONFIG = "global: {scrape_interval: 30s}\nscrape_configs:\n  - job_name: a\n    static_configs: [{targets: [a:1]}]\n"


def make(folder: Path, compose: str, files: dict[str, str]) -> Path:
    folder.mkdir()
    (folder / "compose.yaml").write_text(compose)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def difference(one: Path, two: Path) -> Diff:
    return stacks.difference(*(stack.read(folder, use_compose=False) for folder in (one, two)))


def sentences(diff: Diff) -> list[str]:
    return [one.sentence for one in diff.changes]


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return make(tmp_path / "one", ONE, {"conf/prometheus.yml": CONFIG})


def test_a_stack_does_not_differ_from_itself(one: Path, tmp_path: Path) -> None:
    assert not difference(one, one).changes
    again = make(tmp_path / "again", ONE, {"conf/prometheus.yml": CONFIG})
    assert not difference(one, again).changes


def test_forms_names_and_variables_are_no_difference(one: Path, tmp_path: Path) -> None:
    two = make(tmp_path / "two", TWO, {"other/place/p.yml": CONFIG.replace("30s", "30000ms")})
    assert sentences(difference(one, two)) == ["prometheus memory limit 1GiB → 2GiB"]


def test_what_compose_does_not_read_is_no_difference(one: Path, tmp_path: Path) -> None:
    two = make(tmp_path / "two", f"version: '3.8'\nx-mine: {{a: 1}}\n{ONE}", {"conf/prometheus.yml": CONFIG})
    assert not difference(one, two).changes


def test_a_compose_file_of_another_name_opens_and_closes_nothing(one: Path, tmp_path: Path) -> None:
    two = make(tmp_path / "two", ONE.replace("mem_limit: 1g", "mem_limit: 2g"), {"conf/prometheus.yml": CONFIG})
    (two / "compose.yaml").rename(two / "docker-compose.yml")
    (two / "conf/prometheus.yml").rename(two / "conf/p.yml")
    text = (two / "docker-compose.yml").read_text()
    (two / "docker-compose.yml").write_text(text.replace("conf/prometheus", "conf/p"))
    diff = difference(one, two)
    assert [text for text in sentences(diff) if "limit" in text] == ["prometheus memory limit 1GiB → 2GiB"]
    assert not diff.together
    assert not diff.grave


def test_by_line_it_pairs_the_same_files_and_hides_secrets(one: Path, tmp_path: Path) -> None:
    hook = "https://hooks.slack.com/services/T0/B0/secret"
    files = {"other/p.yml": CONFIG + f"# {hook}\n", "alertmanager.yml": "route: {}\nreceivers: []\n"}
    two = make(tmp_path / "two", TWO, files)
    lines = list(stacks.by_line(*(stack.read(folder, use_compose=False) for folder in (one, two))))
    assert [line for line in lines if line.startswith(("---", "+++"))] == [
        "--- a/compose.yaml", "+++ b/compose.yaml", "--- a/conf/prometheus.yml", "+++ b/other/p.yml",
        "--- /dev/null", "+++ b/alertmanager.yml",
    ]  # fmt: skip
    assert "-    mem_limit: 1g" in lines
    assert "+# https://hooks.slack.com/services/(hidden)" in lines


def test_a_variable_of_the_folder_counts(one: Path, tmp_path: Path) -> None:
    two = make(tmp_path / "two", ONE, {"conf/prometheus.yml": CONFIG, ".env": "VERSION=v3.2.0\n"})
    assert sentences(difference(one, two)) == ["prometheus image prom/prometheus:v3.1.0 → prom/prometheus:v3.2.0"]


def test_what_a_change_does_is_told(one: Path, tmp_path: Path) -> None:
    two = make(tmp_path / "two", ONE.replace("    mem_limit: 1g\n", ""), {"conf/prometheus.yml": CONFIG})
    (text,) = sentences(difference(one, two))
    assert text == "memory limit removed from prometheus: re-opens blocker 3"
    (back,) = sentences(difference(two, one))
    # A limit brings the next question: the program has to know it.
    assert back == (
        "memory limit added to prometheus: 1GiB: re-opens blocker 3: has no GOMEMLIMIT; "
        "closes blocker 3: has no memory limit"
    )


def test_a_file_of_the_same_kind_is_the_same_file(one: Path, tmp_path: Path) -> None:
    two = make(tmp_path / "two", ONE, {"etc/p.yml": CONFIG.replace("job_name: a", "job_name: b")})
    found = sentences(difference(one, two))
    assert any(text.startswith("prometheus scrape job a") or "scrape job a removed" in text for text in found)
    assert not [text for text in found if text.endswith(".yml added")]


def test_under_another_file_name_nothing_is_opened_or_closed(one: Path, tmp_path: Path) -> None:
    two = make(tmp_path / "two", ONE, {"conf/prometheus.yml": CONFIG})
    (two / "compose.yaml").rename(two / "docker-compose.yml")
    found = difference(one, two)
    assert not found.changes
    assert not found.together


def test_a_readme_of_somebody_is_no_part_of_a_stack(one: Path, tmp_path: Path) -> None:
    two = make(tmp_path / "two", ONE, {"conf/prometheus.yml": CONFIG, "LICENSE": "x", "README.md": "# x"})
    assert not difference(one, two).changes


def test_hostile_files_end_as_lines_not_as_a_crash(one: Path, tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\n" + "".join(f"c{n}: &c{n} [*b, *b, *b]\n" for n in range(9))
    two = make(tmp_path / "two", ONE, {"conf/prometheus.yml": bomb + "scrape_configs: [" * 50})
    assert [text.partition(":")[0] for text in sentences(difference(one, two))] == ["conf/prometheus.yml"]
