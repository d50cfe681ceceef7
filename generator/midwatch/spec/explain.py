"""pydantic's errors in plain words, at their place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from midwatch.errors import Problem
from midwatch.spec import shape as shapes
from midwatch.spec.nodes import Scalar
from midwatch.spec.paths import Path, format_path
from midwatch.spec.positions import Positions
from midwatch.spec.shape import Shape
from midwatch.spec.shown import shown
from midwatch.spec.suggest import did_you_mean


def explain(error: ValidationError, positions: Positions) -> Iterator[tuple[Path, Problem]]:
    """Each thing that is wrong: the path to it and the problem. Missing groups are reported as the keys that they
    must hold."""
    for detail in error.errors(include_url=False, include_context=True, include_input=True):
        path: Path = detail["loc"]
        kind = detail["type"]
        if kind == "missing":
            yield from _missing(path, positions)
        elif kind == "extra_forbidden":
            yield path, _unknown(path, positions)
        elif path[-1:] == ("[key]",):
            yield path[:-1], positions.problem(path[:-1], f"the key {_reason(detail)}", at_key=True)
        else:
            message, hint = _wrong(path, dict(detail), positions)
            yield path, positions.problem(path, message, hint=hint)


def _reason(detail: Any) -> str:
    return str(detail.get("ctx", {}).get("error", "")) or f"{detail['msg']}"


def _missing(path: Path, positions: Positions) -> Iterator[tuple[Path, Problem]]:
    found = shapes.at(path)
    for leaf in shapes.required(found, path) if found else [path]:
        inner = shapes.at(leaf)
        example = inner.examples[0] if inner and inner.examples else None
        written = f'"{example}"' if str(example).startswith("#") else example
        yield (
            leaf,
            positions.problem(leaf, "is required", hint=f"for instance `{leaf[-1]}: {written}`" if example else ""),
        )


def _unknown(path: Path, positions: Positions) -> Problem:
    key, parent = str(path[-1]), shapes.at(path[:-1])
    allowed = list((parent.keys if parent else None) or ())
    close = did_you_mean(key, allowed)
    homes = [] if close else [format_path(home) for home in shapes.homes(key)]
    if close:
        hint = ""
    elif homes:
        hint = "it belongs to " + " or ".join(f"'{home}'" for home in homes[:3])
    else:
        hint = "known here: " + ", ".join(allowed)
    return positions.problem(path, f"unknown key{close}", hint=hint, at_key=True)


def _wrong(path: Path, detail: dict[str, Any], positions: Positions) -> tuple[str, str]:
    """Message and hint for a value that is not what it should be."""
    found, value = shapes.at(path), detail["input"]
    if found is None:
        return _reason(detail), ""
    if detail["type"] == "value_error":
        return _reason(detail), _left_out(found) if value is None else ""
    if detail["type"] in ("greater_than_equal", "less_than_equal"):
        return _out_of_bounds(found, positions, path)
    if detail["type"] == "too_long":
        return f"must have at most {found.most} entries, not {len(value)}", ""
    close = did_you_mean(value, found.choices) if isinstance(value, str) else ""
    message = f"must be {found.accepts()}, not {_as_written(path, value, positions)}{close}"
    return message, _left_out(found) if value is None else _hint(found, path, value, positions)


def _as_written(path: Path, value: object, positions: Positions) -> str:
    """Numbers as they stand in the file (``3.10``, not ``3.1``)."""
    node = positions.node(path)
    written = isinstance(node, Scalar) and isinstance(value, int | float) and not isinstance(value, bool)
    return node.text[:60] if written and isinstance(node, Scalar) else shown(value)


def _out_of_bounds(found: Shape, positions: Positions, path: Path) -> tuple[str, str]:
    node = positions.node(path)
    text = node.text if isinstance(node, Scalar) else ""
    bare = found.kind and found.kind.numbers == "any" and text.isdigit()
    return f"must be {found.accepts()}, not {text[:60]}", "a number without a unit is bytes" if bare else ""


def _left_out(found: Shape) -> str:
    """For null where it may not stand. An optional place that refuses null (a channel) says itself why."""
    return "" if found.required or found.optional else "leave the key out for the default"


def _hint(found: Shape, path: Path, value: object, positions: Positions) -> str:
    if found.base is str and isinstance(value, int | float):
        return f'put it in quotes: "{_as_written(path, value, positions)}"'
    if found.item is not None and isinstance(value, str | dict):
        return "begin each entry with '- '"
    if found.base is bool and isinstance(value, str) and value.lower() in ("yes", "no", "on", "off"):
        return f"to YAML 1.2, {value} is a word; write {'true' if value.lower() in ('yes', 'on') else 'false'}"
    if found.base in (int, float) and isinstance(value, str) and value.isdigit():
        return "write it without quotes"
    return ""
