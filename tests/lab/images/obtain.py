"""Make image references available to the engine, and say honestly how."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from tests.lab.cache import LabError, lock, run, timed
from tests.lab.images import loki
from tests.lab.images.layout import Layout
from tests.lab.images.recipes import RECIPES, Recipe
from tests.lab.images.registry import pull
from tests.lab.programs import PROGRAMS, Ready, get

LABEL = "midwatch.lab"
LOKI_VARIABLE = "MIDWATCH_LAB_LOKI"
STAND_IN = "loki-stand-in"


@dataclass(frozen=True)
class Image:
    """A reference, how it was obtained, and anything a reader of the report should know."""

    reference: str
    how: str
    """official, built, stand-in or missing"""
    detail: str

    @property
    def there(self) -> bool:
        return self.how != "missing"


def ensure_images(references: list[str]) -> dict[str, Image]:
    """Obtain each reference; one that cannot be had does not keep the others from being had."""
    return {reference: ensure_image(reference) for reference in references}


def ensure_image(reference: str) -> Image:
    """An official image if it is in the engine or can be pulled, else one built under the same reference."""
    with lock(f"image-{reference}"):
        labels = _labels(reference)
        if labels is not None and LABEL not in labels:
            return Image(reference, "official", "was in the engine")
        refusal = "" if basename(reference) == STAND_IN else pull(reference)
        if not refusal and basename(reference) != STAND_IN:
            return Image(reference, "official", "pulled")
        try:
            return _built(reference, labels or {}, refusal)
        except LabError as error:
            return Image(reference, "missing", str(error))


def basename(reference: str) -> str:
    """'mirror.example:5000/prom/prometheus:v3@sha256:..' -> 'prometheus'."""
    return re.split(r"[:@]", reference.rpartition("/")[2])[0]


def _built(reference: str, labels: dict[str, str], refusal: str) -> Image:
    name = basename(reference)
    if "@" in reference:
        raise LabError(f"{refusal}; a reference with a digest can only be pulled")
    recipe, ready = _loki() if name == "loki" else (RECIPES.get(name), None)
    if recipe is None:
        raise LabError(f"{refusal}; the lab has no recipe for '{name}'")
    ready = ready or get(_program(recipe, reference))
    fingerprint = _fingerprint(recipe, ready)
    if labels.get(f"{LABEL}.fingerprint") != fingerprint:
        with timed(f"building {reference}"):
            _import(reference, recipe, ready, fingerprint)
            _prune()
    return _describe(Image(reference, "built", ready.label), recipe, ready)


def _program(recipe: Recipe, reference: str) -> str:
    """The program in the version that the tag names, where the lab has more than one."""
    older = f"{recipe.program}-{reference.rpartition(':')[2]}"
    return older if older in PROGRAMS else recipe.program


def _describe(image: Image, recipe: Recipe, ready: Ready) -> Image:
    """Say where the program is another version than the tag, and where the image differs from the official one."""
    detail = image.detail
    tag = re.search(r"\d+(\.\d+)+", image.reference.rpartition(":")[2])
    if basename(image.reference) == STAND_IN:
        return replace(image, how="stand-in", detail=f"takes OTLP logs where there is no Loki; {detail}")
    if tag and tag[0] != ready.version:
        detail += f", in place of {tag[0]}"
    return replace(image, detail=f"{detail}; {recipe.differs}" if recipe.differs else detail)


def _import(reference: str, recipe: Recipe, ready: Ready, fingerprint: str) -> None:
    layout = Layout()
    recipe.fill(layout, ready)
    labels = {LABEL: "built", f"{LABEL}.program": ready.label, f"{LABEL}.fingerprint": fingerprint}
    changes = [*recipe.configuration, *(f"LABEL {key}={json.dumps(value)}" for key, value in labels.items())]
    command = ["docker", "import", *(word for change in changes for word in ("--change", change)), "-", reference]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stdin and process.stderr
    try:
        with process.stdin as stream:
            layout.write(stream)
    except BrokenPipeError:
        pass  # the engine's own words, below, say why
    message = process.stderr.read().decode(errors="replace").strip()
    if process.wait():
        raise LabError(f"docker import {reference}: {message}")


def _prune() -> None:
    """Drop older builds of the lab's that have lost their reference; one that a container still uses stays."""
    command = ["docker", "image", "prune", "--force", "--filter", f"label={LABEL}=built"]
    subprocess.run(command, capture_output=True, check=False)


def _fingerprint(recipe: Recipe, ready: Ready) -> str:
    """Changes when the recipes or the program do, so that an older image of the lab's is replaced."""
    parts = [ready.label, str(ready.folder.stat().st_mtime_ns), str(recipe.configuration)]
    sources = [*Path(__file__).parent.glob("*.py"), *Path(__file__).parent.parent.glob("loki_stand_in/*.py")]
    parts += [path.read_text() for path in sorted(sources)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _labels(reference: str) -> dict[str, str] | None:
    """The labels of an image in the engine, or None where there is no such image."""
    try:
        printed = run(
            ["docker", "image", "inspect", "--format", "{{json .Config.Labels}}", reference],
            what=f"looking for {reference}",
            timeout=30,
        )
    except LabError as error:
        if "no such image" in str(error).lower():
            return None
        raise
    found: dict[str, str] | None = json.loads(printed.strip().splitlines()[-1])
    return found or {}


def _loki() -> tuple[Recipe, Ready]:
    """Loki is not built by this project, for its licence. A person may point at a program that they have."""
    path = os.environ.get(LOKI_VARIABLE)
    if not path:
        raise LabError(f"no Loki here: load the official image into the engine, or set {LOKI_VARIABLE} to a program")
    return loki.local(Path(path))
