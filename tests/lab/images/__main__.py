"""`python -m tests.lab.images all | REF...`: make the references available, and print how each was obtained."""

from __future__ import annotations

import sys

from tests.lab.cache import guarded
from tests.lab.engine import start
from tests.lab.images import RECIPES, ensure_images


def table(references: list[str]) -> int:
    found = ensure_images(references)
    width = max(len(reference) for reference in references)
    for image in found.values():
        print(f"{image.reference:{width}}  {image.how:9} {image.detail}")
    return 0 if all(image.there for image in found.values()) else 1


def main(arguments: list[str]) -> int:
    if not arguments or set(arguments) & {"-h", "--help"}:
        print(f"{__doc__}\nRecipes: {', '.join(RECIPES)}; loki from MIDWATCH_LAB_LOKI")
        return 0 if arguments else 2
    print(start())
    every = [recipe.reference for recipe in RECIPES.values()]
    return table([name for word in arguments for name in (every if word == "all" else [word])])


if __name__ == "__main__":
    sys.exit(guarded(main))
