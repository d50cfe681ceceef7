"""``midwatch plan``: the budget as a table: what each service gets, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal

_WIDTH = 100
"""Columns of the tables: they fit a window beside an editor, and a mail."""

if TYPE_CHECKING:
    from midwatch.plan.model import Budget, Plan, Service


@click.command("plan", short_help="Show what each service gets of the host, and why.")
@formats("table", "json")
@common
@with_context
def command(folder: Path, terminal: Terminal, output_format: str) -> None:
    """Show what each service gets of the host's memory, cpus and disk, and why.

    Reads stack.yaml only; nothing is written. In JSON, memory and disk are bytes, cpus are cores.
    """
    from midwatch.render.project import load_project

    plan = load_project(folder).plan()
    if output_format == "json":
        terminal.json(document(plan))
    else:
        _tables(plan, terminal)


def document(plan: Plan) -> dict[str, Any]:
    """The plan for programs; keys are only ever added."""
    return {
        "format": 1,
        "name": plan.name,
        "environment": plan.environment,
        "budget": {"memory": _budget(plan.memory), "cpus": _budget(plan.cpus), "disk": _budget(plan.disk)},
        "services": [_service(service) for service in plan.services],
    }


def _budget(budget: Budget) -> dict[str, Any]:
    return {"total": budget.total, "kept_free": budget.kept_free, "given": budget.given, "why": budget.why}


def _service(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "summary": service.summary,
        "image": service.image,
        "memory": {"limit": service.memory, "reserved": service.memory_reservation, "why": service.memory_why},
        "cpus": {"limit": service.cpus, "reserved": service.cpus_reservation, "why": service.cpus_why},
        "disk": [
            {"volume": volume.name, "size": volume.size, "why": volume.why, "backup": volume.backup}
            for volume in service.volumes
        ],
        "facts": dict(service.facts),
    }


def _tables(plan: Plan, terminal: Terminal) -> None:
    from midwatch.spec.quantity import readable_size

    terminal.table(
        f"{plan.name} ({plan.environment})",
        ("service", "memory", "cpus", "disk", "why"),
        [
            (
                service.name,
                readable_size(service.memory),
                f"{service.cpus:g}",
                readable_size(disk) if (disk := sum(volume.size for volume in service.volumes)) else "-",
                _why(service),
            )
            for service in plan.services
        ],
        right=("memory", "cpus", "disk"),
        width=_WIDTH,
    )
    terminal.table(
        "",
        ("of the host", "total", "given", "kept free", "why"),
        [
            ("memory", *(readable_size(int(value)) for value in _amounts(plan.memory)), plan.memory.why),
            ("cpus", *(f"{value:g}" for value in _amounts(plan.cpus)), plan.cpus.why),
            ("disk", *(readable_size(int(value)) for value in _amounts(plan.disk)), plan.disk.why),
        ],
        right=("total", "given", "kept free"),
        width=_WIDTH,
    )
    terminal.result("\nSizes are binary, as Docker reads them: `4GB` in stack.yaml is 4GiB, 4 x 1024³ bytes.")


def _amounts(budget: Budget) -> tuple[float, float, float]:
    return budget.total, budget.given, budget.kept_free


def _why(service: Service) -> str:
    """The reasons, one a line: of memory, cpus, then of each volume."""
    reasons = [("memory", service.memory_why), ("cpus", service.cpus_why)]
    reasons += [(volume.name, volume.why) for volume in service.volumes]
    return "\n".join(f"{what}: {why}" for what, why in reasons)
