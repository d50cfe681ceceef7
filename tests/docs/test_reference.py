"""The reference is complete: what the program can do stands there, and what stands there is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from midwatch.cli import reference
from midwatch.cli.group import COMMANDS, group
from midwatch.cli.reference import JSON_KEYS, cli_page, exit_codes_page
from midwatch.cli.run import INTERRUPTED, PIPE_CLOSED, run
from midwatch.errors import EXIT_CODES, ExitCode, MidwatchError
from midwatch.render.reference import alerts, components
from tests.conftest import ROOT

REFERENCE = ROOT / "docs" / "reference"
SPEC = 'name: demo\nalerting:\n  slack:\n    channel: "#alerts"\n'


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        yield name, command


@pytest.mark.parametrize(
    ("name", "page"),
    [("cli.md", cli_page), ("exit-codes.md", exit_codes_page), ("components.md", components), ("alerts.md", alerts)],
)
def test_the_committed_page_is_the_generated_one(name: str, page: Callable[[], str]) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == page(), "run 'make docs'"


def test_make_docs_writes_every_page(tmp_path: Path) -> None:
    reference.write(tmp_path)
    assert {"cli.md", "exit-codes.md", "spec.md", "checks"} <= {path.name for path in tmp_path.iterdir()}
    for path, text in reference.pages().items():
        assert (tmp_path / path).read_text(encoding="utf-8") == text


def test_every_command_and_option_is_explained() -> None:
    """Options that all commands have stand once, with midwatch itself."""
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    common = {option.name for option in group.params}
    for name, command in [("", group), *commands()]:
        _, _, section = page.partition(f"## midwatch {name}".rstrip() + "\n")
        section = section.partition("\n## ")[0]
        assert command.help
        assert len(command.help.strip()) > 20
        for option in command.params:
            if isinstance(option, click.Option) and not (name and option.name in common):
                assert option.help, f"{name} {option.name} has no help"
                assert all(f"{text}" in section for text in option.opts), f"{name} {option.name} is not in the page"


def test_examples_of_a_command_keep_their_lines() -> None:
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    assert "\nmidwatch resolve --all --ours\n" in page
    assert "\b" not in page


def test_every_module_of_a_command_is_a_command() -> None:
    """A file with a ``command`` in it that the group does not know would be dead."""
    package = Path(reference.__file__).parent
    with_command = {path.stem for path in package.glob("*.py") if re.search(r"^@click.command", path.read_text(), re.M)}
    assert with_command == set(COMMANDS)


def test_every_way_to_end_is_in_the_table() -> None:
    page = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    assert set(EXIT_CODES) == set(ExitCode)
    for code in (*ExitCode, INTERRUPTED, PIPE_CLOSED):
        assert f"\n| {int(code)} | " in page


def test_every_error_has_a_code_of_the_table() -> None:
    def all_below(kind: type[MidwatchError]) -> Iterator[type[MidwatchError]]:
        yield kind
        for below in kind.__subclasses__():
            yield from all_below(below)

    for kind in all_below(MidwatchError):
        assert kind.exit_code in EXIT_CODES
        assert kind.exit_code is not ExitCode.DONE


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("init", ["new", "--defaults"]),
        ("generate", []),
        ("plan", []),
        ("secrets", ["--dry-run"]),
        ("check", ["--only", "pids-limit"]),
        ("diff", []),
        ("resolve", []),
        ("adopt", ["--dry-run"]),
    ],
)
def test_json_has_the_documented_keys(
    command: str,
    args: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stack.yaml").write_text(SPEC)
    if command in ("check", "diff", "resolve", "adopt"):
        run(["generate"])
        compose = (tmp_path / "compose.yaml").read_text()
        (tmp_path / "compose.yaml").write_text(compose.replace("    stop_grace_period: 30s\n", "", 1))
    if command in ("resolve", "adopt"):  # A conflict.
        routes = tmp_path / "alertmanager/alertmanager.yml"
        routes.write_text(routes.read_text().replace("#alerts", "#mine"))
        (tmp_path / "stack.yaml").write_text(SPEC.replace("#alerts", "#night"))
        run(["generate"])
    if command in ("check", "diff", "resolve", "adopt"):
        capsys.readouterr()
    run([command, *args, "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    documented = set(re.findall(r"`([a-z_]+)`", JSON_KEYS[command]))

    def keys(value: object) -> set[str]:
        if isinstance(value, list):
            return set().union(*(keys(item) for item in value), set())
        if isinstance(value, dict):
            open_ended = {"files"} if command == "adopt" else {"facts"}  # Keyed by names and paths.
            inner = (keys(item) for key, item in value.items() if key not in open_ended)
            return set(value).union(*inner)
        return set()

    severities = {"error", "warning", "info"}
    assert keys(document) - severities <= documented, "a key is not documented"
    assert set(document) <= documented


def test_alerts_say_threshold_and_unit() -> None:
    page = alerts()
    assert "| `ContainerNearMemoryLimit` | warning | 2m | 0.9 | ratio | At 100 %" in page
    assert "| `AppCertificateExpiring` | warning | 5m | 14 | days |" in page
    assert "| `TargetDown` | critical | 15s |  |  | Depends on the service. |" in page
