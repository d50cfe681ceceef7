"""Names that would mean two things at once are refused where they stand; those that only look alike are not."""

# ruff: noqa: E501 (messages are compared whole)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.check.promlabels import follow, used_in_text
from midwatch.errors import SpecError
from midwatch.render.project import known, load_project
from midwatch.render.tree import render, render_all
from midwatch.spec.checks import RESERVED_LABELS
from midwatch.spec.load import parse
from tests.conftest import make_spec

BASE = 'name: demo\nalerting:\n  slack: {channel: "#a"}\n'
APP = "port: 3000"
STORES = "the stack's own stores are saved anyway; rename the volume"
CONTAINER = "the name that its container has in `docker ps`"

# What is put below the smallest spec (lines 4 and up), and the whole message.
REFUSED = {
    # volumes that the stack has itself, whatever they are for
    "backup: {volumes: [{name: demo_redis-data}]}": "stack.yaml:4:27: backup.volumes[0].name: 'demo_redis-data' is a volume of the stack itself, not of an application (remove the entry: what the stack stores is saved anyway)",
    "backup: {volumes: [{name: demo_redis-replica-data}]}": "stack.yaml:4:27: backup.volumes[0].name: 'demo_redis-replica-data' is a volume of the stack itself, not of an application (remove the entry: what the stack stores is saved anyway)",
    "backup: {volumes: [{name: up}, {name: demo_backup-up}]}": "stack.yaml:4:39: backup.volumes[1].name: 'demo_backup-up' is a volume of the stack itself, not of an application (remove the entry: what the stack stores is saved anyway)",
    # the sidecar would be a service, or its volume one, that is there already: `backup-turn` is a volume of backup-tools
    "backup: {volumes: [{name: turn}]}": f"stack.yaml:4:27: backup.volumes[0].name: 'turn' is the name of a part of the stack ({STORES})",
    "backup: {volumes: [{name: tools}]}": f"stack.yaml:4:27: backup.volumes[0].name: 'tools' is the name of a part of the stack ({STORES})",
    "backup: {volumes: [{name: Redis}]}": f"stack.yaml:4:27: backup.volumes[0].name: 'Redis' is the name of a part of the stack ({STORES})",
    "backup: {volumes: [{name: Gateway}]}": f"stack.yaml:4:27: backup.volumes[0].name: 'Gateway' is the name of a part of the stack ({STORES})",
    # one host name, and on many a disk one folder of the destination
    "backup: {volumes: [{name: Uploads}, {name: uploads}]}": "stack.yaml:4:44: backup.volumes[1].name: 'uploads' is 'Uploads' of backup.volumes[0] but for upper and lower case (on a network, and on many a disk, both are one name: rename one of them)",
    # Prometheus is on the app's network and on the stack's
    f"apps: [{{name: shop, {APP}, host: gateway}}]": f"stack.yaml:4:39: apps[0].host: 'gateway' is a service of the stack too, and Prometheus may reach that one (give {CONTAINER}, or an alias of its own on the app's network)",
    f"apps: [{{name: shop, {APP}, host: Prometheus-API}}]": f"stack.yaml:4:39: apps[0].host: 'Prometheus-API' is a service of the stack too, and Prometheus may reach that one (give {CONTAINER}, or an alias of its own on the app's network)",
    f"apps: [{{name: gateway, {APP}}}]": f"stack.yaml:4:15: apps[0].name: 'gateway' is the name of a service of the stack (call it 'gateway-app', and give as host {CONTAINER})",
    f"apps: [{{name: backup-up, {APP}}}]\nbackup: {{volumes: [{{name: up}}]}}": f"stack.yaml:4:15: apps[0].name: 'backup-up' is the name of a service of the stack (call it 'backup-up-app', and give as host {CONTAINER})",
    f"apps: [{{name: shop, {APP}, network: demo_monitoring}}]": "stack.yaml:4:42: apps[0].network: 'demo_monitoring' is a network of the stack itself, not of the app's own Compose project (leave network out: what joins 'monitoring' is reached without)",
    # files
    "extra: {compose: [Compose.yaml]}": "stack.yaml:4:19: extra.compose[0]: 'Compose.yaml' is where midwatch writes (keep your own files elsewhere, for instance in extra/)",
    "extra: {loki: [Loki/own.yaml]}": "stack.yaml:4:16: extra.loki[0]: 'Loki/own.yaml' is where midwatch writes (keep your own files elsewhere, for instance in extra/)",
    # the label would be there twice, or what the alerts read would be renamed
    "workspace: {label: environment}": "stack.yaml:4:20: workspace.label: must not be 'environment', which has a meaning of its own; for instance 'workspace_id'",
}  # fmt: skip


def problems(text: str) -> list[str]:
    with pytest.raises(SpecError) as error:
        parse(text, known=known())
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(("below", "message"), REFUSED.items())
def test_one_name_for_two_things_is_refused(below: str, message: str) -> None:
    assert problems(f"{BASE}{below}\n") == [message]


@pytest.mark.parametrize(
    ("slack", "password", "where"),
    [
        ("redis_password", "", "alerting.slack.webhook_secret: 'redis_password' is the file of another secret"),
        ("Restic_Password", "", "alerting.slack.webhook_secret: 'Restic_Password' is the file of another secret"),
        ("hook", "redis_password", "alerting.email.password_secret: 'redis_password' is the file of another secret"),
        ("hook", "Hook", "alerting.email.password_secret: is the file of Slack's webhook too"),
    ],
)
def test_a_file_holds_one_secret(slack: str, password: str, where: str) -> None:
    mail = f", email: {{to: [a@b.de], from: m@b.de, smarthost: 'b.de:587', username: m, password_secret: {password}}}"
    text = f"name: demo\nalerting: {{slack: {{channel: '#a', webhook_secret: {slack}}}{mail if password else ''}}}\n"
    (problem,) = problems(text)
    assert problem.startswith("stack.yaml:2:")
    assert where in problem


def test_names_that_only_look_alike_are_two() -> None:
    names = ("a_b", "a-b", "a.b", "redis-data", "demo_app_data", "demo-redis-data", "other_redis-data")
    room = "host: {cpus: 16, memory: 64GiB, disk: 500GiB}"
    spec = parse(
        f"{BASE}{room}\nbackup: {{volumes: [{', '.join(f'{{name: {name}}}' for name in names)}]}}\n", known=known()
    )
    made: dict[str, Any] = YAML(typ="safe").load(
        render(spec)["compose.yaml"].data
    )  # A key that is there twice is an error.
    assert {f"backup-{name}" for name in names} <= made["services"].keys() & made["volumes"].keys()
    assert {made["volumes"][f"app_{name}"]["name"] for name in names} == set(names)
    assert len({made["services"][f"backup-{name}"]["hostname"] for name in names}) == len(names)


def test_an_app_may_have_the_name_of_what_prometheus_cannot_reach() -> None:
    parse(f"{BASE}apps: [{{name: shop, {APP}, host: redis, network: shop_default}}]\n", known=known())


FRAGMENT = "volumes:\n  grafana-data: {%s}\nnetworks:\n  inner: {%s}\n"


@pytest.mark.parametrize(
    ("name", "volume", "network", "wrong"),
    [
        ("demo_grafana-data", "", "", ["backup.volumes[0].name"]),
        ("grafana", "name: grafana", "", ["backup.volumes[0].name"]),
        ("demo_grafana-data", "name: other", "", []),
        ("grafana", "name: grafana, external: true", "", []),
        ("demo_up", "", "name: shop_default", ["apps[0].network"]),
    ],
)
def test_what_a_fragment_makes_is_not_an_applications(
    tmp_path: Path, name: str, volume: str, network: str, wrong: list[str]
) -> None:
    (tmp_path / "own.yaml").write_text(FRAGMENT % (volume, network))
    app = f"apps: [{{name: shop, {APP}, network: shop_default}}]\n"
    saved = f"backup:\n  volumes:\n    - name: {name}\n"
    (tmp_path / "stack.yaml").write_text(f"{BASE}extra: {{compose: [own.yaml]}}\n{app}{saved}")
    if not wrong:
        load_project(tmp_path)
        return
    with pytest.raises(SpecError) as error:
        load_project(tmp_path)
    assert [problem.key for problem in error.value.problems] == wrong
    (problem,) = error.value.problems
    assert problem.hint
    assert problem.where.endswith("stack.yaml:8:13" if "backup" in wrong[0] else "stack.yaml:5:42")


def test_no_two_generated_files_are_one_where_case_does_not_count() -> None:
    paths = sorted(render(make_spec(redis={"replica": True}, backup={"volumes": [{"name": "up"}]})))
    assert len({path.casefold() for path in paths}) == len(paths)


def test_a_label_that_rules_read_cannot_be_the_workspaces() -> None:
    spec = make_spec(
        redis={"replica": True},
        backup={"volumes": [{"name": "up"}]},
        apps=[{"name": "shop", "port": 1, "health": "/", "redis": True, "network": "n"}],
    )
    rendered = render_all(spec)
    # With series that have no label at all, each that an expression reads is one that is not there.
    read = {slip.label for alert in rendered.alerts.alerts for slip in follow(alert.expr, lambda _: frozenset())[1]} | {
        label for alert in rendered.alerts.alerts for text in alert.annotations.values() for label in used_in_text(text)
    }
    assert read - {"__name__", "workspace_id"} <= RESERVED_LABELS
    assert {"project", "store"} <= read, "the test reads labels at all"
