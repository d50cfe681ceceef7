"""Why restic could not do something, in one line: from what it really printed (restic 0.19 to rclone's S3 and SFTP)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

TOOLS = ROOT / "blueprints" / "stack" / "backup-tools"
REPOSITORY = "s3:https://s3.lab:9000/backups/redis"
CANCELED = (
    f"signal terminated received, cleaning up \nFatal: unable to open config file: context canceled\n{REPOSITORY}\n"
)
REFUSED = 'Stat: Get "https://s3.lab:9000/backups/?location=": dial tcp 127.0.0.1:9000: connect: connection refused'
UNKNOWN = (
    'Stat: Get "https://s3.lab:9000/": tls: failed to verify certificate: x509: certificate signed by unknown authority'
)


def tries(*why: str) -> str:
    return "".join(f"Stat(<config/>) returned error, retrying after 1m{n}.6s: {one}\n" for n, one in enumerate(why))


SAID = {
    "an S3 store that is not there": (tries(REFUSED, REFUSED) + CANCELED, REFUSED),
    "the certificate of another CA": (tries(UNKNOWN) + CANCELED, UNKNOWN),
    "what came last counts": (tries(REFUSED, UNKNOWN) + CANCELED, UNKNOWN),
    "a key that is not known there": (
        tries("Stat: The Access Key Id you provided does not exist in our records.") + CANCELED,
        "Stat: The Access Key Id you provided does not exist in our records.",
    ),
    "what came after it was there again": (
        tries(REFUSED) + "Fatal: wrong password or no key found\n", "Fatal: wrong password or no key found",
    ),
    "nothing was tried": (CANCELED, "Fatal: unable to open config file: context canceled"),
    "no certificate at all": (
        'Fatal: cannot parse root certificate from "/run/secrets/backup_ca"\n',
        'Fatal: cannot parse root certificate from "/run/secrets/backup_ca"',
    ),
    "the address and a question at the end": (
        f"Fatal: unable to open config file: Access Denied.\nIs there a repository at the following location?\n"
        f"{REPOSITORY}\n\n",
        "Fatal: unable to open config file: Access Denied.",
    ),
    "the SSH client": (
        "subprocess ssh: backup@sftp.lab: Permission denied (publickey).\nFatal: unable to open repository: EOF\n",
        "subprocess ssh: backup@sftp.lab: Permission denied (publickey).",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_why_in_one_line(tmp_path: Path, case: str) -> None:
    printed, why = SAID[case]
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "said").write_text(printed)
    script = f"""eval "$(sed -n '/^said() {{/,/^}}/p' {TOOLS}/repository.sh)"; said"""
    env = {"PATH": os.environ["PATH"], "WORK": str(tmp_path), "BACKUP_REPOSITORY": REPOSITORY}
    done = subprocess.run(["/bin/sh", "-uc", script], env=env, capture_output=True, text=True, timeout=20)
    assert (done.stdout, done.stderr) == (f"{why}\n", "")
