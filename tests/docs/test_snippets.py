"""What README and docs show can be typed: specs are accepted, options and subcommands of ``ops`` exist."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from midwatch.cli.group import COMMANDS, group
from midwatch.spec.load import load
from tests.conftest import EXAMPLES, ROOT
from tests.docs.test_pages import IDS, PAGES

SPEC = {
    "name",
    "environment",
    "host",
    "retention",
    "apps",
    "alerting",
    "redis",
    "backup",
    "runbooks",
    "images",
    "extra",
}
"""Top-level keys by which a snippet is known to be of ``stack.yaml``."""


def snippets() -> list[tuple[str, str]]:
    """(page, text) of each YAML snippet that is (a part of) a spec.

    Those of the checks are of other files, and one of the explanation has columns.
    """
    found = []
    for page in PAGES:
        if {"checks", "explanation"} & set(page.parts):
            continue
        for text in re.findall(r"^ *```yaml\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.S | re.M):
            keys = set(re.findall(r"^([\w-]+):", textwrap.dedent(text), re.M))
            if keys and keys <= SPEC:
                found.append((str(page.relative_to(ROOT)), textwrap.dedent(text)))
    return found


def merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    both = {key: merged(base[key], own[key]) for key in base if isinstance(own.get(key), dict)}
    return {**base, **own, **both}


@pytest.mark.parametrize(("page", "text"), snippets(), ids=lambda one: one.split("\n")[0])
def test_a_snippet_of_a_spec_is_accepted(page: str, text: str, tmp_path: Path) -> None:
    own = YAML(typ="safe").load(text)
    base: dict[str, Any] = {"name": "demo", "alerting": {"slack": {"channel": "#alerts"}}}
    apps = {one["app"] for one in own.get("backup", {}).get("volumes", ())}
    if apps:
        base["apps"] = [{"name": name, "port": 3000} for name in apps]
    for path in [path for paths in own.get("extra", {}).values() for path in paths]:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("{}\n")
    with (tmp_path / "stack.yaml").open("w") as file:
        YAML().dump(merged(base, own), file)
    load(tmp_path / "stack.yaml")


def test_there_are_snippets_to_try() -> None:
    assert {"README.md", "docs/how-to/connect-an-app.md", "docs/how-to/keep-a-replica.md"} <= {
        page for page, _ in snippets()
    }


def test_the_spec_in_the_readme_is_that_of_the_example(tmp_path: Path) -> None:
    (text,) = (text for page, text in snippets() if page == "README.md")
    (tmp_path / "stack.yaml").write_text(text)
    assert load(tmp_path / "stack.yaml") == load(EXAMPLES / "sva-studio" / "stack.yaml")


def code(page: Path) -> str:
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`|^    [^\n]+$", page.read_text(encoding="utf-8"), re.S | re.M))


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_options_exist(page: Path) -> None:
    top = click.Context(group)
    for name, rest in re.findall(r"\bmidwatch ([a-z]+)\b([^\n`|;&]*)", code(page)):
        command = group.get_command(top, name) if name in COMMANDS else None
        if command is None:
            continue
        known = {text for param in command.params for text in param.opts} | {"--help"}
        for option in re.findall(r"(?<=\s)(--?[a-z][a-z-]*)\b", rest.split(" #")[0]):
            assert option in known, f"{page.name}: midwatch {name} {option}"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_what_ops_is_asked_for_exists(page: Path) -> None:
    script = (EXAMPLES / "sva-studio" / "generated" / "ops").read_text(encoding="utf-8")
    known = set(re.findall(r"^  ([a-z-]+)(?: .*)?  \S", script.partition("TEXT\n")[0], re.M)) | {"failover"}
    assert {"status", "restore", "page-test"} <= known
    for name in re.findall(r"\./ops ([a-z-]+)", code(page)):
        assert name in known, f"{page.name}: ./ops {name}"
