"""Bad input: each kind is refused in plain words, at its place, and everything at once."""

# ruff: noqa: E501 (messages are compared whole)
from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from midwatch.errors import ExitCode, Problem, SpecError
from midwatch.spec import load
from midwatch.spec.source import MAX_BYTES, read_bytes

SMALLEST = 'name: sva\nalerting:\n  slack:\n    channel: "#ops"\n'
KNOWN = load.Known(frozenset(["RedisDown", "HostDiskFull"]), frozenset(["prometheus", "redis-exporter"]))


def problems(source: str | bytes, **options: object) -> tuple[Problem, ...]:
    with pytest.raises(SpecError) as caught:
        load.read_source(source, **{"known": KNOWN, **options})  # type: ignore[arg-type]
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    return caught.value.problems


def lines(source: str | bytes) -> list[str]:
    return [str(problem) for problem in problems(source)]


def only(source: str | bytes) -> str:
    (line,) = lines(source)
    return line


# What is put below the smallest spec (lines 5 and up), and the whole message.
MAIL = "  email:\n    from: m@example.com\n    smarthost: smtp.example.com:587\n"
BELOW = {
    # e-mail
    MAIL: "stack.yaml:6:5: alerting.email.to: is required",
    MAIL + "    to: []\n": "stack.yaml:8:9: alerting.email.to: names nobody (give one address, or leave 'email' out)",
    MAIL + "    to: [On Call <a@example.com>]\n": "stack.yaml:8:10: alerting.email.to[0]: must be an e-mail address such as 'oncall@example.com', not 'On Call <a@example.com>', did you mean 'a@example.com'?",
    MAIL + "    to: a@example.com\n": "stack.yaml:8:9: alerting.email.to: must be a list, not 'a@example.com' (begin each entry with '- ')",
    MAIL.replace(":587", "") + "    to: [a@b.de]\n": "stack.yaml:7:16: alerting.email.smarthost: must be a mail server with its port, such as 'smtp.example.com:587', not 'smtp.example.com', did you mean 'smtp.example.com:587'?",
    MAIL.replace(":587", ":70000") + "    to: [a@b.de]\n": "stack.yaml:7:16: alerting.email.smarthost: must have a port from 1 to 65535, not 70000",
    MAIL.replace("smtp.example.com", "127.0.0.1") + "    to: [a@b.de]\n": "stack.yaml:7:16: alerting.email.smarthost: must be a server that containers can reach: inside a container, '127.0.0.1' is the container itself",
    MAIL + "    to: [a@b.de]\n    username: m$x\n": "stack.yaml:9:15: alerting.email.username: must be a name at the mail server: letters, digits and ._%+=@-, not 'm$x'",
    MAIL + "    to: [a@b.de]\n    hello: a b\n": "stack.yaml:9:12: alerting.email.hello: must be a host name such as 'monitoring.example.com', not 'a b'",
    MAIL + "    to: [a@b.de]\n    username: m\n    require_tls: false\n": "stack.yaml:10:18: alerting.email.require_tls: would send the password in clear text, which Alertmanager refuses (leave it out, or give no username)",
    MAIL + "    to: [a@b.de]\n    username: m\n    password_secret: slack_webhook_url\n": "stack.yaml:10:22: alerting.email.password_secret: is the file of Slack's webhook too (choose another name)",
    MAIL + "    to: [a@b.de]\n    tls: true\n": "stack.yaml:9:5: alerting.email.tls: unknown key (known here: to, from, smarthost, username, password_secret, require_tls, hello)",
    # unknown keys
    "redis:\n  memroy: 1GiB\n": "stack.yaml:6:3: redis.memroy: unknown key, did you mean 'memory'?",
    "Redis: {}\n": "stack.yaml:5:1: Redis: unknown key, did you mean 'redis'?",
    "memory: 1GiB\n": "stack.yaml:5:1: memory: unknown key (it belongs to 'host.memory' or 'redis.memory')",
    "workspace: {zzz: 1}\n": "stack.yaml:5:13: workspace.zzz: unknown key (known here: label, default)",
    "runbooks: {'a b': 1}\n": "stack.yaml:5:12: runbooks['a b']: unknown key (known here: language, base_url)",
    # wrong types
    "host: 5\n": "stack.yaml:5:7: host: must be a group of keys (name, cpus, memory, disk), not 5",
    "host:\nredis: {}\n": "stack.yaml:5:1: host: must be a group of keys (name, cpus, memory, disk), not nothing"
                         " (leave the key out for the default)",
    "host: {cpus: true}\n": "stack.yaml:5:14: host.cpus: must be a number from 0.5 to 1024, not true",
    "host: {cpus: .nan}\n": "stack.yaml:5:14: host.cpus: must be a number from 0.5 to 1024, not .nan",
    "ports: {loki: abc}\n": "stack.yaml:5:15: ports.loki: must be a whole number from 1 to 65535, not 'abc'",
    "ports: {loki: '3100'}\n": "stack.yaml:5:15: ports.loki: must be a whole number from 1 to 65535, not '3100' (write it without quotes)",
    "ports: {loki: 3.5}\n": "stack.yaml:5:15: ports.loki: must be a whole number from 1 to 65535, not 3.5",
    "ports: {loki: true}\n": "stack.yaml:5:15: ports.loki: must be a whole number from 1 to 65535, not true",
    "apps: studio\n": "stack.yaml:5:7: apps: must be a list, not 'studio' (begin each entry with '- ')",
    "apps: [5]\n": "stack.yaml:5:8: apps[0]: must be a group of keys (name, host, port, metrics, health, network, redis, workspace), not 5",
    "collector: {pii: {enabled: yes}}\n": "stack.yaml:5:28: collector.pii.enabled: must be true or false, not 'yes'"
                                          " (to YAML 1.2, yes is a word; write true)",
    "images: {overrides: {prometheus: {tag: 3.10}}}\n": "stack.yaml:5:40: images.overrides.prometheus.tag: must be the tag of an image, not 3.10"
                                                        ' (put it in quotes: "3.10")',
    "images: {overrides: []}\n": "stack.yaml:5:21: images.overrides: must be a group of keys, one per name, not a list",
    "environment: prod\n": "stack.yaml:5:14: environment: must be one of 'development', 'staging', 'production', not 'prod',"
                           " did you mean 'production'?",
    "redis: {engine: reddis}\n": "stack.yaml:5:17: redis.engine: must be one of 'redis', 'valkey', not 'reddis', did you mean 'redis'?",
    # absurd sizes and times
    "host: {memory: -1GiB}\n": "stack.yaml:5:16: host.memory: must not be negative: '-1GiB'",
    "host: {memory: 8}\n": "stack.yaml:5:16: host.memory: must be a size such as 512MiB or 2g from 256MiB to 64TiB, not 8"
                           " (a number without a unit is bytes)",
    "host: {memory: 999PiB}\n": "stack.yaml:5:16: host.memory: must be a size such as 512MiB or 2g from 256MiB to 64TiB, not 999PiB",
    "host: {memory: 99999EiB}\n": "stack.yaml:5:16: host.memory: must be a size such as 512MiB, 1.5g or 2GiB"
                                  " (units b, k, m, g, t, p, each step 1024), not '99999EiB'",
    "host: {disk: 0}\n": "stack.yaml:5:14: host.disk: must be a size such as 512MiB or 2g from 1GiB to 1PiB, not 0"
                         " (a number without a unit is bytes)",
    "host: {cpus: -2}\n": "stack.yaml:5:14: host.cpus: must be a number from 0.5 to 1024, not -2",
    "ports: {loki: 70000}\n": "stack.yaml:5:15: ports.loki: must be a whole number from 1 to 65535, not 70000",
    "retention: {logs: 7}\n": "stack.yaml:5:19: retention.logs: needs a unit: 7s, 7m, 7h or 7d?",
    "retention: {logs: 100y}\n": "stack.yaml:5:19: retention.logs: must be a duration such as 30s, 1h30m or 7d of at most 20y, not 100y",
    "backup: {cron: '0 0 30 2 *'}\n": "stack.yaml:5:16: backup.cron: never runs: no month named has such a day, in '0 0 30 2 *'",
    # what the keys say about one another
    "retention: {metrics: 1h}\n": "stack.yaml:5:22: retention.metrics: must be at least 2h, not 1h: Prometheus writes blocks of 2h,"
                                  " and alerts look back that far",
    "retention: {logs: 23h}\n": "stack.yaml:5:19: retention.logs: must be at least 1d, not 23h: Loki's index is cut into days,"
                                " and only whole ones can be deleted",
    "apps: [{name: aa, port: 1}, {name: aa, port: 2}]\n": "stack.yaml:5:36: apps[1].name: is the name of apps[0] too (names must be unique)",
    "apps: [{name: aa, port: 1, metrics: null}]\n": "stack.yaml:5:8: apps[0]: has neither metrics nor health: nothing of it would be watched"
                                                    " (give one of them)",
    "apps: [{name: aa, port: 1, redis: true}]\n": "stack.yaml:5:35: apps[0].redis: needs a network: Redis is reached over the network of"
                                                  " the app's own Compose project (give network)",
    "backup: {rpo: 1h}\n": "stack.yaml:5:15: backup.rpo: 1h cannot be kept: backups run every day (the default) (raise rpo, or give every: 1h)",
    "backup: {rpo: 1h, every: 6h}\n": "stack.yaml:5:15: backup.rpo: 1h cannot be kept: backups run every 6h (raise rpo, or give every: 1h)",
    "backup: {rpo: 1d, cron: '@weekly'}\n": "stack.yaml:5:15: backup.rpo: 1d cannot be kept: backups run as seldom as every 1w (0 0 * * 0)"
                                            " (raise rpo, or give every: 1d)",
    "backup: {every: 1d, cron: '@daily'}\n": "stack.yaml:5:21: backup.cron: give either 'every' or 'cron', not both",
    "backup: {own_ca: true}\n": "stack.yaml:5:18: backup.own_ca: needs an S3 store that is reached by https as destination (leave it out)",
    "backup: {own_ca: true, destination: 's3:http://s3.lab:9000/b'}\n": "stack.yaml:5:18: backup.own_ca: needs an S3 store that is reached by https as destination (leave it out)",
    "backup: {own_ca: true, destination: 'sftp:backup@host:/srv'}\n": "stack.yaml:5:18: backup.own_ca: needs an S3 store that is reached by https as destination (leave it out)",
    "backup: {volumes: [{name: ./uploads}]}\n": "stack.yaml:5:27: backup.volumes[0].name: must be the name of a Docker volume (docker volume ls), not a path: './uploads'",
    "backup: {volumes: [{name: my uploads}]}\n": "stack.yaml:5:27: backup.volumes[0].name: must be the name of a Docker volume: 2 to 54 letters, digits, '_', '.' and '-', beginning with a letter or digit, not 'my uploads', did you mean 'my_uploads'?",
    "backup: {volumes: [{name: up}, {name: up}]}\n": "stack.yaml:5:39: backup.volumes[1].name: is the name of backup.volumes[0] too (names must be unique)",
    "backup: {volumes: [{name: prometheus}]}\n": "stack.yaml:5:27: backup.volumes[0].name: 'prometheus' is the name of a part of the stack (the stack's own stores are saved anyway; rename the volume)",
    "backup: {volumes: [{name: up, app: studoi}]}\napps: [{name: studio, port: 1}]\n": "stack.yaml:5:36: backup.volumes[0].app: there is no app 'studoi', did you mean 'studio'?",
    "backup: {volumes: [{name: up, exclude: [/cache/*]}]}\n": "stack.yaml:5:41: backup.volumes[0].exclude[0]: must be a path below the volume's root, such as cache or tmp/sessions (no pattern, no '..'), not '/cache/*', did you mean 'cache'?",
    "backup: {volumes: [{name: up, exclude: [a/../b]}]}\n": "stack.yaml:5:41: backup.volumes[0].exclude[0]: must be a path below the volume's root, such as cache or tmp/sessions (no pattern, no '..'), not 'a/../b'",
    "ports: {loki: 9090}\n": "stack.yaml:5:15: ports.loki: 9090 is the port of 'prometheus' too (that is its default)",
    "ports: {prometheus: 3100}\n": "stack.yaml:5:21: ports.prometheus: 3100 is the port of 'loki' too (that is its default)",
    "ports: {loki: 5000, otlp_http: 5000}\n": "stack.yaml:5:32: ports.otlp_http: 5000 is the port of 'loki' too",
    "images: {overrides: {promethus: {tag: v3}}}\n": "stack.yaml:5:22: images.overrides.promethus: there is no such component,"
                                                     " did you mean 'prometheus'?",
    "images: {overrides: {prometheus: {tag: latest}}}\n": "stack.yaml:5:40: images.overrides.prometheus.tag: 'latest' is another program"
                                                          " tomorrow (name a version, or add a digest)",
    "extra: {compose: [compose.yaml]}\n": "stack.yaml:5:19: extra.compose[0]: 'compose.yaml' is where midwatch writes"
                                          " (keep your own files elsewhere, for instance in extra/)",
    "extra: {prometheus: [prometheus/x.yaml]}\n": "stack.yaml:5:22: extra.prometheus[0]: 'prometheus/x.yaml' is where midwatch writes"
                                                  " (keep your own files elsewhere, for instance in extra/)",
    "extra: {compose: [a.yaml, a.yaml]}\n": "stack.yaml:5:27: extra.compose[1]: 'a.yaml' is given twice",
    "collector: {pii: {patterns: [{name: aa, pattern: x}, {name: aa, pattern: y}]}}\n":
        "stack.yaml:5:61: collector.pii.patterns[1].name: is the name of collector.pii.patterns[0] too (names must be unique)",
    # duplicate keys, tags, merge keys
    "name: again\n": "stack.yaml:5:1: name: is given twice, first in line 1 (remove one)",
    "host:\n  cpus: 2\n  'cpus': 3\n": "stack.yaml:7:3: host.cpus: is given twice, first in line 6 (remove one)",
    "apps:\n  - {name: aa, port: 1}\n  - {name: bb, port: 1, port: 2}\n": "stack.yaml:7:25: apps[1].port: is given twice, first in line 7 (remove one)",
    "workspace: {label: !!python/object:os.system x}\n": "stack.yaml:5:20: workspace.label: tags such as 'tag:yaml.org,2002:python/object:os.system'"
                                                         " are not allowed (write the plain value)",
    "host: &h {cpus: 2}\nbackup:\n  keep: {<<: {daily: 3}}\n": "stack.yaml:7:10: backup.keep['<<']: merge keys are not part of YAML 1.2"
                                                              " (write the keys out)",
}  # fmt: skip


@pytest.mark.parametrize(("below", "message"), BELOW.items())
def test_each_mistake_in_plain_words(below: str, message: str) -> None:
    assert only(SMALLEST + below) == message


# Texts of which nothing can be read at all, and the whole message.
WHOLE = {
    "": "stack.yaml:1:1: is empty (a spec needs at least `name` and `alerting.slack.channel`)",
    " \n\n": "stack.yaml:1:1: is empty (a spec needs at least `name` and `alerting.slack.channel`)",
    "# a comment\n  # another\n": "stack.yaml:1:1: holds nothing but comments (a spec needs at least `name` and `alerting.slack.channel`)",
    "---\n": "stack.yaml:1:1: holds nothing but comments (a spec needs at least `name` and `alerting.slack.channel`)",
    "hello\n": "stack.yaml:1:1: must be a group of keys such as `name: sva`, not 'hello'",
    "- a\n- b\n": "stack.yaml:1:1: must be a group of keys such as `name: sva`, not a list",
    "name: sva\nhost:\n\tcpus: 2\n": "stack.yaml:3:1: a tab is used for indentation (YAML takes spaces only)",
    "name: sva\nhost:\n  \tcpus: 2\n": "stack.yaml:3:3: a tab is used for indentation (YAML takes spaces only)",
    "name: a: b\n": "stack.yaml:1:8: a ':' makes no sense here (quote text that holds ': ', or check the indentation)",
    "name: 'sva\nhost: 1\n": "stack.yaml:1:7: a quote is opened and never closed",
    "host: {cpus: 2\n": "stack.yaml:2:1: a ',' or a closing bracket is missing",
    "host:\n    cpus: 2\n  disk: 3\n": "stack.yaml:3:3: the indentation does not fit the lines above (entries of one group begin in one column)",
    "name: @here\n": "stack.yaml:1:7: a value cannot begin with this sign (put the value in quotes)",
    "name: sva\n---\nname: b\n": "stack.yaml:2:1: holds more than one document: '---' begins a second one (keep one)",
    "name: sva\n---\n": "stack.yaml:2:1: holds more than one document: '---' begins a second one (keep one)",
    "%YAML 1.1\n---\nname: sva\n": "stack.yaml:2:1: must be YAML 1.2 (remove the %YAML line)",
    "name: *x\n": "stack.yaml:1:7: *x refers to nothing: there is no &x above",
    "host: &x [*x]\n": "stack.yaml:1:11: *x refers to itself",
    "%YAML " + "9" * 10_000 + ".1\n---\nname: x\n": "stack.yaml: is not YAML",
    "? [a]\n: b\n": "stack.yaml:1:3: a key must be a word, not a list or a group of keys",
    "host: {{ x }}\n": "stack.yaml:1:8: a key must be a word, not a list or a group of keys (quote values that begin with { or [)",
    "{" * 30: "stack.yaml:1:21: is nested too deeply: more than 20 levels",
    "name: a\0b\n": "stack.yaml:1:8: holds a NUL byte (is it UTF-16? Save it as UTF-8)",
    "name: a\x1b[2J\n": "stack.yaml:1:8: holds the control character U+001B (remove it)",
    "# \u2028\nname: x\n": "stack.yaml:1:3: holds the control character U+2028 (remove it)",
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WHOLE.items())
def test_what_is_no_spec_at_all(text: str, message: str) -> None:
    assert only(text) == message


@pytest.mark.parametrize("depth", [1_000, 100_000])
@pytest.mark.parametrize("sign", ["[", "{a: ", "- ", "? ", "a:\n "])
def test_deep_nesting_is_no_recursion(depth: int, sign: str) -> None:
    assert lines((sign * depth)[:MAX_BYTES])


def test_bytes_that_are_not_utf_8() -> None:
    assert (
        only("name: sva\n# Müller\n".encode("latin-1"))
        == "stack.yaml:2:4: is not UTF-8 text: byte 0xfc (save it as UTF-8)"
    )
    assert only(SMALLEST.encode("utf-16")) == "stack.yaml: is UTF-16 text (save it as UTF-8)"
    assert only(SMALLEST.encode("utf-32")) == "stack.yaml: is UTF-32 text (save it as UTF-8)"
    assert "NUL byte (is it UTF-16?" in only(SMALLEST.encode("utf-16-le"))
    assert only(b"a: 1\r\nb: 2\r\nc: \xff") == "stack.yaml:3:4: is not UTF-8 text: byte 0xff (save it as UTF-8)"
    assert only(b"a: 1\rb: \xff") == "stack.yaml:2:4: is not UTF-8 text: byte 0xff (save it as UTF-8)"
    assert only(b"\xff") == "stack.yaml:1:1: is not UTF-8 text: byte 0xff (save it as UTF-8)"


def test_places_are_right_behind_a_bom_with_crlf_and_umlauts() -> None:
    text = "\ufeff# Größe\r\n" + SMALLEST.replace("\n", "\r\n") + "host: {cpus: 2, memroy: 1}\r\n"
    assert only(text.encode()) == "stack.yaml:6:17: host.memroy: unknown key, did you mean 'memory'?"
    assert only("\ufeffnaem: x".encode() + b"\r\n" + SMALLEST.encode()).startswith("stack.yaml:1:1: naem: ")


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(15))
    start = time.perf_counter()
    assert "holds more than 100000 values, with aliases written out" in only(SMALLEST + bomb)
    assert time.perf_counter() - start < 2


def test_a_chain_of_aliases_is_nesting_too() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}]\n" for i in range(5000))
    assert "is nested too deeply" in only(chain)


def test_a_large_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "stack.yaml"
    path.write_bytes(SMALLEST.encode() + b"# \n" * (10 * 1024**2 // 3))
    start = time.perf_counter()
    with pytest.raises(SpecError) as caught:
        load.load(path)
    assert time.perf_counter() - start < 0.5
    assert str(caught.value.problems[0]) == f"{path}: is too large: a spec may have at most 1024 KiB"
    assert len(read_bytes(path)) == MAX_BYTES + 1, "no more is read than is needed to know"
    filler = "#" * (MAX_BYTES - len(SMALLEST))
    assert load.parse(SMALLEST + filler).name == "sva"
    assert "too large" in only(SMALLEST + filler + "#")


@pytest.mark.parametrize(
    ("name", "better"),
    [("SVA Studio", "sva-studio"), ("Müller", "mueller"), ("a/b", "a-b"), ("..", ""), ("../../etc/passwd", "etc-passwd"), ("-rf", "rf")],
)  # fmt: skip
def test_names_that_would_do_harm(name: str, better: str) -> None:
    for place in (
        f"name: '{name}'\n" + SMALLEST.split("\n", 1)[1],
        SMALLEST + f"apps: [{{name: '{name}', port: 1}}]\n",
    ):
        line = only(place)
        assert "name: must be 2 to 40 lower-case letters" in line
        assert line.endswith(f"did you mean '{better}'?" if better else f"not '{name}'")


def test_missing_keys_are_named_where_they_belong() -> None:
    hint = '(for instance `channel: "#monitoring-alerts"`)'
    assert lines("# first\nenvironment: staging\n") == [
        "stack.yaml:2:1: name: is required (for instance `name: sva`)",
        f"stack.yaml:2:1: alerting.slack.channel: is required {hint}",
    ]
    assert only("name: sva\nalerting:\n  heartbeat_url: https://a.example.com\n") == (
        f"stack.yaml:3:3: alerting.slack.channel: is required {hint}"
    )
    assert only("name: sva\nalerting:\n  slack: {}\n") == f"stack.yaml:3:10: alerting.slack.channel: is required {hint}"
    assert only("name: sva\nalerting:\n  slack:\n") == (
        "stack.yaml:3:3: alerting.slack: must be a group of keys (channel, channels, webhook_secret, mention), not nothing"
    )
    assert only(SMALLEST + "apps:\n  - name: aa\n  - port: 5\n    name: bb\n") == (
        "stack.yaml:6:5: apps[0].port: is required (for instance `port: 3000`)"
    )


def test_a_channel_that_yaml_takes_for_a_comment() -> None:
    quoted = 'is empty: to YAML, # begins a comment, so put the channel in quotes: "#monitoring-alerts"'
    assert (
        only("name: sva\nalerting:\n  slack:\n    channel: #ops\n")
        == f"stack.yaml:4:5: alerting.slack.channel: {quoted}"
    )
    optional = SMALLEST + "    channels:\n      critical: #pages\n"
    assert only(optional) == f"stack.yaml:6:7: alerting.slack.channels.critical: {quoted}"


def test_overrides_of_alerts_that_do_not_exist() -> None:
    override = "  overrides:\n    RedisDwn: {off: true}\n    Zzz: {off: true}\n    RedisDown: {threshold: 5}\n"
    assert lines(SMALLEST + override) == [
        "stack.yaml:6:5: alerting.overrides.RedisDwn: there is no such alert, did you mean 'RedisDown'?",
        "stack.yaml:7:5: alerting.overrides.Zzz: there is no such alert",
    ]
    assert load.parse(SMALLEST + override, known=None).alerting.overrides["Zzz"].off
    python_name = "  overrides:\n    RedisDown: {for_: 5m}\n"
    assert only(SMALLEST + python_name).endswith("RedisDown.for_: unknown key, did you mean 'for'?")
    bad_key = "  overrides:\n    'Redis Down': {off: true}\n"
    assert only(SMALLEST + bad_key).startswith(
        "stack.yaml:6:5: alerting.overrides['Redis Down']: the key must be the name of an alert"
    )


def test_everything_at_once_in_the_order_of_the_file() -> None:
    text = """\
name: SVA
redis:
  memroy: 1
  engine: reddis
apps:
  - {name: aa, port: 1, redis: true}
  - {name: bb, port: 0}
  - {name: bb, port: 2}
alerting:
  slack: {channels: {}}
  overrides: {RedisDwn: {for: 5}}
retention: {metrics: 1h, logs: lots}
backup: {every: never, rpo: 10m}
name: sva
"""
    assert [(problem.line, problem.key) for problem in problems(text)] == [
        (1, "name"),
        (3, "redis.memroy"),
        (4, "redis.engine"),
        (6, "apps[0].redis"),
        (7, "apps[1].port"),
        (8, "apps[2].name"),
        (10, "alerting.slack.channel"),
        (11, "alerting.overrides.RedisDwn"),
        (11, "alerting.overrides.RedisDwn.for"),
        (12, "retention.metrics"),
        (12, "retention.logs"),
        (13, "backup.every"),  # and nothing about rpo, which is measured by it
        (14, "name"),
    ]


def test_what_fits_badly_is_said_beside_every_other_kind_of_mistake() -> None:
    retention = "retention: {metrics: 1h}\n"
    others = {
        "name: sva\n" + retention: ["alerting.slack.channel", "retention.metrics"],
        SMALLEST + "apps: [5]\n" + retention: ["apps[0]", "retention.metrics"],
        SMALLEST + "extra: {compose: [1, /x]}\n" + retention: ["extra.compose[0]", "extra.compose[1]", "retention.metrics"],
        SMALLEST + "collector: {pii: {patterns: [{name: aa}]}}\n" + retention: [
            "collector.pii.patterns[0].pattern", "retention.metrics",
        ],
        SMALLEST + "redis: 5\n" + retention: ["redis", "retention.metrics"],
        SMALLEST + "  overrides: {RedisDown: 5}\n" + retention: ["alerting.overrides.RedisDown", "retention.metrics"],
        SMALLEST + "  overrides: {'a b': {off: 1}}\n" + retention: [
            "alerting.overrides['a b']", "alerting.overrides['a b'].off", "retention.metrics",
        ],
        "name: 5\nalerting: []\n" + retention: ["name", "alerting", "retention.metrics"],
    }  # fmt: skip
    for text, keys in others.items():
        assert {problem.key for problem in problems(text)} == set(keys), text


def test_what_follows_from_a_mistake_is_not_said() -> None:
    # Two names that are both bad become one placeholder inside; nobody may hear of it.
    assert [problem.key for problem in problems(SMALLEST + "apps: [{name: A, port: 1}, {name: B, port: 1}]\n")] == [
        "apps[0].name",
        "apps[1].name",
    ]
    # Whether there is a network cannot be told when it is the network that is wrong.
    assert [
        problem.key for problem in problems(SMALLEST + "apps: [{name: aa, port: 1, redis: true, network: 'a b'}]\n")
    ] == ["apps[0].network"]
    assert [problem.key for problem in problems(SMALLEST + "apps: [5, {name: aa, port: 1, redis: true}]\n")] == [
        "apps[0]"
    ]


def test_messages_show_little_of_what_is_long_or_dangerous() -> None:
    (line,) = lines(SMALLEST + "environment: " + "x" * 10_000 + "\n")
    assert len(line) < 300
    (line,) = lines(SMALLEST + 'environment: "\\e[31m\\u202e"\n')
    assert line.isprintable()
    (line,) = lines(SMALLEST + "k" * 500 + ": 1\n")
    assert len(line) < 500
    assert len(only(SMALLEST + "ports: {loki: " + "9" * 5000 + "}\n")) < 300
    assert len(only(SMALLEST + "ports: {loki: " + "9" * 59 + "}\n")) < 300


def test_a_value_that_was_left_out() -> None:
    assert only(SMALLEST + "host:\n  memory:\n  cpus: 2\n").endswith("not nothing (leave the key out for the default)")
    assert only(SMALLEST + "retention: {logs: ~}\n").endswith("not nothing (leave the key out for the default)")


def refused(path: Path) -> Problem:
    with pytest.raises(SpecError) as caught:
        load.load(path)
    (problem,) = caught.value.problems
    return problem


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    assert (
        str(refused(tmp_path / "gone.yaml"))
        == f"{tmp_path}/gone.yaml: there is no such file (`midwatch init` makes one)"
    )
    assert str(refused(tmp_path)) == f"{tmp_path}: is a folder, not a file (give the path of a stack.yaml)"
    (tmp_path / "stack.yaml").write_text(SMALLEST)
    assert refused(tmp_path).hint == f"give the file in it: {tmp_path}/stack.yaml"
    assert "cannot be read" in str(refused(tmp_path / "stack.yaml" / "stack.yaml"))
    assert "cannot be read" in str(refused(tmp_path / ("x" * 300)))
    assert "cannot be read" in str(refused(Path("a\0b")))
    assert str(refused(Path("/dev/zero"))) == "/dev/zero: is not an ordinary file"
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe").message == "is not an ordinary file"
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be read" in str(refused(tmp_path / "loop"))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stack.yaml"
    path.write_text(SMALLEST)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything, so the refusal is played

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    assert str(refused(path)) == f"{path}: cannot be read: Permission denied"


def test_the_error_counts_its_problems() -> None:
    with pytest.raises(SpecError) as caught:
        load.parse("name: SVA\n", "my/stack.yaml")
    assert caught.value.message == "my/stack.yaml has 2 mistakes"
