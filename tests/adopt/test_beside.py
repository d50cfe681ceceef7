"""Comments in a fragment: each above its key, also when the fragment is made anew, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest

from midwatch.adopt.beside import HEAD, Note, is_ours, noted, written
from midwatch.check.kinds import Kind
from midwatch.merge.path import Item, Path
from midwatch.render.tags import Override, Reset

LOKI: Path = ("services", "loki")
PART: dict[str, dict[str, Any]] = {
    "services": {
        "loki": {
            "stop_grace_period": Reset(),
            "command": [Reset("--x=1"), "--y=2"],
            "environment": {"A": "a\n# part of the value\nb"},
            "dns": Override(["192.0.2.1"]),
        },
        "web": {"deploy": {"resources": {"limits": {"memory": "3g"}}}},
    }
}
NOTES: list[Note] = [
    ((*LOKI, "dns", Item("item", "192.0.2.1")), "# resolver"),
    ((*LOKI, "stop_grace_period"), "# gone"),
    ((*LOKI, "command", Item("flag", "--y")), "# more of y"),
    ((*LOKI, "command", Item("flag", "--x")), "# no x"),
    (("services", "web", "deploy", "resources", "limits", "memory"), "# OOM at 3am"),
    (("services", "web", "deploy", "resources", "limits", "memory"), "# and at 4"),
    # not in the fragment: above what would hold it
    (("services", "web", "deploy", "resources", "limits", "cpus"), "# cores"),
    (("volumes", "data"), "# nowhere"),
]
TEXT = f"""\
{HEAD}# nowhere
services:
  loki:
    # gone
    stop_grace_period: !reset null
    command:
      # no x
      - !reset --x=1
      # more of y
      - --y=2
    environment:
      A: "a\\n# part of the value\\nb"
    # resolver
    dns: !override
      - 192.0.2.1
  web:
    deploy:
      resources:
        # cores
        limits:
          # OOM at 3am
          # and at 4
          memory: 3g
"""


def test_each_comment_stands_above_its_key() -> None:
    assert written(Kind.COMPOSE, PART, NOTES) == TEXT


def test_made_anew_it_is_the_same() -> None:
    assert is_ours(TEXT)
    assert written(Kind.COMPOSE, PART, noted(Kind.COMPOSE, TEXT)) == TEXT


def test_comments_move_with_their_keys() -> None:
    more = {"services": {"a": {"init": True}, **PART["services"]}}
    more["services"]["loki"] = {**PART["services"]["loki"], "command": ["--a=1", "--y=3"]}  # --x stays now
    text = written(Kind.COMPOSE, more, noted(Kind.COMPOSE, TEXT))
    assert "      - --a=1\n      # more of y\n      - --y=3\n" in text
    assert "          # OOM at 3am\n          # and at 4\n          memory: 3g\n" in text
    assert all(comment in text for _, comment in NOTES)


def test_the_comment_of_an_item_stays_above_the_item() -> None:
    job = {"job_name": "shop", "scrape_interval": "5s"}
    notes: list[Note] = [(("scrape_configs", Item("job_name", "shop")), "# busy")]
    text = written(Kind.PROMETHEUS, {"scrape_configs": [job]}, notes)
    assert "  # busy\n  - job_name: shop\n" in text
    turned = {"scrape_configs": [dict(reversed(job.items()))]}
    assert "  # busy\n  - scrape_interval: 5s\n" in written(Kind.PROMETHEUS, turned, noted(Kind.PROMETHEUS, text))


@pytest.mark.parametrize(
    ("old", "new", "ours"),
    [
        ("memory: 3g", "memory: 4g", True),  # the value: what is made anew begins with it
        ("  # OOM", "  # it was the import: OOM", True),
        ("memory: 3g\n", "memory: 3g # since May\n", False),
        ("  web:\n", "\n  web:\n", False),
        ("memory: 3g", "memory: '3g'", False),
        (HEAD, "", False),
        ("# part of the value", "# part of the value]", True),
    ],
)
def test_it_is_ours_as_long_as_nothing_of_it_would_be_lost(old: str, new: str, ours: bool) -> None:
    assert old in TEXT
    assert is_ours(TEXT.replace(old, new)) is ours
