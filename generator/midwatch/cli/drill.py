"""``midwatch drill``: rehearse on the running stack what nobody wants to try for the first time at night."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable
from midwatch.errors import ExitCode


@click.command("drill", short_help="Rehearse on the running stack: does a page arrive, does a lost volume come back?")
@click.argument("what", metavar="page|restore", type=click.Choice(["page", "restore"]))
@click.argument("stores", metavar="[STORE]...", nargs=-1)
@click.option("--severity", type=click.Choice(["critical", "warning", "info"]), default="critical", show_default=True,
              help="page: which route it takes.")  # fmt: skip
@click.option("--in-production", is_flag=True, help="restore: also where 'environment' is production.")
@formats("text", "json")
@common
@with_context
def command(
    folder: Path,
    terminal: Terminal,
    what: str,
    stores: tuple[str, ...],
    severity: str,
    in_production: bool,
    output_format: str,
) -> int:
    """Rehearse on the running stack. Needs Docker with Compose; DOCKER_HOST may name an engine elsewhere.

    page: sends a page that says that it is a test through the real route, waits until Slack has taken it, and ends
    it. Where it was lost, says where: exit code 1.

    restore: for each STORE (all by default) puts known data in, backs it up, tries the backup out, REMOVES the
    volume, restores it by ./ops restore and compares; measures what a loss would cost and how long the way back takes.
    What is written meanwhile is lost, so it wants --in-production where the spec says production. Exit code 1 where
    not all came back.
    """
    if what == "page" and stores:
        raise click.UsageError("page takes no store")
    told = (lambda _: None) if output_format == "json" else (lambda line: terminal.result(printable(line)))
    if what == "restore":
        return _restore(folder, terminal, stores, in_production, output_format)
    from midwatch.drill.page import page

    outcome = page(folder, severity, told)
    if output_format == "json":
        terminal.json({"format": 1, "drill": what, **asdict(outcome)})
    elif outcome.delivered:
        terminal.say(f"a {severity} page takes {outcome.seconds:g} s, the time of asking included")
    return ExitCode.DONE if outcome.delivered else ExitCode.FINDINGS


def _restore(folder: Path, terminal: Terminal, stores: tuple[str, ...], in_production: bool, output_format: str) -> int:
    from midwatch.drill.restore import refuse, restore, stores_of
    from midwatch.render.project import load_project

    as_json = output_format == "json"
    plan = load_project(folder).plan()
    refuse(plan, in_production)
    told = (lambda _: None) if as_json else (lambda line: terminal.result(printable(line)))
    done = restore(folder, plan, stores_of(plan, stores), told)
    spec = plan.spec.backup
    good = all(one.same for one in done)
    if as_json:
        drilled = [asdict(one) for one in done]
        terminal.json({"format": 1, "drill": "restore", "rpo": spec.rpo, "rto": spec.rto, "stores": drilled})
    elif good:
        slowest = max(done, key=lambda one: one.restore_seconds)
        terminal.say(
            f"all came back; the slowest, {slowest.store}, in {slowest.restore_seconds:g} s (RTO {spec.rto} s); "
            f"the data was {max(one.age_seconds for one in done):g} s old (RPO {spec.rpo} s)"
        )
    in_time = all(one.restore_seconds <= spec.rto for one in done)
    return ExitCode.DONE if good and in_time else ExitCode.FINDINGS
