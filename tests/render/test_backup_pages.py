"""What the pages say of a lost backup volume, by where the backups lie."""

from __future__ import annotations

import pytest

from midwatch.render.tree import render
from tests.conftest import make_spec

STORES = ("alertmanager", "loki", "prometheus", "redis")
DESTINATIONS = ("/mnt/backup", "s3:https://s3.example.com/b", "sftp:backup@host:/srv")


def pages(language: str, destination: str | None) -> dict[str, str]:
    tree = render(make_spec(runbooks={"language": language}, backup={"destination": destination}))
    return {path: file.data.decode() for path, file in tree.items() if path.startswith("runbooks/")}


def section(page: str, volume: str) -> str:
    return page.split(f"\n### {volume}\n")[1].split("\n### ")[0]


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize(
    ("language", "all_of_them", "copied"),
    [("en", "all backups of", "copy it **before**"), ("de", "alle Backups von", "kopieren, **bevor**")],
)
def test_without_a_destination_the_volume_is_all_backups(
    language: str, all_of_them: str, copied: str, store: str
) -> None:
    text = section(pages(language, None)["runbooks/disaster-recovery.md"], f"backup-{store}")
    assert f"**{all_of_them} {store}**" in text
    assert copied in text and f"`./ops backup --anew {store}`" in text


@pytest.mark.parametrize("destination", DESTINATIONS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_with_one_the_backups_are_there_and_nothing_is_made_anew(language: str, destination: str) -> None:
    made = pages(language, destination)
    for store in STORES:
        text = section(made["runbooks/disaster-recovery.md"], f"backup-{store}")
        assert f"`{destination}`" in text and "--anew" not in text and "BackupRepositoryGone" in text
    page = made["runbooks/BackupRepositoryGone.md"]
    assert f"{destination}`" in page and "backup-redis for Redis" not in page


@pytest.mark.parametrize(("language", "stay"), [("en", "stays 90 days"), ("de", "bleibt 90 Tage")])
def test_how_long_the_backup_of_before_an_upgrade_stays(language: str, stay: str) -> None:
    tree = render(make_spec(runbooks={"language": language}, backup={"keep": {"by_hand": "90d"}}))
    assert stay in tree["runbooks/upgrade.md"].data.decode()
    assert stay in tree["ops.d/backup.sh"].data.decode()
    assert f'BACKUP_KEEP_BY_HAND: "{90 * 86400}"' in tree["compose.yaml"].data.decode()


def test_a_host_folder_is_called_by_its_name_there() -> None:
    """In the container it is /destination, which nobody can look for; and another one is another place."""
    tree = render(make_spec(backup={"destination": "/srv/backup"}))
    assert 'BACKUP_PLACE: "/srv/backup/redis"\n' in tree["compose.yaml"].data.decode()
