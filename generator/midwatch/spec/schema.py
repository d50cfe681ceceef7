"""The JSON Schema of ``stack.yaml`` (draft 2020-12), for editors and other programs.

Made from the shapes of the models. It is a little stricter than the loader in how sizes may be written, and cannot
say what
keys say about one another; ``load`` stays the judge.
"""

from __future__ import annotations

from typing import Any

from midwatch.spec import shape as shapes
from midwatch.spec.model.base import Model
from midwatch.spec.shape import Shape

SCHEMA_ID = "urn:midwatch:stack:1"
_TYPES: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}


def json_schema() -> dict[str, Any]:
    """The schema of the whole spec as plain data, new on each call."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    whole = _schema(shapes.root(), "stack.yaml")
    return head | whole | {"description": "What midwatch renders a monitoring stack from."}


def _schema(shape: Shape, title: str) -> dict[str, Any]:
    types, rules = _rules(shape)
    schema: dict[str, Any] = {"title": title}
    if shape.description:
        schema["description"] = shape.description
    if shape.choices:
        schema["enum"] = [*shape.choices, *([None] if shape.optional else [])]
    else:
        types = [*types, *(["null"] if shape.optional else [])]
        schema["type"] = types[0] if len(types) == 1 else types
    schema |= rules
    if not shape.required and not isinstance(shape.default, Model | tuple | dict):
        plain = shape.kind is None or shape.default is None
        schema["default"] = shape.default if plain else shape.show(shape.default)
    examples = shape.examples or list(shape.kind.examples if shape.kind else ())
    return schema | ({"examples": examples} if examples else {})


def _rules(shape: Shape) -> tuple[list[str], dict[str, Any]]:
    """The types that may stand there, and what they must fulfil."""
    if shape.keys is not None:
        properties = {key: _schema(inner, key) for key, inner in shape.keys.items()}
        needed = [key for key, inner in shape.keys.items() if inner.required]
        rules: dict[str, Any] = {"properties": properties, "additionalProperties": False}
        return ["object"], rules | ({"required": needed} if needed else {})
    if shape.value is not None:
        names = {"pattern": shape.key_kind.pattern} if shape.key_kind and shape.key_kind.pattern else {}
        return ["object"], {"propertyNames": names, "additionalProperties": _schema(shape.value, "one of them")}
    if shape.item is not None:
        return ["array"], {"items": _schema(shape.item, "entry")} | ({"maxItems": shape.most} if shape.most else {})
    if shape.kind is not None:
        return _kind(shape)
    bounds = (("minimum", shape.lowest), ("maximum", shape.highest))
    return [_TYPES[shape.base or str]], {key: bound for key, bound in bounds if bound is not None}


def _kind(shape: Shape) -> tuple[list[str], dict[str, Any]]:
    kind = shape.kind
    rules: dict[str, Any] = {"pattern": kind.pattern} if kind and kind.pattern else {}
    if kind and kind.numbers == "any":
        return ["string", "integer"], rules | {
            "minimum": int(shape.lowest or 0),
            "maximum": int(shape.highest or 2**63 - 1),
        }
    if kind and kind.numbers == "zero" and not shape.lowest:
        return ["string", "integer"], rules | {"minimum": 0, "maximum": 0}
    return ["string"], rules
