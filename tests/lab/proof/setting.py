"""Under which conditions a section was recorded."""

from __future__ import annotations

import os
import time
from pathlib import Path

from midwatch import __version__
from tests.conftest import ROOT
from tests.lab.cache import LabError, run
from tests.lab.engine import Engine
from tests.lab.proof.section import Data, Images


def setting(engine: Engine, images: Images, began: float, load: float) -> Data:
    """For the JSON file. ``load`` is the load average of five minutes at the start; that of the end is added."""
    return {
        "commit": commit(),
        "version": __version__,
        "day": time.strftime("%Y-%m-%d", time.gmtime(began)),
        "minutes": round((time.time() - began) / 60, 1),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "load": [round(load, 1), round(os.getloadavg()[1], 1)],
        "engine": engine.version,
        "compose": engine.compose,
        "cgroup": engine.cgroup,
        "images": {image.reference: image.how for _, image in sorted(images.items()) if image.how != "stand-in"},
        "stand_ins": {name: image.reference for name, image in sorted(images.items()) if image.how == "stand-in"},
    }


def commit() -> str:
    """The commit that was measured, with `+` where the checkout had changes; empty outside of git."""
    try:
        said = run(["git", "rev-parse", "--short", "HEAD"], what="asking git", cwd=ROOT).strip()
        changed = run(["git", "status", "--porcelain", "--", "blueprints", "generator"], what="asking git", cwd=ROOT)
    except LabError:
        return ""
    return said + ("+" if changed.strip() else "") if Path(ROOT / ".git").exists() else ""


def shown(data: Data) -> str:
    """One line under a section."""
    before, after = data["load"]
    return (
        f"*Recorded {data['day']} within {data['minutes']} minutes at commit {data['commit'] or '(none)'}, midwatch "
        f"{data['version']}, {data['cores']} cores, {data['memory_gib']} GiB, load average {before} before and {after} "
        f"after, Docker engine {data['engine']} (cgroup v{data['cgroup']}), Compose {data['compose']}.*"
    )
