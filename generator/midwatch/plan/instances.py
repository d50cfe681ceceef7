"""Components of which a spec wants one service for each item of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from midwatch.plan.catalogue import Component
from midwatch.plan.facts import spec_value
from midwatch.spec.model import Spec

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Instance:
    """A component as one service: ``folder`` is its name in the catalogue, ``item`` what it is there for, if that."""

    component: Component
    folder: str
    item: str = ""


def instances(components: Mapping[str, Component], spec: Spec) -> dict[str, Instance]:
    """Service name -> what it is, in the order of the catalogue; those that the spec does not want are left out."""
    found: dict[str, Instance] = {}
    for name, component in components.items():
        if component.when is not None and not spec_value(spec, component.when):
            continue
        if component.foreach is None:
            found[name] = Instance(component, name)
            continue
        for number, item in enumerate(_items(spec, component.foreach)):
            own = filled(component, {"item": item.name, "number": str(number)})
            found[own.called] = Instance(own, name, item.name)
    return found


def filled(model: _Model, values: Mapping[str, str]) -> _Model:
    """A model with each ``{name}`` in its texts and keys replaced."""
    return model.model_copy(update={key: _filled(getattr(model, key), values) for key in type(model).model_fields})


def _items(spec: Spec, path: str) -> tuple[Any, ...]:
    value = spec_value(spec, path)
    return value if isinstance(value, tuple) else ()


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, text in values.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, BaseModel):
        return filled(value, values)
    if isinstance(value, Mapping):
        return {_filled(key, values): _filled(one, values) for key, one in value.items()}
    return tuple(_filled(one, values) for one in value) if isinstance(value, tuple) else value
