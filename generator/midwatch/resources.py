"""Where the blueprints are: inside the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

from midwatch.errors import BlueprintError


def blueprints() -> Path:
    """The folder that holds ``project/`` and ``stack/``.

    Raises BlueprintError when the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "blueprints", package.parents[1] / "blueprints"):
        if (candidate / "stack").is_dir():
            return candidate
    raise BlueprintError("the blueprints are missing from this installation", hint="reinstall midwatch")
