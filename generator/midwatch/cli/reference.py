"""The reference pages of the command line, from the commands themselves; ``make docs`` writes them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from midwatch.cli.group import COMMANDS, group
from midwatch.cli.run import INTERRUPTED, PIPE_CLOSED
from midwatch.errors import EXIT_CODES

JSON_KEYS: Mapping[str, str] = {
    "init": "`format`, `folder`; `created`, `kept` (lists of paths)",
    "generate": "`format`, `dry_run`; `changed` (whether a file was or would be written); `files` (lists of paths: "
    "`created`, `updated`, `merged`, `conflict`, `edited`, `removed`, `replaced`, `deleted`, `kept`, `unchanged`); "
    "`conflicts` (as `resolve` gives them); `reopened` (by hand edits: `blocker`, `id`, `message`, `file`, `line`); "
    "`adopted_open` (the same of adopted edits, which are generated now); `missing_secrets` (names)",
    "resolve": "`format`; `conflicts` that are left (`number`, `file`, `line`, `column`, `key`; `base`, `ours`, "
    "`theirs` where there is such a value, secrets hidden; `why`); `reopened` (as `generate` gives it, after an "
    "answer)",
    "undo": "`format`, `dry_run`; `files` (paths)",
    "diff": "`format`, `differs`, `grave` (a hand edit re-opened an error), `reopened` (lines of the review); `counts` "
    "by origin; `changes` (`origin`: `hand`, `spec`, `both`, `conflict`, `other`; `file`, `line`, `column`, `key`; "
    "`before`, `after`, `wanted` where there is such a value; `removed`, `added` for lines; `sentence`; `effects`); "
    "`together`: effects (`closes`, `line`, `id`, `severity`, `message`, `file`, `at_line`). Secrets are hidden",
    "adopt": "`format`, `written`; `adopted` (`file`, `line`, `key`, `sentence`, `by`: keys of the spec or a fragment) "
    "and `kept` (with `why` instead); `settled` (conflicts: `file`, `line`, `key`); `files`: path and text of what is "
    "or would be written. With `--from`: `format`, `written`, `created` (paths), `spec` (the text); `taken` (`key`, "
    "`why`, `file`, `line`); `left` (`what`, `why`, `file`, `line`)",
    "check": "`version`, `folder`, `profile`; `counts` by severity; `findings` (`id`, `severity`, `message`, `file`, "
    "`line`, `column`, `key`, `hint`, `service`, `blocker`); `judges` and `rules` (`id`, `kind`, `title`, `status`, "
    "`reason`, `program`, `version`, `seconds`)",
    "plan": "`format`, `name`, `environment`; `budget` with `memory`, `cpus`, `disk` (`total`, `kept_free`, `given`, "
    "`why`); `services` (`name`, `summary`, `image`; `memory` and `cpus` with `limit`, `reserved`, `why`; `disk` with "
    "`volume`, `size`, `why`, `backup`; `facts`). Memory and disk are bytes, cpus are cores",
    "pin": "`format`, `changed`; `pins`, by component (`tag`, `digest`)",
    "secrets": "`format`, `dry_run`; `done` (`name`, `deed`: `made`, `asked`, `derived`, `mode`); `secrets` (`name`, "
    "`file`, `made`, `purpose`, `services`, `reason`, `state`: `present`, `missing`, `invalid`, `outdated`, "
    "`unreadable`). Never a value",
    "runbook": "`format`; `runbooks` (`name`; `severity`, empty for a page without alert; `summary`, `file`). "
    "With a name: `format`, the same four keys, and `text` (Markdown)",
    "drill": "`format`, `drill`, `severity`, `delivered`, `accepted` (by Alertmanager), `route` (the receiver), "
    "`mail_seconds` (until the mail server took the e-mail; null when none went out), "
    "`seconds`, `lost` (where and why; empty when it arrived), `hint`",
    "sink": "one document per message and line: `at` (UTC), `channel`, `sender`, `text`, `attachments` (`color`, "
    "`title`, `link`, `text`). With `--into-project` one in all: `format`, `created` (paths), `listed` (whether "
    "stack.yaml names the fragment), `address` (for the webhook's secret), `page`",
    "schema": "the JSON Schema itself; there is no `--format`",
}
"""What ``--format json`` prints: part of the interface, so keys are only ever added."""


def cli_page() -> str:
    """``docs/reference/cli.md``."""
    top = click.Context(group, info_name="midwatch")
    parts = [
        "# Commands",
        "Written by `make docs` from the program itself.",
        "Results go to stdout, everything else to stderr; `NO_COLOR` is respected. How a command ends: "
        "[exit codes](exit-codes.md). How they work together: the [tutorial](../tutorial.md).",
        "Where `--format` asks for JSON, SARIF or JUnit, an error comes in that format too, on stdout, with the same "
        "exit code. JSON: `format`; `error` with `exit_code`, `kind`, `message`, `hint`, `problems` (`file`, `line`, "
        "`column`, `key`, `message`, `hint`).",
        f"## midwatch\n\n{_usage(group, top)}\n\n{_list(top)}",
        "These options stand before or after the command, and are the same for each (`--version` only before):",
        f"{_options(group.params)}\n| `-h, --help` | Show the help and exit. |",
    ]
    for name, command in _commands(top):
        parts.append(_command(name, command, click.Context(command, info_name=name, parent=top)))
    return "\n\n".join(parts) + "\n"


def _commands(top: click.Context) -> Iterator[tuple[str, click.Command]]:
    found = ((name, group.get_command(top, name)) for name in COMMANDS)
    return ((name, command) for name, command in found if command is not None)


def _list(top: click.Context) -> str:
    rows = [f"| [`{name}`](#midwatch-{name}) | {one.get_short_help_str(200)} |" for name, one in _commands(top)]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def _command(name: str, command: click.Command, ctx: click.Context) -> str:
    paragraphs = [_paragraph(part) for part in (command.help or "").split("\n\n")]
    common = {param.name for param in group.params}
    own = [param for param in command.params if param.name not in common]
    parts = [f"## midwatch {name}", *paragraphs, _usage(command, ctx), _options(own), f"JSON: {JSON_KEYS[name]}."]
    return "\n\n".join(part for part in parts if part)


def _paragraph(part: str) -> str:
    """One line; as it stands behind click's mark for that."""
    if part.lstrip().startswith("\b"):
        return f"```text\n{inspect.cleandoc(part.replace(chr(8), '', 1)).strip()}\n```"
    return " ".join(part.split())


def _usage(command: click.Command, ctx: click.Context) -> str:
    return f"```text\n{' '.join([ctx.command_path, *command.collect_usage_pieces(ctx)])}\n```"


def _options(params: Iterable[click.Parameter]) -> str:
    """The table; empty where there is none."""
    rows = [_row(param) for param in params if isinstance(param, click.Option)]
    return "\n".join(["| option | what it does |", "|---|---|", *rows]) if rows else ""


def _row(option: click.Option) -> str:
    # Not by click's own help record: its wording differs between versions of click.
    value = "" if option.is_flag else f" {option.metavar or _choices(option.type)}"
    default = f" Default: {option.default}." if option.show_default else ""
    return f"| `{', '.join(option.opts)}{value}` | {option.help}{default} |"


def _choices(kind: object) -> str:
    return "\\|".join(kind.choices) if isinstance(kind, click.Choice) else "VALUE"


def exit_codes_page() -> str:
    """``docs/reference/exit-codes.md``."""
    rows = {int(code): text for code, text in EXIT_CODES.items()}
    rows |= {
        INTERRUPTED: "interrupted by Ctrl-C (128 + SIGINT)",
        PIPE_CLOSED: "who read the output went away, as `head -1` does (128 + SIGPIPE)",
    }
    table = "\n".join(["| code | meaning |", "|---|---|", *(f"| {code} | {text} |" for code, text in rows.items())])
    return (
        "# Exit codes\n\nOne table for all commands; written by `make docs`.\n\n"
        f"{table}\n\n"
        "`check --strict` ends with 1 when there are findings of severity error, whatever was skipped, and with 3 when "
        "there are none but a judge could not be had. `generate --dry-run` and `secrets --dry-run` end with 1 when "
        "something would change, like `diff`.\n"
    )


def pages() -> dict[str, str]:
    """Every generated page of ``docs/reference``: path below it -> text."""
    from midwatch.check import pages as checks
    from midwatch.plan.build import catalogue
    from midwatch.render.compatibility import compatibility_page
    from midwatch.render.reference import alerts, components
    from midwatch.spec.reference import markdown

    own = {"cli.md": cli_page(), "exit-codes.md": exit_codes_page(), "spec.md": markdown()}
    own |= {"components.md": components(), "alerts.md": alerts(), "compatibility.md": compatibility_page(catalogue())}
    return own | {f"checks/{path}": text for path, text in checks.pages().items()}


def write(folder: Path) -> None:
    """Write all pages below the folder."""
    for path, text in pages().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
