"""What every check is, and its page in ``docs/reference/checks``: written from its own metadata."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from midwatch.check.finding import BLOCKERS, Blocker
from midwatch.check.judge import Judge, all_judges
from midwatch.check.rule import Rule, all_rules


@dataclass(frozen=True, slots=True)
class About:
    """The metadata that judges and rules have in common."""

    id: str
    kind: str
    title: str
    why: str
    fix: str
    blocker: Blocker
    source: Judge | Rule | None


OWN = (
    About("unreadable", "rule", "Every file can be read", "A file that cannot be parsed cannot be judged: what depends "
          "on it was not looked at.", "mend the file at that line", Blocker.HARDENING, None),
    About("input", "rule", "The command could begin", "With a wrong option, spec or folder nothing is judged; SARIF "
          "and JUnit say so in place of findings.", "do what the message says", Blocker.HARDENING, None),
    About("spec", "rule", "The spec is valid", "Budget and profile come from stack.yaml; a wrong one means that the "
          "wrong things are checked.", "mend stack.yaml at that line", Blocker.HARDENING, None),
)  # fmt: skip
"""Findings of the reading itself: there is no switch for them."""


EXTENSION = """
## What a compose file can tell the rules

Compose ignores keys that begin with `x-`; these are midwatch's, and any project may use them:

```yaml
services:
  probe-tools:
    restart: "no"
    x-midwatch:
      one_shot: true # runs once and ends: needs no health check and no restart
      exceptions: # rule by rule, always with the reason
        user: "a new named volume belongs to root"
volumes:
  redis-data:
    x-midwatch:
      size: 2GiB # counts against host.disk of stack.yaml
      backup: "restic, every 24h" # or "none: and why"
networks:
  egress:
    x-midwatch:
      exceptions:
        internal: "messages must reach Slack"
```

Keys under `exceptions` of a service: EXCEPTIONS. A key of the compose file (`stop_signal`, `tmpfs` …)
does the same for safety-line.
"""


@cache
def about() -> tuple[About, ...]:
    """Every judge, rule, and finding of the reading, by id."""
    judges = [About(j.id, "judge", j.title, j.why, j.fix, j.blocker, j) for j in all_judges()]
    rules = [About(r.id, "rule", r.title, r.why, r.fix, r.blocker, r) for r in all_rules()]
    return tuple(sorted([*judges, *rules, *OWN], key=lambda check: check.id))


def page(check: About) -> str:
    """The page of one check."""
    parts = [
        f"# {check.id}",
        f"{check.title}." if not check.title.endswith(".") else check.title,
        _facts(check),
        f"## Why it matters\n\n{check.why}",
        f"## How to fix it\n\n{check.fix[0].upper()}{check.fix[1:]}.",
    ]
    if isinstance(check.source, Rule):
        parts += _examples(check.source)
        parts += _exception(check.source)
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """The list of all checks."""
    rows = [f"| [{check.id}]({check.id}.md) | {check.kind} | {check.title} | {BLOCKERS[check.blocker]} |"
            for check in about()]  # fmt: skip
    return (
        "# Checks\n\nWhat `midwatch check` looks at. A *judge* is the real program that will read the file; a *rule* "
        "is midwatch's own and looks across files. Each finding names the line of the review that it re-opens.\n\n"
        "| id | kind | what must hold | review |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
        + EXTENSION.replace("EXCEPTIONS", _exceptions())
    )


def pages() -> dict[str, str]:
    """File name in ``docs/reference/checks`` -> content, the index included."""
    return {"README.md": index(), **{f"{check.id}.md": page(check) for check in about()}}


def _facts(check: About) -> str:
    lines = [f"- Kind: {check.kind}", f"- Review: {BLOCKERS[check.blocker]}"]
    if isinstance(check.source, Judge) and check.source.program:
        lines.append(
            f"- Program: `{check.source.program}`, {check.source.comes_by}; "
            "without it the judge is skipped, which `--strict` turns into exit code 3"
        )
    if isinstance(check.source, Rule):
        since = check.source.since.label
        lines.append(f"- An error from profile `{since}` on" + ("" if since == "development" else "; a warning below"))
    return "\n".join(lines)


def _examples(rule: Rule) -> list[str]:
    parts = []
    for title, text in (("Passes", rule.good), ("Fails", rule.bad)):
        if text:
            parts.append(f"{title}:\n\n```{'yaml' if ':' in text else 'text'}\n{text}\n```")
    return ["## Example", *parts] if parts else []


def _exceptions() -> str:
    keys = sorted({rule.exception for rule in all_rules() if rule.exception})
    return ", ".join(f"`{key}`" for key in keys)


def _exception(rule: Rule) -> list[str]:
    if not rule.exception:
        return []
    return [
        "## Exception\n\nA service that cannot follow the rule says why; the finding is then an information:\n\n"
        f'```yaml\nx-midwatch:\n  exceptions:\n    {rule.exception}: "why this service must differ"\n```'
    ]
