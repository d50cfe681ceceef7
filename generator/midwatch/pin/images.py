"""Which image each component runs, by the spec: repository and tag, without a digest."""

from __future__ import annotations

from midwatch.plan.build import catalogue, image_of
from midwatch.plan.catalogue import Image
from midwatch.plan.facts import spec_value
from midwatch.spec.model import Spec


def images(spec: Spec, *, shipped: bool = False) -> dict[str, tuple[str, str]]:
    """Component -> (repository, tag), of those with an image of their own; ``shipped``: by the blueprint's tag."""
    overrides = spec.images.overrides
    plain = {
        name: one.model_copy(update={"digest": None, **({"tag": None} if shipped else {})})
        for name, one in overrides.items()
    }
    bare = spec.model_copy(update={"images": spec.images.model_copy(update={"overrides": plain})})
    found = {}
    components = catalogue().components
    for name, component in components.items():
        if isinstance(component.image, Image) and (component.when is None or spec_value(spec, component.when)):
            reference, _ = image_of(name, component, bare, components)
            repository, _, tag = reference.rpartition(":")
            found[name] = (repository, tag)
    return found
