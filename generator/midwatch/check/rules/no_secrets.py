"""No file of the project holds a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from midwatch.check.finding import Blocker, Position
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import File, Stack

SHAPES = {
    "a Slack webhook address": re.compile(r"https://hooks\.slack\.com/services/(?P<value>T\w{5,}/B\w{5,}/\w{12,})"),
    "a Slack token": re.compile(r"\b(?P<value>xox[abprs]-[\w-]{20,})"),
    "an AWS access key": re.compile(r"\b(?P<value>A(?:KI|SI)A[0-9A-Z]{16})\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?P<value>)"),
    "a GitHub token": re.compile(r"\b(?P<value>gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})"),
    "a GitLab token": re.compile(r"\b(?P<value>glpat-[\w-]{20,})"),
    "a bearer token": re.compile(r"\bBearer\s+(?P<value>[A-Za-z0-9_.~+/-]{24,}=*)(?![\w\[{(\\|*+])"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+]*://[^\s:/@\"'$<{]+:(?P<value>[^\s:/@\"'$<{}*]{4,})@"),
}
"""What each kind of secret looks like, wherever it stands."""
_KEYED = re.compile(
    r"""^\s*(?:-\s+)?["']?(?P<key>[\w.-]*(?:password|passwd|passphrase|secret_key|api_?key|auth_token|access_token
    |client_secret|bearer_token)|requirepass|masterauth)["']?\s*[:=\s]\s*["']?(?P<value>[^\s"'#]{6,})["']?\s*(?:\#.*)?$""",
    re.I | re.X,
)
_HARMLESS = re.compile(r"^(?:[%\[(*/.!&]|none$|null$|true$|false$|x{4,}$)|[$<{]|example|placeholder|_file$", re.I)
_PLACEHOLDER = re.compile(r"example|placeholder|your", re.I)
CONFIGURATION = (".yaml", ".yml", ".conf", ".env", ".toml", ".ini", ".json", ".cfg", ".properties")


def _check(stack: Stack) -> Iterator[Flaw]:
    names = frozenset(stack.parts["secrets"])
    for file in stack.files.values():
        keyed = file.path.endswith(CONFIGURATION) or file.path.rpartition("/")[2].startswith(".env")
        for number, what in _scan(file.text, names, keyed and not _is_test(file)):
            yield Flaw(f"{file.path} holds {what}", Position(file.path, number), hint=_HINT)


@lru_cache(maxsize=1024)
def _scan(text: str, names: frozenset[str], keyed: bool) -> tuple[tuple[int, str], ...]:
    """Line and kind of each secret. Kept, since the same files are judged again and again while one is edited."""
    lines = ((number, line) for number, line in enumerate(text.splitlines(), 1) if len(line) < 2000)
    return tuple((number, what) for number, line in lines if (what := _line(line, names, keyed=keyed)))


def _line(line: str, names: frozenset[str], *, keyed: bool) -> str:
    for what, pattern in SHAPES.items():
        if (match := pattern.search(line)) and not _is_example(match["value"]):
            return what
    match = _KEYED.match(line) if keyed else None
    if match and match["value"] not in names and not _HARMLESS.search(match["value"]):
        return f"a literal value for {match['key']}"
    return ""


def _is_example(value: str) -> bool:
    """Placeholders of documentation: one character over and over, or the word itself."""
    last = value.rsplit("/", 1)[-1]
    return bool(value) and (len(set(last.strip("=").lower())) <= 2 or bool(_PLACEHOLDER.search(value)))


def _is_test(file: File) -> bool:
    return file.kind in {Kind.RULE_TESTS, Kind.ROUTE_TESTS}


_HINT = "move it into a file in secrets/, mount that as a secret, and change the secret: it must be taken as known"

RULE = Rule(
    id="no-secrets",
    title="No file of the project holds a secret",
    why="What lies in a configuration file ends up in git, in backups, in a chat. Then the secret has to be changed.",
    fix=_HINT,
    blocker=Blocker.HARDENING,
    check=_check,
    good="password_file: /run/secrets/redis_password",
    bad="password: the-real-one",
)
