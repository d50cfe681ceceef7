"""What follows from the destination and the times of the backups."""

from __future__ import annotations

from typing import Any

import pytest

from midwatch.errors import SpecError
from midwatch.plan.build import build
from midwatch.plan.model import Plan
from tests.conftest import make_spec

STORES = ("alertmanager", "loki", "prometheus", "redis")


def planned(**backup: Any) -> Plan:
    return build(make_spec(backup=backup))


def names(plan: Plan) -> set[str]:
    return {secret.name for secret in plan.secrets if secret.name.startswith("backup_")}


@pytest.mark.parametrize(
    ("destination", "kind", "secrets"),
    [
        (None, "volume", set()),
        ("/mnt/backup", "path", set()),
        ("s3:https://s3.example.com/b", "s3", {"backup_s3_key_id", "backup_s3_secret_key"}),
        ("s3:s3.example.com/b", "s3", {"backup_s3_key_id", "backup_s3_secret_key"}),
        ("sftp:backup@host:/srv", "sftp", {"backup_sftp_key", "backup_sftp_known_hosts"}),
    ],
)
def test_credentials_and_the_way_out_are_there_only_where_the_destination_needs_them(
    destination: str | None, kind: str, secrets: set[str]
) -> None:
    plan = planned(destination=destination)
    assert (plan.backups.kind, names(plan)) == (kind, secrets)
    for store in STORES:
        sidecar = plan.service(f"backup-{store}")
        assert ("egress" in sidecar.networks) == (kind in ("s3", "sftp"))
        assert ("mount" in sidecar.exceptions) == (kind == "path")
        assert set(sidecar.secrets) - {"redis_backup_password"} == {"restic_password", *secrets}
    assert plan.service("backup-tools").cap_add == (("CHOWN",) if kind == "path" else ())


def test_the_certificate_of_an_own_ca_is_asked_for_where_the_spec_says_so() -> None:
    plan = planned(destination="s3:https://s3.example.com/b", own_ca=True)
    assert names(plan) == {"backup_s3_key_id", "backup_s3_secret_key", "backup_ca"}
    assert all("backup_ca" in plan.service(f"backup-{store}").secrets for store in STORES)


def test_a_sidecar_runs_on_its_stores_image_as_its_user() -> None:
    plan = build(make_spec(redis={"engine": "valkey"}, images={"overrides": {"prometheus": {"tag": "v3.99.0"}}}))
    for store in STORES:
        sidecar, served = plan.service(f"backup-{store}"), plan.service(store)
        assert (sidecar.image, sidecar.user, sidecar.saves) == (served.image, served.user, store)
    assert plan.service("backup-prometheus").image.endswith(":v3.99.0")


def test_every_store_that_has_to_be_saved_has_a_sidecar() -> None:
    plan = planned()
    saved = {service.saves for service in plan.services if service.saves}
    assert {volume.owner for volume in plan.volumes if volume.saved} == saved == set(STORES)


VOLUMES = [
    {"name": "studio_uploads", "app": "studio", "size": "5GiB", "exclude": ["cache"]},
    {"name": "wiki.data"},
]
APPS = [{"name": "studio", "port": 3000}]


def test_every_volume_of_an_application_has_a_sidecar_of_its_own() -> None:
    backup = {"volumes": VOLUMES, "destination": "s3:https://s3.example.com/b"}
    plan = build(make_spec(apps=APPS, host={"disk": "100GiB"}, backup=backup))
    assert [(one.key, one.app, one.sidecar, one.exclude) for one in plan.app_volumes] == [
        ("app_studio_uploads", "studio", "backup-studio_uploads", ("cache",)),
        ("app_wiki.data", "", "backup-wiki.data", ()),
    ]
    for name in ("studio_uploads", "wiki.data"):
        sidecar = plan.service(f"backup-{name}")
        assert (sidecar.saves, sidecar.component, sidecar.item) == (name, "backup-volume", name)
        assert sidecar.image == plan.service("backup-tools").image
        assert name in sidecar.summary and name in sidecar.exceptions["user"]
        assert "{item" not in repr(sidecar) and "{number" not in repr(sidecar)
        assert set(sidecar.secrets) == {"restic_password", "backup_s3_key_id", "backup_s3_secret_key"}
        assert sidecar.networks == ("monitoring", "egress")
    (own,) = plan.service("backup-studio_uploads").volumes
    assert own.size == 2 * 5 * 1024**3 + 64 * 1024**2, "a restored copy, and the repository where it has to be here"


def test_without_volumes_of_applications_there_is_nothing_of_them() -> None:
    assert planned().app_volumes == ()
    assert not [service.name for service in planned().services if service.component == "backup-volume"]


def test_a_volume_that_is_larger_than_the_disk_is_refused() -> None:
    with pytest.raises(SpecError, match="host is too small") as caught:
        planned(volumes=[{"name": "films", "size": "1TiB"}])
    assert "backup-films" in str(caught.value.problems)


def test_cron_is_written_out() -> None:
    cron = planned(cron="15 3,15 1 * 1").backups.cron
    assert cron is not None
    assert (cron.minutes, cron.hours, cron.days, cron.weekdays, cron.either) == ((15,), (3, 15), (1,), (1,), True)
    assert len(cron.months) == 12
