"""Checks of single values against friendly and hostile input."""

# ruff: noqa: E501 (tables)
from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.spec import checks
from tests.spec import originals

Check = Callable[[str], str]
GOOD: dict[Check, list[str]] = {
    checks.name: ["sva", "a1", "sva-studio", "a" * 40],
    checks.label: ["workspace_id", "tenant", "_x", "Team1"],
    checks.label_value: ["acme", "42", "3f2a-77", "a.b_c", "X"],
    checks.alert_name: ["RedisDown", "A"],
    checks.channel: ["#ops", "#monitoring-alerts", "#a_b-1", "C012AB3CD"],
    checks.mention: ["", "<!here>", "<!channel>", "<!subteam^S012345>", "<@U0123> <!here>"],
    checks.http_url: ["https://a.example.com", "http://h:80/x?y=1&z=%20", "https://[::1]:8080/", "http://localhost:8080/runbooks"],
    checks.reachable_url: ["https://hc-ping.com/uuid", "http://tempo:4318", "http://10.0.0.1/x"],
    checks.http_path: ["/", "/health/live", "/health?full=1", "/a.b_c~d/%20"],
    checks.metrics_path: ["/metrics", "/actuator/prometheus", "/"],
    checks.health: ["/health", "https://a.example.com/health"],
    checks.network: ["studio_default", "a", "x.y-z"],
    checks.volume: ["studio_uploads", "wiki.data", "A-1", "a--b", "a_"],
    checks.volume_path: ["cache", "tmp/my sessions", ".cache/x", "a.b/c..d", "@x"],
    checks.file_name: ["slack_webhook_url", "a.txt", "A-1.b.c"],
    checks.relative_path: ["extra/scrape.yaml", "a.yml", "a/b/c.yaml", "my.extra.yaml"],
    checks.host: ["studio", "api.example.com", "10.0.0.7", "studio_web_1"],
    checks.registry: ["registry.example.com", "registry.example.com/mirror", "localhost:5000", "r.example.com:443/a/b"],
    checks.repository: ["registry.example.com/team/prometheus", "localhost:5000/x", "docker.io/library/redis"],
    checks.tag: ["v3.5.0", "8", "latest", "8.0.2-alpine_1"],
    checks.digest: ["sha256:" + "0a" * 32],
    checks.destination: ["s3:https://s3.example.com/bucket", "s3:s3.example.com/bucket", "s3:http://s3.lab:9000/backups/a.b", "sftp:user@host:/path", "/srv/backup",
                         "sftp:u1@u1.example.com:backups", "sftp:host:/", "sftp://user@host:2222//srv/b", "sftp://user@10.0.0.1/srv"],
}  # fmt: skip
BAD: dict[Check, list[str]] = {
    checks.name: ["", "a", "1a", "-a", "a-", "A", "SVA Studio", "Müller", "a/b", "..", "../x", "a_b", "a" * 41, "ａｂ", "a.b"],
    checks.label: ["", "1a", "a-b", "__name__", "__x", "job", "instance", "severity", "alertname", "Job", "stack", "service", "project", "ä", "le", "a" * 65],
    checks.label_value: ["", "-a", "a b", "a" * 64, "a/b"],
    checks.alert_name: ["", "Redis Down", "Redis-Down", "1A", "a" * 65],
    checks.channel: ["", "ops", "#", "#Ops", "#o p s", "@me", "#" + "a" * 81],
    checks.mention: ["@here", "here", "<!here><!here>", "<!here> ", "{{ .X }}", "<!subteam^>", "hello"],
    checks.http_url: ["", "a.example.com", "ftp://a.example.com", "http://", "http://u:p@h/", "http://u@h", "http://h/#x",
                      "javascript:alert(1)", "http://h:99999/", "http://h:0/", "http://h/{{.X}}", "http://h/$X", "http://h\\x", "HTTP://h"],
    checks.reachable_url: ["http://localhost:4318", "http://127.0.0.1", "http://[::1]/x", "http://0.0.0.0", "http://a.localhost"],
    checks.http_path: ["", "health", "//host/x", "http://h/x", "/a b", "/$x", "/{x}", "/a#b", "/\\x", "/" + "a" * 512],
    checks.metrics_path: ["metrics", "/metrics?x=1", "//x", "http://h/metrics"],
    checks.health: ["health", "http://localhost/x", "ftp://h/x"],
    checks.network: ["", "host", "none", "bridge", "a b", "a/b", "-a", "a" * 65],
    checks.volume: ["", "a", "/srv/x", "./x", "-a", "a b", "a/b", "a:b", "a" * 55, "a.", "a-", "a..b", "a.-b", "a-.b"],
    checks.volume_path: ["", "/cache", "../x", "a/../b", "a/..", ".", "a/", "a//b", "*.tmp", "a b ", " a", "!x", "#x", "-" + "a" * 200],
    checks.file_name: ["", ".env", "..", "a/b", "a..b", "-rf", "a\\b", "a" * 65, "con ", "a."],
    checks.relative_path: ["", "/etc/x.yaml", "../x.yaml", "a/../x.yaml", "a/./b.yaml", "~/x.yaml", "a.txt", "-x.yaml", "a//b.yaml",
                           "C:\\x.yaml", ".midwatch/x.yaml", "a b.yaml", "a" * 200 + ".yaml"],
    checks.host: ["", "localhost", "127.0.0.1", "a:80", "http://a", "a/b", "-a", "a..b", "a.", "a" * 64, "a b"],
    checks.registry: ["", "https://r.example.com", "r.example.com/", "R.example.com", "r example"],
    checks.repository: ["", "prometheus", "r.example.com/x:v1", "r.example.com/x@sha256:0", "https://r.example.com/x", "R/x"],
    checks.tag: ["", ":v1", "-v1", "a b", "a" * 129, "v1@sha256"],
    checks.digest: ["", "sha256:abc", "0a" * 32, "sha512:" + "0a" * 32, "sha256:" + "0A" * 32],
    checks.destination: ["", "backup", "./backup", "/", "/srv/../etc", "s3:https://k:s@s3.example.com/b", "/a b", "/$HOME", "ftp:x", "rest:https://host:8000/", "s3:", "s3://bucket", "s3://bucket/a", "s3:bucket",
                         "s3:https://s3.example.com", "s3:https://s3.example.com/", "s3:https:/s3.example.com/b", "sftp:user@host",
                         "sftp:user@host:", "sftp:user@host:~/b", "sftp://user@host", "sftp://user@host:2222", "sftp:/srv/b", "sftp:user:pw@host:/b"],
}  # fmt: skip
# Each is put behind, before and into a value that is good.
HOSTILE = [
    "\n",
    "\r",
    "\0",
    "\t",
    "\x1b[2J",
    '"',
    "'",
    "`",
    "$(id)",
    "${X}",
    "{{ .X }}",
    "{%",
    ";",
    "|",
    "<",
    "\\",
    "\u2028",
    "\u202e",
]
SUGGESTIONS = [
    (checks.name, "SVA Studio", "sva-studio"),
    (checks.name, "Müller", "mueller"),
    (checks.name, "Ångström_Café", "aangstroem-cafe"),
    (checks.name, "a/b/../c", "a-b-c"),
    (checks.name, "42 Things", "things"),
    (checks.name, "x" * 60, "x" * 40),
    (checks.label, "workspace-id", "workspace_id"),
    (checks.channel, "ops", "#ops"),
    (checks.channel, "#Ops Team", "#ops-team"),
    (checks.mention, "@here", "<!here>"),
    (checks.http_url, "wiki.example.com/x", "https://wiki.example.com/x"),
    (checks.http_path, "health/live", "/health/live"),
    (checks.metrics_path, "/metrics?x=1", "/metrics"),
    (checks.host, "http://studio:3000/x", "studio"),
    (checks.relative_path, "./extra.yaml", "extra.yaml"),
    (checks.relative_path, "extra\\scrape.yaml", "extra/scrape.yaml"),
    (checks.registry, "https://r.example.com/", "r.example.com"),
    (checks.repository, "r.example.com/x:v1", "r.example.com/x"),
    (checks.digest, "0A" * 32, "sha256:" + "0a" * 32),
]


def cases(table: dict[Check, list[str]]) -> list[tuple[Check, str]]:
    return [(check, text) for check, texts in table.items() for text in texts]


@pytest.mark.parametrize(("check", "text"), cases(GOOD))
def test_good_values_come_back_unchanged(check: Check, text: str) -> None:
    assert check(text) == text


@pytest.mark.parametrize(("check", "text"), cases(BAD))
def test_bad_values_are_refused(check: Check, text: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|is) "):
        check(text)


@pytest.mark.parametrize("check", GOOD)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_smuggles_hostile_signs(check: Check, hostile: str) -> None:
    for good in GOOD[check]:
        for text in (good + hostile, hostile + good, good[:1] + hostile + good[1:]):
            with pytest.raises(ValueError) as caught:
                check(text)
            assert str(caught.value).isprintable()


@pytest.mark.parametrize(("check", "text", "better"), SUGGESTIONS)
def test_suggestions_work(check: Check, text: str, better: str) -> None:
    with pytest.raises(ValueError) as caught:
        check(text)
    assert f"did you mean {better!r}?" in str(caught.value)
    assert check(better) == better


@given(st.text(max_size=80))
def test_no_text_raises_anything_else_and_suggestions_always_work(text: str) -> None:
    for check in GOOD:
        try:
            assert check(text) == text
        except ValueError as error:
            better = re.search(r"did you mean '([^']*)'\?$", str(error))
            assert not better or check(better[1]) == better[1]


def test_a_channel_that_yaml_took_for_a_comment() -> None:
    with pytest.raises(ValueError, match="quotes"):
        checks.channel(None)
    with pytest.raises(ValueError, match="quotes"):
        checks.channel(5)


GOOD_PATTERNS = [
    "EMP-[0-9]{6}", r"\bid=\d+", "(?i)secret", "(?:a|b)+c", "(?P<n>x)y*", "[^]a]+", "[]a]x", r"a\.b\x22", "a{2,5}?", "x{1000}", r"[\w.+-]+@x",
    r"^\s+$|y", "(?i:ab)c", "(?s).x", "é+", r"[\]\[]", r"\{\}", "(a{10}){100}",
]  # fmt: skip
BAD_PATTERNS = {
    "": "1 to 500", "a" * 501: "1 to 500", "(?=x)a": "lookaround", "a(?!b)": "lookaround", "(?<=x)a": "lookaround", r"(a)\1": "backreferences",
    "(?P<n>a)(?P=n)": "backreferences", "(?>a)": "atomic", "a++": "possessive", "a{2}+": "possessive", "(a)?(?(1)b|c)": "conditional",
    "(?#x)a": "comments", r"a\Z": "escapes", r"\pL": "escapes", r"\u0041": "escapes", r"\Qa\E": "escapes", "[[:alpha:]]": r"[[:alpha:]]",
    "a**": "RE2", "*a": "RE2", "(*a)": "RE2", "a|*": "RE2", "(a": "RE2", "a)": "RE2", "[a": "bare", "a{": "bare", "a{,3}": "bare", "a]": "bare",
    "x{1001}": "1000 times", "(a{100}){100}": "1000 times", "(?x)a b": "RE2", "a'b": "quotes", 'a"b': "quotes", "a`b": "quotes", "a\nb": "control",
    "a*": "empty text", "a|": "empty text", "(?:)": "empty text", "[b-a]": "RE2", r"[\b]": "RE2", "a{3,2}": "RE2", "(?P<a>x)(?P<a>y)": "RE2",
    "a\\": "RE2", r"\é": "RE2", "[a&&b]": "RE2",
}  # fmt: skip


@pytest.mark.parametrize("pattern", GOOD_PATTERNS)
def test_patterns_that_re2_takes(pattern: str) -> None:
    assert checks.re2_pattern(pattern) == pattern


@pytest.mark.parametrize(("pattern", "says"), BAD_PATTERNS.items())
def test_patterns_that_only_others_take(pattern: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        checks.re2_pattern(pattern)
    assert says in str(caught.value)


@pytest.mark.parametrize("pattern", GOOD_PATTERNS)
def test_go_takes_the_same_patterns(pattern: str) -> None:
    quoted = pattern.replace("\\", "\\\\").replace('"', '\\"')
    assert originals.promtool_formats(f'up{{a=~"{quoted}"}}') is not None


@given(st.text("ab01()[]{}|*+?^$.\\,-:<>P=!isdwxb&~ ", max_size=12))
def test_no_pattern_raises_anything_else(pattern: str) -> None:
    try:
        assert checks.re2_pattern(pattern) == pattern
    except ValueError as error:
        assert str(error)
