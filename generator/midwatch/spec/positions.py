"""Where in the file a value of the spec is."""

from __future__ import annotations

from dataclasses import dataclass

from midwatch.errors import Problem
from midwatch.spec.nodes import Items, Keys, Node, Scalar
from midwatch.spec.paths import Path, format_path, parse_path


@dataclass(frozen=True, slots=True)
class Positions:
    """The file's name and the tree of its nodes."""

    file: str
    root: Node

    def node(self, path: Path) -> Node | None:
        """The node at the path, or None."""
        return self._walk(path)[1] if self._walk(path)[2] == len(path) else None

    def key(self, path: Path) -> tuple[int, int]:
        """Line and column (from 1) of the key at the end of the path, or of the nearest thing above that exists."""
        key, node, _ = self._walk(path)
        return (key.line, key.column) if key else (node.line, node.column)

    def value(self, path: Path) -> tuple[int, int]:
        """Line and column (from 1) of the value; for one that is not there, of the group of keys that it belongs
        into."""
        key, node, _ = self._walk(path)
        # The reader places a value that was left out behind the colon, or even on the next line.
        if key and isinstance(node, Scalar) and node.plain and not node.text:
            return key.line, key.column
        return node.line, node.column

    def problem(self, path: Path | str, message: str, *, hint: str = "", at_key: bool = False) -> Problem:
        """A problem at that place. A path given as text is read by ``parse_path``."""
        steps = parse_path(path) if isinstance(path, str) else path
        line, column = self.key(steps) if at_key else self.value(steps)
        return Problem(message, self.file, line, column, format_path(steps), hint)

    def _walk(self, path: Path) -> tuple[Scalar | None, Node, int]:
        """As far down as the tree goes: the last key passed (None if the last step was an index), the node, steps
        taken."""
        key, node = None, self.root
        for taken, step in enumerate(path):
            if isinstance(node, Keys) and isinstance(step, str) and step in node.entries:
                key, node = node.entries[step]
            elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
                key, node = None, node.items[step]
            else:
                return key, node, taken
        return key, node, len(path)
