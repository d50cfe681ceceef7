"""The images of the stack under their pinned references: official ones, else built from the real programs."""

from __future__ import annotations

from tests.lab.images.obtain import Image, basename, ensure_image, ensure_images
from tests.lab.images.recipes import RECIPES, Recipe

__all__ = ["RECIPES", "Image", "Recipe", "basename", "ensure_image", "ensure_images"]
