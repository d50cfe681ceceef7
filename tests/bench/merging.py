"""The eight cases in five formats, merged by midwatch, `git merge-file` and `copier update`: who gets them right."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from midwatch.check import kinds
from midwatch.check.document import parse
from midwatch.merge.build import build
from midwatch.merge.files import merge_file
from midwatch.merge.three import differences
from tests.bench.measure import measure
from tests.merge.eight import FORMATS, NAMES, Case, cases

Merge = Callable[[Path, Sequence[Case]], Sequence[tuple[str, bool]]]
"""Merges the cases of one name: the text of each result, and whether the tool said that there is a conflict."""
GIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-c", "commit.gpgsign=false"]


@dataclass
class Score:
    """How one tool did. ``wrong``: it said nothing, and the value is not what was meant, or a comment is gone."""

    right: int = 0
    conflicts: int = 0
    wrong: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)


def right(case: Case, text: str) -> bool:
    """Whether a text has the value that must come out, and every comment."""
    result, expected = parse("", text.encode()), parse("", case.expected.encode())
    if result.problems:
        return False
    kind = kinds.of_data(expected.data)
    same = not list(differences(build(kind, result.data), build(kind, expected.data)))
    return same and all(comment in text for comment in case.comments)


def by_midwatch(_work: Path, chosen: Sequence[Case]) -> Sequence[tuple[str, bool]]:
    """In this process: the merge alone."""
    done = []
    for case in chosen:
        merged = merge_file(case.file, case.base.encode(), case.ours.encode(), case.theirs.encode())
        done.append((merged.data.decode(), bool(merged.conflicts)))
    return done


def by_git(work: Path, chosen: Sequence[Case]) -> Sequence[tuple[str, bool]]:
    """One process per file."""
    done = []
    for case in chosen:
        for name in ("base", "ours", "theirs"):
            (work / name).write_text(getattr(case, name), encoding="utf-8")
        command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
        outcome = subprocess.run(command, cwd=work, capture_output=True, text=True)
        done.append((outcome.stdout, outcome.returncode != 0))
    return done


def by_copier(work: Path, chosen: Sequence[Case]) -> Sequence[tuple[str, bool]]:
    """A template in git with two versions, a project from the first with the hand edits, and one update."""
    template, project = work / "template", work / "project"
    versions = {"v1": [case.base for case in chosen], "v2": [case.theirs for case in chosen]}
    for tag, texts in versions.items():
        for case, text in zip(chosen, texts, strict=True):
            target = template / "tree" / case.format / case.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        commit_template(template, tag)
        if tag == "v1":
            copy_project(template, project)
    for case in chosen:
        (project / case.format / case.file).write_text(case.ours, encoding="utf-8")
    git(project, "commit", "-qam", "by hand")
    update(project)
    texts = [(project / case.format / case.file).read_text(encoding="utf-8") for case in chosen]
    return [(text, "<<<<<<<" in text) for text in texts]


def git(folder: Path, *args: str) -> None:
    """Run git there. Raises CalledProcessError."""
    subprocess.run([*GIT, *args], cwd=folder, check=True, capture_output=True)


def commit_template(template: Path, tag: str) -> None:
    """A version of the template whose files are below ``tree``; makes the repository for the first."""
    if not (template / ".git").exists():
        git(template, "init", "-q")
        (template / "copier.yml").write_text("_subdirectory: tree\n_templates_suffix: .jinja\n", encoding="utf-8")
        answers = template / "tree" / "{{ _copier_conf.answers_file }}.jinja"
        answers.write_text("{{ _copier_answers|to_nice_yaml }}", encoding="utf-8")
    git(template, "add", "-A")
    git(template, "commit", "-qm", tag)
    git(template, "tag", tag)


def copy_project(template: Path, project: Path) -> None:
    """A project from the newest version of the template, in git."""
    copier("copy", "--quiet", "--defaults", str(template), str(project), folder=template)
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "generated")


def copier(*args: str, folder: Path) -> None:
    """Run copier. Raises CalledProcessError."""
    subprocess.run([sys.executable, "-m", "copier", *args], cwd=folder, check=True, capture_output=True)


UPDATE = ("update", "--quiet", "--defaults", "--conflict", "inline")


def update(project: Path) -> None:
    """Update a project."""
    copier(*UPDATE, folder=project)


TOOLS: dict[str, Merge] = {"midwatch": by_midwatch, "`git merge-file`": by_git, "`copier update`": by_copier}


def scores(work: Path) -> dict[str, Score]:
    """Every tool on every case."""
    every = list(cases())
    result = {tool: Score() for tool in TOOLS}
    for tool, merge in TOOLS.items():
        score = result[tool]
        for number, name in enumerate(NAMES):
            chosen = [case for case in every if case.name == name]
            folder = work / f"{tool.strip('`').replace(' ', '-')}-{number}"
            folder.mkdir()
            started = time.perf_counter()
            done = merge(folder, chosen)
            score.seconds += time.perf_counter() - started
            for case, (text, conflict) in zip(chosen, done, strict=True):
                if conflict:
                    score.conflicts += 1
                elif right(case, text):
                    score.right += 1
                else:
                    score.wrong += 1
                if conflict or not right(case, text):
                    score.failed.append(f"{case.name} ({case.format})")
    return result


def case_table(work: Path) -> list[str]:
    """The scores. No case has a true conflict, so each conflict is a false one."""
    lines = ["| tool | right | false conflicts | silently wrong | seconds for all |", "| --- | --- | --- | --- | --- |"]
    found = scores(work)
    for tool, score in found.items():
        total = score.right + score.conflicts + score.wrong
        lines.append(f"| {tool} | {score.right} of {total} | {score.conflicts} | {score.wrong} | {score.seconds:.2f} |")
    lines += ["", "What was not right:", ""]
    lines += [f"- {tool}: {_few(score.failed)}" for tool, score in found.items()]
    return lines


def _few(failed: Sequence[str]) -> str:
    """Failed cases, those of all formats in one."""
    names = [name.partition(" (")[0] for name in failed]
    every = [name for name in dict.fromkeys(names) if names.count(name) == len(FORMATS)]
    rest = [one for one in failed if one.partition(" (")[0] not in every]
    return ", ".join([*(f"{name} (all formats)" for name in every), *rest]) or "nothing"


def unchanged_table(work: Path, project: Path, runs: int) -> list[str]:
    """`generate` on an unchanged project beside `copier update` of the same tree, to the same version."""
    template, copied = work / "unchanged-template", work / "unchanged-copy"
    for path in sorted(project.rglob("*")):
        relative = path.relative_to(project)
        if path.is_file() and relative.parts[0] != ".midwatch":
            target = template / "tree" / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    commit_template(template, "v1")
    copy_project(template, copied)
    ours, theirs = measure(
        [sys.executable, "-m", "midwatch", "-C", str(project), "generate"],
        [sys.executable, "-m", "copier", *UPDATE, str(copied)],
        folder=work,
        runs=runs,
    )
    return [
        "| unchanged project | median | least | greatest |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name} | {figure.median:.2f} s | {figure.least:.2f} s | {figure.greatest:.2f} s |"
            for name, figure in (("`midwatch generate`", ours), ("`copier update`", theirs))
        ),
        "",
        f"Ratio: {ours.median / theirs.median:.2f}.",
    ]


def large_table(runs: int) -> list[str]:
    """A compose file of 10,000 lines, merged in this process."""
    from tests.merge.large import both_sides

    lines = ["| compose file of 10,000 lines | median | of the processor |", "| --- | --- | --- |"]
    for name, wide in (("edited by hand in every service", False), ("the same, and re-indented as a whole", True)):
        base, ours, theirs = both_sides(10_000, wide=wide)
        times, busy = [], []
        for _ in range(runs):
            started, before = time.perf_counter(), time.process_time()
            merged = merge_file("compose.yaml", base.encode(), ours.encode(), theirs.encode())
            times.append(time.perf_counter() - started)
            busy.append(time.process_time() - before)  # What it takes where nobody else works.
            assert not merged.conflicts
        medians = [sorted(found)[len(found) // 2] for found in (times, busy)]
        lines.append(f"| {name} | {medians[0]:.2f} s | {medians[1]:.2f} s |")
    return lines
