"""A hand edit that re-opens a line of the review is told by `check`, `generate` and `diff`: which one, as an error."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from midwatch.check import stack
from midwatch.check.finding import Blocker, Finding
from midwatch.regenerate.reopened import reopened_now
from tests.check.conftest import rules_of
from tests.conftest import EXAMPLES
from tests.diff.conftest import difference, generate

COLLECTOR = "otel-collector/config.yaml"
COMPOSE, REDIS_RULES = "compose.yaml", "prometheus/rules/redis.yml"
MANAGER = "alertmanager/alertmanager.yml"
RAW = "  pipelines:\n    metrics/raw: {receivers: [otlp], exporters: [otlp_http/prometheus]}\n"


@dataclass(frozen=True)
class HandEdit:
    """One edit of one file: what stands there afterwards, or None for one that it cannot be done to."""

    file: str
    change: Callable[[str], str]
    rule: str
    blocker: Blocker
    words: str


def sub(pattern: str, new: str, count: int = 1) -> Callable[[str], str]:
    """Replace by a pattern that has to be there."""

    def change(text: str) -> str:
        changed, found = re.subn(pattern, new, text, count=count, flags=re.M)
        assert found, f"{pattern!r} is not there"
        return changed

    return change


def pii(change: Callable[[str], str], words: str) -> HandEdit:
    return HandEdit(COLLECTOR, change, "pii-redaction", Blocker.REDACTION, words)


def gone(service: str, blocker: Blocker, words: str) -> HandEdit:
    """A service taken out of the compose file."""
    change = sub(rf"^  {service}:\n(?:    .*\n|\n(?=    ))+", "")
    return HandEdit(COMPOSE, change, "generated-services", blocker, f"{service}: removed by hand: {words}")


def routed(pattern: str, new: str, words: str) -> HandEdit:
    return HandEdit(MANAGER, sub(pattern, new), "critical-told", Blocker.ALERTING, words)


def cut(text: str) -> str:
    """The compose file as a write that was cut short leaves it: valid still."""
    return text[: text.index("\n  loki:\n") + 1]


EDITS = {
    "the dead-man sidecar": gone("deadman", Blocker.ALERTING, "If alerting itself dies, nobody says so"),
    "prometheus": gone("prometheus", Blocker.ALERTING, "Metrics are not collected"),
    "a backup": gone("backup-redis", Blocker.BACKUP, "Redis is not backed up"),
    "redis": gone("redis", Blocker.REDIS, "The apps have no sessions"),
    "loki": gone("loki", Blocker.SILENT_FAILURE, "Logs are neither stored"),
    "docker-proxy": gone("docker-proxy", Blocker.SILENT_FAILURE, "The metrics of the containers are missing"),
    "half a compose file": HandEdit(
        COMPOSE, cut, "generated-services", Blocker.ALERTING, "services that were generated are gone: is compose.yaml"
    ),
    "no compose file": HandEdit(COMPOSE, lambda _: "", "unreadable", Blocker.ALERTING, "defines no services"),
    "a critical alert": HandEdit(
        REDIS_RULES, sub(r"^ +- alert: RedisDown\n(?: {8}.*\n)+", ""), "generated-alerts", Blocker.ALERTING,
        "critical alert RedisDown removed by hand",
    ),
    "all alerts of a file": HandEdit(
        REDIS_RULES, lambda _: "groups: []\n", "generated-alerts", Blocker.ALERTING, "critical alerts removed by hand"
    ),
    "all warnings of a file": HandEdit(
        REDIS_RULES, lambda _: "groups: []\n", "generated-alerts", Blocker.SILENT_FAILURE, "warning alerts removed"
    ),
    "the critical route to nobody": routed("receiver: slack-critical", "receiver: nobody", "go to nobody"),
    "a part of the critical alerts to nobody": routed(
        "^  routes:\n", '  routes:\n    - {matchers: [severity="critical", component="redis"], receiver: nobody}\n',
        "go to nobody, which tells nobody: Redis",
    ),
    "critical by day": routed(
        "(      receiver: slack-critical\n)", r"\1      active_time_intervals: [day]\n", "(active_time_intervals)"
    ),
    "not by night": routed(
        "(      receiver: slack-critical\n)", r"\1      mute_time_intervals: [night]\n", "(mute_time_intervals)"
    ),
    "what always fires silences": routed(
        "^inhibit_rules:\n",
        "inhibit_rules:\n  - {source_matchers: [alertname=Watchdog], target_matchers: [severity=critical]}\n",
        "Watchdog, which always fires, silences critical alerts",
    ),
    "the tool with line ends of Windows": HandEdit(
        "ops", lambda text: text.replace("\n", "\r\n"), "scripts-start", Blocker.RUNBOOKS,
        "ops has the line ends of Windows: sh does not run it",
    ),
    "a part of the tool with line ends of Windows": HandEdit(
        "ops.d/status.sh", lambda text: text.replace("\n", "\r\n", 9), "scripts-start", Blocker.RUNBOOKS,
        "ops.d/status.sh has the line ends of Windows",
    ),
    "a script of a backup with line ends of Windows": HandEdit(
        "backup-tools/run.sh", lambda text: text.replace("\n", "\r\n"), "scripts-start", Blocker.SILENT_FAILURE,
        "backup-tools/run.sh has the line ends of Windows",
    ),
    "Redis on a network that leads outside": HandEdit(
        COMPOSE, sub(r"(^  redis:\n(?:    .*\n|\n)+?    networks:\n)", r"\1      edge: {}\n"), "network-joined",
        Blocker.HARDENING, "redis: joined network edge",
    ),
    "an admin API for everybody": HandEdit(
        COMPOSE, sub("listen-address=prometheus-api:9090", "listen-address=0.0.0.0:9090"), "listen-address",
        Blocker.HARDENING, "prometheus: listens on every network (0.0.0.0:9090)",
    ),
    "a replay beyond the limit": HandEdit(
        "loki/loki.yaml", sub("replay_memory_ceiling: .*", "replay_memory_ceiling: 9GB"), "loki-replay",
        Blocker.LIMITS, "loki: replay_memory_ceiling 9 GiB",
    ),
    "rules that are no YAML": HandEdit(
        REDIS_RULES, sub("^groups:", "groups: ["), "unreadable", Blocker.ALERTING, "is not valid YAML"
    ),
    "both steps out of the pipeline of logs": pii(
        sub(r"(logs:\n.*\n +processors: \[memory_limiter, )transform/pii, redaction/pii, ", r"\1"),
        "pipeline logs stores logs without removing personal data",
    ),
    "one step out of the pipeline of logs": pii(
        sub(r"(logs:\n.*\n +processors: \[memory_limiter, )transform/pii, ", r"\1"),
        "pipeline logs stores personal data that transform/pii removed",
    ),
    "the other step out of the pipeline of logs": pii(
        sub(r"(logs:\n.*\n +processors: \[.*)redaction/pii, ", r"\1"),
        "pipeline logs stores personal data that redaction/pii removed",
    ),
    "a step out of the pipeline of metrics": pii(
        sub(r"(metrics:\n.*\n +processors: \[memory_limiter, )transform/pii, ", r"\1"),
        "pipeline metrics stores personal data that transform/pii removed",
    ),
    "a step out of the pipeline of traces": pii(
        sub(r"(traces:\n.*\n +processors: \[memory_limiter, )transform/pii, ", r"\1"),
        "pipeline traces stores personal data that transform/pii removed",
    ),
    "no statement that replaces": pii(sub(r"^ +- 'replace_.*\n", "", 0), "stores personal data that"),
    "one kind of data": pii(sub(r"^ +- 'replace_.*iban removed.*\n", "", 0), "steps of transform/pii removed"),
    "what a statement needs before it": pii(sub(r"^ +- 'set\(log.cache.*\n", ""), "steps of transform/pii removed"),
    "no blocked keys": pii(sub(r" +blocked_key_patterns:\n( +- .*\n)+", ""), "steps of redaction/pii"),
    "errors that pass": pii(sub("error_mode: propagate", "error_mode: silent"), "could not clean"),
    "errors that are ignored": pii(sub("error_mode: propagate", "error_mode: ignore"), "could not clean"),
    "a second pipeline of metrics": pii(
        sub("^  pipelines:\n", RAW),
        "pipeline metrics/raw stores personal data",
    ),
}  # fmt: skip


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated project with a trace store; not to be written to."""
    folder = tmp_path_factory.mktemp("hand") / "sva"
    folder.mkdir()
    shutil.copy(EXAMPLES / "sva-studio" / "stack.yaml", folder)
    spec = (folder / "stack.yaml").read_text()
    assert "\ncollector:" not in spec
    (folder / "stack.yaml").write_text(f"{spec}\ncollector: {{traces: {{endpoint: 'http://tempo:4318'}}}}\n")
    (folder / ".gitignore").write_text("secrets/\n")
    generate(folder)
    return folder


@pytest.fixture
def project(pristine: Path, tmp_path: Path) -> Path:
    """A generated project of its own."""
    return shutil.copytree(pristine, tmp_path / "sva")


def told(found: tuple[Finding, ...], edit: HandEdit) -> list[Finding]:
    return [
        one
        for one in found
        if (one.id, one.blocker, one.severity) == (edit.rule, edit.blocker, "error") and edit.words in one.message
    ]


@pytest.mark.parametrize("name", EDITS)
def test_check_generate_and_diff_say_what_an_edit_opens(project: Path, name: str) -> None:
    edit = EDITS[name]
    path = project / edit.file
    path.write_text(edit.change(path.read_text()), newline="")
    assert_told(project, edit)


def test_a_script_that_nobody_may_run_any_more_is_told(project: Path) -> None:
    (project / "ops").chmod(0o644)
    words = "ops is not executable any more"
    assert_told(project, HandEdit("ops", str, "scripts-start", Blocker.RUNBOOKS, words))


def assert_told(project: Path, edit: HandEdit) -> None:
    """By all three."""
    found = rules_of(stack.read(project, use_compose=False))
    assert told(found, edit), [one for one in found if one.severity != "info"]
    assert told(reopened_now(project), edit), reopened_now(project)
    diff = difference(project)
    assert diff.grave
    effects = (*(effect for one in diff.changes for effect in one.effects), *diff.together)
    assert told(tuple(effect.finding for effect in effects), edit), effects


def test_nothing_is_said_of_what_was_generated(pristine: Path) -> None:
    found = rules_of(stack.read(pristine, use_compose=False))
    assert {finding.id for finding in found if finding.severity != "info"} <= {"secret-files"}, found


def test_a_pattern_that_is_tuned_takes_nothing_away(project: Path) -> None:
    path = project / COLLECTOR
    path.write_text(sub(r"(replace_pattern\(log.body, \")(.*email removed)", r"\1()x|\2")(path.read_text()))
    (finding,) = rules_of(stack.read(project, use_compose=False), "pii-redaction")
    assert (finding.severity, "1 pattern of transform/pii changed" in finding.message) == ("warning", True)
    assert not reopened_now(project)
