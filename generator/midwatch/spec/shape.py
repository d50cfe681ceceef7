"""The models as a tree of shapes: what may stand at each place of a spec, for messages, the reference and repairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from midwatch.spec.kinds import Kind
from midwatch.spec.model import Spec
from midwatch.spec.model.base import Model
from midwatch.spec.paths import Path
from midwatch.spec.shown import shown

_BASES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(slots=True)
class Shape:
    """One place. Exactly one of ``base``, ``choices``, ``keys``, ``item`` and ``value`` says what stands there."""

    base: type | None = None
    choices: tuple[str, ...] = ()
    keys: dict[str, Shape] | None = None
    """A group of known keys."""
    item: Shape | None = None
    """A list of these."""
    value: Shape | None = None
    """A group of free keys, each with such a value."""
    key_kind: Kind | None = None
    kind: Kind | None = None
    lowest: float | None = None
    highest: float | None = None
    most: int | None = None
    """Most items of a list."""
    optional: bool = False
    """May be null."""
    required: bool = True
    """Without a default: also the whole spec, entries of lists and values of free keys."""
    default: Any = None
    place: tuple[str, str] = ("", "")
    """Class and attribute that it was made from."""
    examples: list[Any] = field(default_factory=list)

    @property
    def description(self) -> str:
        """What the key means, in a sentence or two."""
        from midwatch.spec.descriptions import descriptions

        return descriptions().get(self.place, "")

    def show(self, value: Any) -> str:
        """A typed value as it is written in a spec."""
        return (
            self.kind.show(value)
            if self.kind and value is not None
            else "null"
            if value is None
            else shown(value).strip("'")
        )

    def accepts(self) -> str:
        """In words: ``a whole number from 1 to 65535``."""
        if self.choices:
            return "one of " + ", ".join(f"'{choice}'" for choice in self.choices)
        if self.keys is not None:
            return "a group of keys (" + ", ".join(self.keys) + ")"
        if self.value is not None:
            return "a group of keys, one per " + (
                self.key_kind.title.removesuffix(" name") if self.key_kind else "name"
            )
        if self.item is not None:
            return "a list"
        return (self.kind.accepts if self.kind else _BASES[self.base or str]) + self.bounds()

    def bounds(self) -> str:
        """`` from 1 to 65535``, or as much of it as there is."""
        low, high = (None if bound is None else self.show(bound) for bound in (self.lowest, self.highest))
        if low and high:
            return f" from {low} to {high}"
        return f" of at least {low}" if low else f" of at most {high}" if high else ""


def _unwrap(annotation: Any) -> tuple[Any, list[Any], bool]:
    """The bare type, the metadata around and inside an Optional, and whether it may be null."""
    metadata: list[Any] = []
    optional = False
    while True:
        origin, args = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation, metadata = args[0], [*metadata, *args[1:]]
        elif origin in (Union, UnionType) and NoneType in args:
            annotation, optional = next(arg for arg in args if arg is not NoneType), True
        else:
            break
    flat: list[Any] = []
    for one in metadata:
        flat.extend(one.metadata if isinstance(one, FieldInfo) else [one])
    return annotation, flat, optional


def _of(annotation: Any, metadata: list[Any]) -> Shape:
    bare, inner, optional = _unwrap(annotation)
    shape = Shape(optional=optional)
    for one in [*metadata, *inner]:
        shape.kind = one if isinstance(one, Kind) else shape.kind
        shape.lowest = getattr(one, "ge", shape.lowest)
        shape.highest = getattr(one, "le", shape.highest)
        shape.most = getattr(one, "max_length", shape.most)
    origin, args = get_origin(bare), get_args(bare)
    if origin is Literal:
        shape.choices = args
    elif origin is tuple:
        shape.item = _of(args[0], [])
    elif origin is dict:
        shape.key_kind, shape.value = _of(args[0], []).kind, _of(args[1], [])
    elif issubclass(bare, Model):
        shape.keys = {info.alias or name: _field(info, bare.__name__, name) for name, info in bare.model_fields.items()}
    else:
        shape.base = bare
    return shape


def _field(info: FieldInfo, owner: str, name: str) -> Shape:
    shape = _of(info.annotation, info.metadata)
    shape.required = info.is_required()
    shape.default = None if shape.required else info.get_default(call_default_factory=True, validated_data={})
    shape.place = (owner, name)
    shape.examples = list(info.examples or ())
    return shape


@cache
def root() -> Shape:
    """The shape of the whole spec."""
    return _of(Spec, [])


def at(path: Path) -> Shape | None:
    """The shape at a path, or None where the spec has no such place."""
    shape: Shape | None = root()
    for step in path:
        if shape is None:
            return None
        if isinstance(step, int):
            shape = shape.item
        else:
            shape = shape.value if shape.value is not None else (shape.keys or {}).get(step)
    return shape


def required(shape: Shape, path: Path) -> list[Path]:
    """The required keys without keys of their own, at or below a place: what a person has to write at least."""
    below = [(key, inner) for key, inner in (shape.keys or {}).items() if inner.required]
    return [leaf for key, inner in below for leaf in required(inner, (*path, key))] if below else [path]


@cache
def homes(key: str) -> tuple[Path, ...]:
    """Every path, without lists and free keys, that ends in this key: for keys that stand at the wrong place."""
    found: list[Path] = []
    todo: list[tuple[Path, Shape]] = [((), root())]
    while todo:
        path, shape = todo.pop(0)
        for name, inner in (shape.keys or {}).items():
            if name == key:
                found.append((*path, name))
            todo.append(((*path, name), inner))
    return tuple(found)
