"""Fragments as they are read and written: YAML with Compose's two tags.

``!reset`` takes away what was generated, ``!override`` replaces it where it would be merged. As an item of a list,
``!reset`` takes away the item that it names (``- !reset --web.enable-lifecycle``).
"""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ruamel.yaml import YAML


@dataclass(frozen=True, slots=True, eq=False)
class Reset:
    """Take this away. ``value`` names the item of a list, and counts for nothing elsewhere."""

    value: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Override:
    """Take this value whole, without merging."""

    value: Any


def bare(value: Any) -> Any:
    """The value without tags: what they carry in their place."""
    if isinstance(value, Reset | Override):
        return bare(value.value)
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items()}
    return [bare(item) for item in value] if isinstance(value, list) else value


def load(text: str) -> Any:
    """The value of a fragment. Raises YAMLError, ValueError or RecursionError for what cannot be read."""
    return _yaml().load(text)


def dump(value: Any) -> str:
    """A fragment's text."""
    out = StringIO()
    yaml = _yaml()
    yaml.default_flow_style = False
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 4096
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # Ours, not the alphabet's order.
    yaml.dump(value, out)
    return out.getvalue()


def _yaml() -> YAML:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.representer import SafeRepresenter

    class Constructor(SafeConstructor):
        """With the two tags, of this reader alone."""

    class Representer(SafeRepresenter):
        """With the two tags, of this writer alone."""

    for tag, kind in (("!reset", Reset), ("!override", Override)):
        Constructor.add_constructor(tag, lambda reader, node, kind=kind: kind(_inner(reader, node)))
        Representer.add_representer(kind, lambda writer, tagged, tag=tag: _tagged(writer, tag, tagged.value))
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    yaml.Representer = Representer
    return yaml


def _inner(reader: Any, node: Any) -> Any:
    """What stands behind a tag, as it would be read without."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    if isinstance(node, ScalarNode):
        tag = str(reader.loader.resolver.resolve(ScalarNode, node.value, (node.style is None, False)))
    else:
        tag = f"tag:yaml.org,2002:{'map' if isinstance(node, MappingNode) else 'seq'}"
    plain = node.__class__(tag, node.value, node.start_mark, node.end_mark)
    return reader.construct_object(plain, deep=True)


def _tagged(writer: Any, tag: str, value: Any) -> Any:
    node = writer.represent_data(value)
    if isinstance(value, str) and not _stays(value):
        node.style = '"'
    node.tag = tag
    return node


def _stays(text: str) -> bool:
    """Whether a plain scalar is read as this very text: a tag hides that it is one."""
    from ruamel.yaml.error import YAMLError

    try:
        return bool(load(text) == text)
    except (YAMLError, ValueError):
        return False
