"""Confirm and Verify of every runbook are in the form that the lab can try; and what it makes of a promise."""

from __future__ import annotations

import re
from typing import Any

import pytest

from midwatch.render.tree import render
from tests.conftest import EXAMPLES, make_spec
from tests.lab.runbook_promise import FormError, wrong
from tests.lab.runbook_steps import BLANKS, Step, steps

FULL: dict[str, Any] = {
    "host": {"cpus": 8, "memory": "16GiB", "disk": "160GiB"},
    "apps": [{"name": "shop", "port": 3000, "health": "/health"}, {"name": "batch", "port": 3000}],
}
BLANK = re.compile(r"(?<![\w.$-])[A-Z]{6,}(?![\w-])")
"""A word in capitals that stands for something, as a person reads it; no variable and no option."""
WITHOUT = {"README", "escalation", "post-mortem", "readiness"}
"""Pages that tell nobody to look at anything; what they have of these sections is read all the same."""


@pytest.mark.parametrize("use", ["sessions", "cache", "queue"])
def test_each_page_promises_something_of_each_command(use: str) -> None:
    found: dict[str, dict[str, list[Step]]] = {}
    for language in ("en", "de"):
        tree = render(make_spec(**FULL, redis={"use": use}, runbooks={"language": language}))
        texts = {path[9:-3]: file.data.decode() for path, file in tree.items() if path.startswith("runbooks/")}
        found[language] = {page: list(steps(page, text)) for page, text in texts.items()}
        assert {page for page, its in found[language].items() if not its} <= WITHOUT
    for page, its in found["en"].items():
        german = [step.commands for step in found["de"][page]]
        assert str([step.commands for step in its]) == str(german).replace("DIENST", "SERVICE"), page


@pytest.mark.parametrize("language", ["en", "de"])
def test_whatever_a_person_has_to_fill_in_is_filled_in_by_the_lab(language: str) -> None:
    tree = render(make_spec(**FULL, runbooks={"language": language}))
    texts = {path: file.data.decode() for path, file in tree.items() if path.startswith("runbooks/")}
    told = [part for path, text in texts.items() for step in steps(path, text) for part in (step.commands, *step.hints)]
    blanks = {one for commands in told for one in BLANK.findall(commands)}
    assert blanks - {"MISCONF"} == set(BLANKS[language])  # that one is an answer of Redis's


def test_the_examples_are_in_the_form_too() -> None:
    paths = list(EXAMPLES.glob("*/generated/runbooks/*.md"))
    assert len(paths) > 100
    assert sum(len(list(steps(path.stem, path.read_text(encoding="utf-8")))) for path in paths) > 300


PS = """\
NAME       IMAGE   STATUS
s-loki-1   loki    Up 2 minutes (healthy)
s-once-1   once    Exited (0) 2 minutes ago
"""
DF = """\
Filesystem      Size  Used Avail Use% Mounted on
/dev/sda1       100G   40G   60G  40% /
tmpfs           1.0G     0  1.0G   0% /run
"""
STATS = """\
CONTAINER ID   NAME       CPU %     MEM USAGE / LIMIT    MEM %     NET I/O
0123456789ab   s-loki-1   1.50%     40MiB / 100MiB       40.00%    1kB / 2kB
"""
QUERY = '{job="a"} => 0.5 @[1700000000.1]\n{job="b"} => 2 @[1700000000.1]\n'


@pytest.mark.parametrize(
    ("good", "output", "holds"),
    [
        ("no line.", "", True),
        ("no line.", "x\n", False),
        ("no line with `bad` or `worse`.", "fine\n", True),
        ("no line with `bad` or `worse`.", "much worse\n", False),
        ("`SUCCESS`, with the number of receivers.", "  SUCCESS 3\n", True),
        ("`SUCCESS`", "FAILED\n", False),
        ("`Up … (healthy)`, and `PONG`. Then look elsewhere: `x`", PS + "PONG\n", True),
        ("`Up … (healthy)`, and `PONG`", PS, False),
        ("`Up … (healthy)`, and the message is resolved", PS, True),
        ("every service `Up … (healthy)` or `Exited (0)`; that is `once`", PS, True),
        ("every service `Up … (healthy)`", PS, False),
        ("both `Up … (healthy)`", "", False),
        ("`0`, three hours later", "{} => 0 @[1700000000]\n", True),
        ("`0`", "{} => 10 @[1700000000]\n", False),
        ("`0`", "", False),
        ("no line, or `0`", "", True),
        ("no line, or at most 0", "{} => 0 @[17]\n", True),
        ("no line, or at most 0", "{} => 1 @[17]\n", False),
        ("no line, or none of the last minutes", "x\n", False),
        ("at most 2", QUERY, True),
        ("below 2", QUERY, False),
        ("below 2", "", False),
        ("more than 0.4 (cores); else wait", QUERY, True),
        ("`Use%` below 90 %", DF, True),
        ("`Use%` below 40 on every disk", DF, False),
        ("`Use%` below 40", "", False),
        ("`MEM %` of every container below 50 %", STATS, True),
        ("`MEM %` of every container below 40 %", STATS, False),
        ("`/data` below 31168MiB, `wal` a part of it", "30G\t/data\n1M\t/data/wal\n", True),
        ("`/data` below 31168MiB", "31G\t/data\n", False),
        ("below 31168MiB", "4.0K\t/data\n", True),
    ],
)
def test_a_promise_is_kept_or_not(good: str, output: str, holds: bool) -> None:
    assert (wrong(good, output, "en") == "") is holds


@pytest.mark.parametrize(
    ("good", "output", "holds"),
    [
        ("keine Zeile mit `bad`.", "bad\n", False),
        ("jeder Dienst `Up … (healthy)` oder `Exited (0)`; das ist `once`", PS, True),
        ("beide `Up … (healthy)`", PS, False),
        ("unter 2,5 und sinkend", QUERY, True),
        ("unter 0,9; 1 ist das Limit", QUERY, False),
        ("keine Zeile, oder höchstens 0", "", True),
        ("`MEM %` jedes Containers unter 50 %", STATS, True),
        ("`PONG`, und die Entwarnung kommt innerhalb einer Minute.", "PONG\n", True),
    ],
)
def test_in_german_too(good: str, output: str, holds: bool) -> None:
    assert (wrong(good, output, "de") == "") is holds


@pytest.mark.parametrize("good", ["falls", "all is well", "the same as above.", "Use% of `x` is below 90", "0 to 2"])
def test_a_promise_that_nobody_can_check_is_refused(good: str) -> None:
    with pytest.raises(FormError, match="in none of the forms"):
        wrong(good, "", "en")


GOOD_PAGE = "# A\n\n## Confirm\n\n```sh\ntrue\n```\n\n- Good: no line.\n- Bad: `docker ps` shows more.\n\n## Recover\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("- Good: no line.\n", "", "needs one line '- Good:', has 0"),
        ("- Bad:", "- Good:", "needs one line '- Good:', has 2"),
        ("- Good: no line.", "- Good: fine.", "block 1: 'fine'"),
        ("```sh\ntrue\n```\n", "Run `docker ps`.\n", "`docker ps` belongs into a block"),
        ("- Good: no line.", "Then `docker ps`.\n\n- Good: no line.", "`docker ps` belongs into a block"),
        (GOOD_PAGE.partition("Confirm\n")[2], "\nLook around.\n", "Confirm has no command"),
    ],
)
def test_a_page_that_is_not_in_the_form_is_refused(old: str, new: str, words: str) -> None:
    (step,) = steps("A", GOOD_PAGE)
    assert (step.commands, step.good, step.hints) == ("true", "no line.", ("docker ps",))
    with pytest.raises(FormError, match=r".") as error:
        list(steps("A", GOOD_PAGE.replace(old, new)))
    assert words in str(error.value)
