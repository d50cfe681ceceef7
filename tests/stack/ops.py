"""`./ops` and its parts, put where a test can call them."""

from __future__ import annotations

from pathlib import Path

from midwatch.render.model import Tree


def parts(tree: Tree) -> dict[str, str]:
    """The scripts that are `./ops`, by their paths."""
    return {path: tree[path].data.decode() for path in sorted(tree) if path == "ops" or path.startswith("ops.d/")}


def put(tree: Tree, folder: Path) -> None:
    for path, text in parts(tree).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)


def put_calling(tree: Tree, folder: Path, script: str) -> None:
    """In place of its commands, ``ops`` runs this script, which has all its functions but those of its parts."""
    put(tree, folder)
    text = (folder / "ops").read_text()
    (folder / "ops").write_text(text[: text.index("\ncommand=")] + f"\n{script}\n")
