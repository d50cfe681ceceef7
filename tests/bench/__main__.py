"""``make bench``: measures and writes docs/benchmarks.md.

The figures of one run are comparable with each other, not with those of another machine: read the ratios.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from midwatch import __version__
from midwatch.cli.group import COMMANDS
from midwatch.render.project import load_project
from tests.bench.measure import Figure, measure
from tests.bench.merging import case_table, large_table, unchanged_table
from tests.conftest import EXAMPLES, ROOT

RUNS = 5
APPS = (10, 100, 1000)
MIDWATCH = [sys.executable, "-m", "midwatch"]
COPIER = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults"]


def spec_of(apps: int) -> str:
    """A spec with that many apps, on a host that is large enough."""
    head = (
        "name: bench\nhost: {cpus: 64, memory: 512GiB, disk: 8192GiB}\nalerting: {slack: {channel: '#bench'}}\napps:\n"
    )
    return head + "".join(
        f"  - {{name: app-{number}, port: 8080, health: /health, network: app-{number}_default}}\n"
        for number in range(apps)
    )


def pair(work: Path, name: str, spec: str) -> tuple[int, int, Figure, Figure]:
    """Files, bytes, and figures of `midwatch generate` and of `copier copy` of the same tree."""
    project, template, copy = work / name, work / f"{name}-template", work / f"{name}-copy"
    project.mkdir()
    (project / "stack.yaml").write_text(spec, encoding="utf-8")
    tree = load_project(project).render().tree
    for path, file in tree.items():
        target = template / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    (template / "copier.yml").write_text("_templates_suffix: .jinja\n", encoding="utf-8")

    def clean() -> None:
        shutil.rmtree(copy, ignore_errors=True)
        for entry in project.iterdir():
            if entry.name != "stack.yaml":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    commands = [*MIDWATCH, "-C", str(project), "generate"], [*COPIER, str(template), str(copy)]
    ours, theirs = measure(*commands, folder=work, runs=RUNS, before=clean)
    return len(tree), sum(len(file.data) for file in tree.values()), ours, theirs


def row(cells: list[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def generate_table(work: Path) -> list[str]:
    """The demo, and 10, 100 and 1,000 apps."""
    lines = [
        row(["project", "files", "KiB", "`midwatch generate`", "peak", "`copier copy`", "peak", "ratio"]),
        row(["---"] * 8),
    ]
    demo = (EXAMPLES / "sva-studio" / "stack.yaml").read_text(encoding="utf-8")
    for name, spec in [("demo", demo), *((f"{count} apps", spec_of(count)) for count in APPS)]:
        files, size, ours, theirs = pair(work, name.replace(" ", "-"), spec)
        lines.append(
            row(
                [
                    name,
                    str(files),
                    str(size // 1024),
                    f"{ours.median:.2f} s ({ours.least:.2f} to {ours.greatest:.2f})",
                    f"{ours.memory:.0f} MiB",
                    f"{theirs.median:.2f} s ({theirs.least:.2f} to {theirs.greatest:.2f})",
                    f"{theirs.memory:.0f} MiB",
                    f"{ours.median / theirs.median:.2f}",
                ]
            )
        )
    return lines


def startup_table(work: Path) -> list[str]:
    """How long each command takes to say what it can do."""
    lines = [row(["command", "median", "least", "peak"]), row(["---"] * 4)]
    bare = measure([sys.executable, "-c", "pass"], folder=work, runs=RUNS)[0]
    lines.append(
        row(["(Python alone)", f"{bare.median * 1000:.0f} ms", f"{bare.least * 1000:.0f} ms", f"{bare.memory:.0f} MiB"])
    )
    for command in ("", *COMMANDS):
        figure = measure([*MIDWATCH, *command.split(), "--help"], folder=work, runs=RUNS)[0]
        lines.append(
            row(
                [
                    f"`midwatch {command} --help`".replace("  ", " "),
                    f"{figure.median * 1000:.0f} ms",
                    f"{figure.least * 1000:.0f} ms",
                    f"{figure.memory:.0f} MiB",
                ]
            )
        )
    return lines


def main() -> None:
    """Measure, print, and write the page."""
    with tempfile.TemporaryDirectory(prefix="midwatch-bench-") as folder:
        work = Path(folder)
        page = [
            "# Benchmarks",
            "",
            f"Written by `make bench` with midwatch {__version__}, Python {platform.python_version()}, "
            f"{os.cpu_count()} cores. Median of {RUNS} runs (least to greatest) after a warm-up; whole processes, "
            "peak memory of the largest. Compare within the page only: the machine may be slow or busy.",
            "",
            "## Generating, beside Copier",
            "",
            "`copier copy` copies a template that holds exactly the files which `midwatch generate` makes. "
            "A ratio below 1 means that midwatch is faster.",
            "",
            *generate_table(work),
            "",
            "## Merging hand edits",
            "",
            "The eight ordinary cases of a hand edit and a new version, each in compose, Prometheus, Alertmanager, "
            "Loki and collector files. Right: the value that was meant, valid, every comment there. midwatch merges in "
            "one process, git with one per file, Copier with one update (and its commits) per case.",
            "",
            *case_table(work),
            "",
            *unchanged_table(work, work / "demo", RUNS),
            "",
            *large_table(RUNS),
            "",
            "## Start of each command",
            "",
            *startup_table(work),
            "",
        ]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(page), encoding="utf-8")
    print("\n".join(page))


if __name__ == "__main__":
    main()
