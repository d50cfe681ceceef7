"""The reference page of the spec, made from the models: ``docs/reference/spec.md``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from midwatch.spec import shape as shapes
from midwatch.spec.consistency import LOGS_AT_LEAST, METRICS_AT_LEAST
from midwatch.spec.model.base import Model
from midwatch.spec.nodes import MAX_DEPTH, MAX_VALUES
from midwatch.spec.quantity import format_duration
from midwatch.spec.shape import Shape
from midwatch.spec.source import MAX_BYTES

_HEAD = """\
<!-- Made by midwatch.spec.reference.markdown(); the tests compare. Do not edit. -->
# The spec, `stack.yaml`

A spec is one YAML 1.2 document. Only `name` and `alerting.slack.channel` must be given:

```yaml
name: sva
alerting:
  slack:
    channel: "#monitoring-alerts"   # in quotes: to YAML, # begins a comment
```

`midwatch schema` prints the same as a JSON Schema, for editors. A mistake is reported with file, line, column and
key, and
all of them at once.
"""
_TABLE = "| key | type | default | meaning | example |\n| --- | --- | --- | --- | --- |"


def markdown() -> str:
    """The whole page."""
    parts = [_HEAD]
    plain = [(key, shape) for key, shape in _top() if shape.keys is None and shape.item is None]
    singles = [row for key, shape in plain for row in _rows(key, shape)]
    parts.append("\n".join(["## Top level\n", _TABLE, *singles]) + "\n")
    for key, shape in _top():
        if shape.keys is not None or shape.item is not None:
            parts.append("\n".join([f"## `{key}`\n\n{shape.description}\n", _TABLE, *_rows(key, shape)]) + "\n")
    return "\n".join([*parts, _tail()])


def _top() -> Iterator[tuple[str, Shape]]:
    yield from (shapes.root().keys or {}).items()


def _rows(path: str, shape: Shape) -> Iterator[str]:
    """One line of the table for each key without keys of its own, at or below the path."""
    if shape.keys is not None:
        for key, inner in shape.keys.items():
            yield from _rows(f"{path}.{key}", inner)
    elif shape.item is not None and shape.item.keys is not None:
        yield from _rows(f"{path}[]", shape.item)
    elif shape.value is not None:
        yield from _rows(f"{path}.<{shape.key_kind.title if shape.key_kind else 'name'}>", shape.value)
    else:
        cells = (f"`{path}`", _type(shape), _default(shape), shape.description, f"`{_example(shape)}`")
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(shape: Shape) -> str:
    if shape.item is not None:
        return f"list of {_type(shape.item)}"
    if shape.choices:
        words = " or ".join(f"`{choice}`" for choice in shape.choices)
    else:
        named = {bool: "true or false", int: "whole number", float: "number", str: "text"}[shape.base or str]
        words = (shape.kind.title if shape.kind else named) + shape.bounds()
    return words


def _default(shape: Shape) -> str:
    if shape.required:
        return "**required**"
    if shape.default is None:
        return "–"
    if isinstance(shape.default, Model | tuple | dict):
        return "none"
    return f"`{shape.show(shape.default)}`" if shape.default != "" else "nobody"


def _example(shape: Shape) -> str:
    if shape.item is not None:
        return f"[{_example(shape.item)}]"
    given: list[Any] = [*shape.examples, *(shape.kind.examples if shape.kind else ())]
    if shape.kind and shape.default not in (None, ""):
        given.insert(0, shape.show(shape.default))
    if not given:
        usual = shape.default if shape.default is not None else shape.lowest if shape.lowest is not None else 0.9
        given = [shape.choices[-1] if shape.choices else shape.show(not usual if shape.base is bool else usual)]
    text = str(given[0])
    return f'"{text}"' if text.startswith(("#", "<", "*")) else text


def _tail() -> str:
    return f"""\
## Sizes, durations, cron

- **size**: as Docker reads it, always in powers of two. `512m`, `512MB` and `512MiB` are all 512 x 1024 x 1024 bytes,
  and `4GB` is 4 GiB, not 4 000 000 000 bytes; a number without a unit is bytes. `midwatch plan` shows what came of it.
- **duration**: as Prometheus reads it: `y`, `w`, `d`, `h`, `m`, `s`, `ms` in that order (`1h30m`, `7d`; a year is 365
  days), in whole seconds. A number without a unit is an error, but for `0`.
- **cron**: `minute hour day month weekday` with lists, ranges, steps and English names, or `@hourly`, `@daily`,
  `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`. What Vixie cron and supercronic read differently is
  refused.

## What must fit together

- Names of apps are unique, and so are names of PII patterns, and ports.
- An app has `metrics`, `health` or both; with `redis: true` it also has a `network`.
- `retention.metrics` is at least {format_duration(METRICS_AT_LEAST)} (Prometheus writes blocks of 2h, and alerts look
  back that far), `retention.logs` at least {format_duration(LOGS_AT_LEAST)} (Loki's index is cut into days).
- `backup` has `every` or `cron`, not both, and backups run at least as often as `rpo` says.
- `alerting.overrides` names alerts of the catalogue, `images.overrides` components of the stack; the tag
  `latest` needs a digest.
- Files under `extra` exist, in the spec's folder or below it, and not where midwatch writes.

## What a file must be

UTF-8 (a byte order mark and CRLF are fine), at most {MAX_BYTES // 1024} KiB, {MAX_DEPTH} levels and {MAX_VALUES}
values with aliases written out. One document, no tags, no merge keys (`<<`), no key twice, no tabs for indentation.
"""
