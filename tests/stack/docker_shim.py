"""A `docker` for tests of `ops`: what would run in Alertmanager's container runs here, against a real Alertmanager."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

_TEXT = """#!{python}
import os, pathlib, subprocess, sys, urllib.request

words = sys.argv[1:]
folder = pathlib.Path({folder!r})
with (folder / "asked").open("a") as file:
    file.write(" ".join(words) + "\\n")
if (folder / "no-engine").exists():
    sys.exit("Cannot connect to the Docker daemon")
if words in (["version"], ["compose", "version"]):
    sys.exit(0)
if words == ["compose", "config"]:
    sys.exit(print("name: demo"))
if words == ["compose", "config", "--services"]:
    sys.exit(print("alertmanager\\nprometheus\\nredis"))
if words[:2] == ["compose", "ps"]:
    sys.exit(print(words[-1]))
if words[0] == "info":
    sys.exit(print("vm"))
if words[0] == "inspect":
    state = folder / f"state-{{words[-1]}}"
    sys.exit(print(state.read_text() if state.exists() else "running 0 healthy"))
if words[0] == "ps":
    folders = folder / "started-from"
    sys.exit(print(folders.read_text() if folders.exists() else folder))
if words[:2] == ["compose", "logs"]:
    print((folder / "log").read_text(errors="replace"))
    sys.exit(0)
if words[:3] != ["compose", "exec", "-T"]:
    sys.exit(f"not thought of: {{words}}")
service, words = words[3], [word.replace("http://alertmanager-api:9093", {url!r}) for word in words[4:]]
if (folder / f"no-{{service}}").exists():
    sys.exit(f'service "{{service}}" is not running')
if words[0] == "wget":
    if service == "deadman":
        print((folder / "deadman").read_text())
    else:
        with urllib.request.urlopen(words[-1], timeout=4) as answer:
            print(answer.read().decode())
else:
    sys.exit(subprocess.run(words).returncode)
"""


def install(folder: Path, url: str) -> Path:
    """Write it into ``folder/bin``, which is returned, to be put in front of PATH."""
    path = folder / "bin" / "docker"
    path.parent.mkdir(exist_ok=True)
    path.write_text(_TEXT.format(python=sys.executable, folder=str(folder), url=url), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path.parent
