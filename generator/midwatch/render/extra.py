"""The user's own fragments, merged into the generated files: what a fragment says changes, every other byte stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from midwatch.render.model import File, Tree

if TYPE_CHECKING:
    from midwatch.check.kinds import Kind
    from midwatch.merge.model import Node

FILES: Mapping[str, str] = {
    "compose": "compose.yaml",
    "prometheus": "prometheus/prometheus.yml",
    "alertmanager": "alertmanager/alertmanager.yml",
    "loki": "loki/loki.yaml",
    "collector": "otel-collector/config.yaml",
}
"""Key of the spec's ``extra`` -> the generated file that its fragments change."""


@dataclass(frozen=True, slots=True)
class Extras:
    """Parsed fragments, in the order of the spec."""

    compose: Sequence[Mapping[str, Any]] = ()
    prometheus: Sequence[Mapping[str, Any]] = ()
    alertmanager: Sequence[Mapping[str, Any]] = ()
    loki: Sequence[Mapping[str, Any]] = ()
    collector: Sequence[Mapping[str, Any]] = ()
    files: Mapping[str, Sequence[Mapping[str, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", {path: getattr(self, key) for key, path in FILES.items()})

    def guests(self) -> Sequence[Mapping[str, Any]]:
        """The Compose fragments as the plan reads them: without tags."""
        if not self.compose:
            return ()
        from midwatch.render.tags import bare

        return [bare(part) for part in self.compose]


def merge_extras(tree: Tree, extras: Extras) -> Tree:
    """The tree with the fragments merged in; the same content when there are none."""
    merged = dict(tree)
    for path, fragments in extras.files.items():
        if fragments:
            merged[path] = File(_merge_file(path, tree[path].data, fragments))
    return merged


def _merge_file(path: str, data: bytes, fragments: Sequence[Mapping[str, Any]]) -> bytes:
    from midwatch.check import kinds
    from midwatch.check.document import parse
    from midwatch.merge.build import build
    from midwatch.merge.model import plain
    from midwatch.render.overlay import overlay

    document = parse(path, data)
    kind = kinds.of_data(document.data)
    generated = build(kind, document.data)
    wanted: Node | None = generated
    for part in fragments:
        wanted = overlay(kind, wanted, part)
    return _written(data.decode(), kind, plain(wanted or generated)).encode()


def _written(text: str, kind: Kind, wanted: Any) -> str:
    """The text with the wanted value; where it cannot be changed with certainty, all of it anew."""
    from midwatch.merge.inline import RefusedError
    from midwatch.render.rewrite import rewrite
    from midwatch.render.tags import dump

    try:
        return rewrite(text, kind, wanted)
    except RefusedError:
        return dump(wanted)
