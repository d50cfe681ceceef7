"""The user's own Compose and Prometheus fragments, merged into the generated files.

Mappings are merged by key, lists are appended (an item that is there already is not repeated), any other value
replaces the generated one. Only a file that a fragment touches is written anew; its comments stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from midwatch.render.model import File, Tree

COMPOSE = "compose.yaml"
PROMETHEUS = "prometheus/prometheus.yml"


@dataclass(frozen=True, slots=True)
class Extras:
    """Parsed fragments, in the order of the spec."""

    compose: Sequence[Mapping[str, Any]] = ()
    prometheus: Sequence[Mapping[str, Any]] = ()
    files: Mapping[str, Sequence[Mapping[str, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", {COMPOSE: self.compose, PROMETHEUS: self.prometheus})


def merge_extras(tree: Tree, extras: Extras) -> Tree:
    """The tree with the fragments merged in; the same object when there are none."""
    merged = dict(tree)
    for path, fragments in extras.files.items():
        if fragments:
            merged[path] = File(_merge_file(tree[path].data, fragments))
    return merged


def _merge_file(data: bytes, fragments: Sequence[Mapping[str, Any]]) -> bytes:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(data)
    for part in fragments:
        _merge(document, part)
    out = BytesIO()
    yaml.dump(document, out)
    return out.getvalue()


def _merge(into: Any, part: Mapping[str, Any]) -> None:
    for key, value in part.items():
        have = into.get(key)
        if isinstance(have, dict) and isinstance(value, Mapping):
            _merge(have, value)
        elif isinstance(have, list) and isinstance(value, list):
            have.extend(item for item in value if item not in have)
        else:
            into[key] = value
