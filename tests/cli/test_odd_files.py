"""Something else lies where a generated file was: a link, a folder, a pipe, a file that nobody may read.

Whatever it is, `generate`, `diff` and `check` end with what they found or with an error that names the file; never with
a crash, and never waiting.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from midwatch.cli.run import run
from tests.cli.conftest import SPEC, Run

Deed = Callable[[Path], object]


def linked(to: str) -> Deed:
    def deed(path: Path) -> None:
        path.unlink()
        path.symlink_to(to)

    return deed


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


KINDS: dict[str, Deed] = {
    "a link out of the folder": linked("/etc/hostname"),
    "a link to nothing": linked("/nowhere/at/all"),
    "a link to a folder": linked("/etc"),
    "a folder": folder,
    "a pipe": pipe,
    "empty": lambda path: path.write_bytes(b""),
}
FILES = {
    "compose": ("compose.yaml",),
    "others": ("loki/loki.yaml", "prometheus/rules/loki.yml", "ops", "redis/redis.conf", "runbooks/RedisDown.md"),
    "state": (".midwatch/lock.json", ".midwatch/conflicts.yaml", ".midwatch/undo/undo.json"),
}
COMMANDS = (("diff",), ("generate",), ("check", "--offline"), ("resolve",), ("undo", "--dry-run"))


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A generated project, where also another user gets at it."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        top.chmod(0o755)
        folder = top / "project"
        folder.mkdir()
        (folder / "stack.yaml").write_text(SPEC)
        assert run(["-C", str(folder), "generate", "--quiet"]) == 0
        (folder / ".midwatch/conflicts.yaml").write_text("format: 1\nconflicts: []\n")
        yield folder


@pytest.fixture
def made(pristine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PATH", "/nowhere")  # No judges: they are programs of others, and slow.
    folder = pristine.parent / "copy"
    shutil.copytree(pristine, folder)
    yield folder
    (folder / ".midwatch").chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("kind", "which"),
    [*((kind, "compose") for kind in KINDS), ("a link out of the folder", "others"), ("a pipe", "others"),
     ("a folder", "others"), ("a pipe", "state"), ("a folder", "state")],
)  # fmt: skip
def test_no_command_crashes(made: Path, midwatch: Run, kind: str, which: str) -> None:
    for path in FILES[which]:
        KINDS[kind](made / path)
    for command in COMMANDS[2:] if which == "state" else COMMANDS[:3]:
        said = midwatch("-C", made, *command)
        assert said.code in (0, 1, 2), said.err
        if said.code == 2:
            assert "error: " in said.err, said.err
            assert "hint: " in said.err, said.err
            assert any(path in said.err for path in FILES[which]), said.err


@pytest.mark.parametrize("path", ["compose.yaml", "loki/loki.yaml", ".midwatch"])
def test_what_may_not_be_read_is_an_error_that_says_so(made: Path, path: str) -> None:
    """As another user where the tests run as root, who may read everything."""
    (made / path).chmod(0)
    if os.geteuid() == 0:
        for top, folders, files in os.walk(made):
            for name in (*folders, *files):
                os.chown(Path(top, name), 65534, 65534)
        os.chown(made, 65534, 65534)
    for command in COMMANDS[:4]:
        code, said = as_nobody(made, *command)
        assert code in (0, 1, 2), said
        if code == 2:
            assert path in said, said
            assert "hint: " in said, said


def as_nobody(folder: Path, *command: str) -> tuple[int, str]:
    """Exit code and error output of a command that another process runs, not as root."""
    with tempfile.TemporaryFile() as out:
        child = os.fork()
        if child == 0:
            code = 9
            try:
                sys.stderr = os.fdopen(os.dup(out.fileno()), "w")
                os.environ["XDG_STATE_HOME"] = "/nowhere"
                if os.geteuid() == 0:
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
                code = run(["-C", str(folder), *command])
                sys.stderr.flush()
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        return code, out.read().decode()
