"""From hand edits to the spec: tried in memory, and only what then comes out by itself is adopted. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from midwatch.adopt.beside import is_ours, noted, written
from midwatch.adopt.fragment import fragment, replaced
from midwatch.adopt.knobs import Context, Settings, names, settings
from midwatch.adopt.notes import notes
from midwatch.adopt.spec_edit import edited
from midwatch.check import kinds, redisconf
from midwatch.check import stack as stacks
from midwatch.check.document import parse
from midwatch.check.kinds import Kind
from midwatch.diff.model import Explained, Origin
from midwatch.diff.versions import Versions
from midwatch.errors import SpecError
from midwatch.merge import ending
from midwatch.merge.build import build
from midwatch.merge.model import Node, Table, child, place, put, same
from midwatch.merge.path import Path, Step
from midwatch.plan.guests import NOBODY, guests
from midwatch.render.extra import FILES, Extras
from midwatch.render.model import File, Tree
from midwatch.render.project import SPEC_FILE, Project, known
from midwatch.render.tree import Rendered, render_all
from midwatch.spec.load import read_source
from midwatch.spec.model import Spec

_KEYS = {path: key for key, path in FILES.items()}
_ELSE = "the spec would give something else"
_LAST = "order counts there, and a fragment only adds at the end: put it last, or leave it"
_LATER = "a fragment could only replace the whole of it, and would hide what midwatch changes there later"


@dataclass(frozen=True, slots=True)
class Adopted:
    """A hand edit, and what gives it from now on: keys of the spec, or a fragment."""

    edit: Explained
    by: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A hand edit that stays one, and why."""

    edit: Explained
    why: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """What to write (path -> content; empty when nothing is adopted), and what becomes of each hand edit."""

    files: Mapping[str, bytes]
    adopted: tuple[Adopted, ...]
    kept: tuple[Kept, ...]


@dataclass(slots=True)
class _Try:
    """How each edit is to be said. Edits move from ``knobs`` to ``parts`` to ``kept`` until the rest holds."""

    knobs: dict[int, Settings] = field(default_factory=dict)
    parts: set[int] = field(default_factory=set)
    kept: dict[int, str] = field(default_factory=dict)

    def fails(self, index: int, edit: Explained, why: str) -> None:
        """This way of saying it does not work: the next one, if there is one."""
        was_knob = self.knobs.pop(index, None) is not None
        self.parts.discard(index)
        if was_knob and edit.change.path and edit.change.file in _KEYS:
            self.parts.add(index)
        else:
            self.kept[index] = why


def adopt(project: Project, versions: Versions, rendered: Rendered, found: Sequence[Explained]) -> Adoption:
    """Say as many of these hand edits as possible in the spec.

    ``rendered`` is what the project gives now. Raises MidwatchError when ``stack.yaml`` cannot be edited at all.
    """
    edits = [edit for edit in found if edit.change.origin in (Origin.HAND, Origin.CONFLICT)]
    context = Context(rendered.plan, rendered.alerts, tuple(edit.change for edit in edits))
    tried = _first(edits, context)
    files: dict[str, bytes] = {}
    while tried.knobs or tried.parts:
        made = _Made(project, edits, tried)
        failed = list(made.failures(versions))
        if not failed:
            files = made.files
            break
        for index, why in failed:
            tried.fails(index, edits[index], why)
    adopted = [(index, ", ".join(names(keys))) for index, keys in tried.knobs.items()]
    adopted += [(index, made.paths[_KEYS[edits[index].change.file]]) for index in tried.parts]
    return Adoption(
        files,
        tuple(Adopted(edits[index], by) for index, by in sorted(adopted)),
        tuple(Kept(edits[index], why) for index, why in sorted(tried.kept.items())),
    )


def _first(edits: Sequence[Explained], context: Context) -> _Try:
    tried = _Try()
    for index, edit in enumerate(edits):
        found = settings(edit.change, context)
        if found is not None:
            tried.knobs[index] = found
        elif edit.change.path and edit.change.file in _KEYS:
            tried.parts.add(index)
        else:
            tried.kept[index] = _why_kept(edit)
    return tried


def _why_kept(edit: Explained) -> str:
    change = edit.change
    if change.path:
        return "the spec has no key for it, and a fragment changes " + ", ".join(FILES.values()) + " only"
    if change.file.startswith("runbooks/"):
        return "the spec cannot say the text of a runbook"
    return "the spec cannot say the lines of this file"


class _Made:
    """One attempt: the new spec and fragments, and what they give."""

    def __init__(self, project: Project, edits: Sequence[Explained], tried: _Try) -> None:
        self.project, self.edits, self.tried = project, edits, tried
        self.files: dict[str, bytes] = {}
        self.paths = {key: _path(project, key) for key in FILES}
        self.tree: Tree = {}

    def failures(self, versions: Versions) -> Iterator[tuple[int, str]]:
        """Edits that this attempt does not give, and why. Fills ``files`` when there are none."""
        values = {key: value for found in self.tried.knobs.values() for key, value in found.items()}
        source = self.project.loaded.source
        text = ending.plain(source)
        try:
            spec = read_source(edited(text, values, {}), SPEC_FILE, known=known()).spec
            base = self._render(spec)
        except SpecError as error:
            yield from self._refused(error)
            return
        fragments, freezing = self._fragments(base)
        if freezing:
            yield from ((index, _LATER) for index in freezing)
            return
        try:
            # All of it anew: a service or limit in a fragment takes its part of the budget, and others get less.
            self.tree = self._render(spec, fragments)
        except SpecError as error:
            why = "; ".join(problem.message for problem in error.problems) or error.message
            counted = [index for index in self.tried.parts if _counts(self.edits[index])]
            yield from ((index, why) for index in counted or self.tried.parts)
            return
        tried = (*self.tried.knobs, *self.tried.parts)
        failed = [(index, why) for index in tried if (why := _amiss(self.tree, versions, self.edits[index]))]
        yield from failed
        if not failed:
            named = {key: self.paths[key] for key in fragments}
            self.files = {self.paths[key]: self._text(key, part, versions).encode() for key, part in fragments.items()}
            self.files[SPEC_FILE] = ending.like(source, text, edited(text, values, named))

    def _render(self, spec: Spec, fragments: Mapping[str, Any] | None = None) -> Tree:
        """What the new spec gives with the fragments of the user's own and these, but not with what was adopted before:
        that is made anew."""
        extras = self.project.extras
        others = {}
        for key in FILES:
            parts = zip(getattr(self.project.spec.extra, key), getattr(extras, key), strict=True)
            others[key] = [part for path, part in parts if path != self.paths[key]]
            others[key] += [fragments[key]] if fragments and key in fragments else []
        return render_all(spec, Extras(**others)).tree

    def _fragments(self, base: Tree) -> tuple[dict[str, Any], list[int]]:
        """Key of ``extra`` -> fragment, for each file that edits change; and the edits that such a fragment could say
        only by replacing the whole of what is generated around them."""
        found: dict[str, Any] = {}
        freezing = []
        for path, key in _KEYS.items():
            document = parse(path, base[path].data)
            kind = kinds.of_data(document.data)
            tree = build(kind, document.data)
            wanted: Node = tree
            before = self.paths[key] in getattr(self.project.spec.extra, key)
            if before:
                wanted = self._adopted_before(key, kind, wanted)
            part = fragment(kind, tree, wanted)
            for index in sorted(self.tried.parts):
                change = self.edits[index].change
                if change.file == path and (new := put(wanted, change.path, change.new)) is not None:
                    was, wanted, part = replaced(part), new, fragment(kind, tree, new)
                    if replaced(part) > was:
                        freezing.append(index)
            if before or not same(tree, wanted):
                found[key] = part
        return found, freezing

    def _text(self, key: str, part: Any, versions: Versions) -> str:
        """With the reasons: the comments of these edits behind those of the edits that were adopted before."""
        path, place_ = FILES[key], self.project.folder / self.paths[key]
        kind = kinds.of_data(parse(path, self.tree[path].data).data)
        before = noted(kind, place_.read_text("utf-8", "replace")) if place_.exists() else ()
        edits = [edit for index in sorted(self.tried.parts) if (edit := self.edits[index]).change.file == path]
        new = notes(edits, versions.base.get(path), versions.ours.get(path))
        return written(kind, part, list(dict.fromkeys((*before, *new))))

    def _adopted_before(self, key: str, kind: Kind, tree: Node) -> Node:
        from midwatch.render.overlay import overlay

        named = getattr(self.project.spec.extra, key)
        part = getattr(self.project.extras, key)[named.index(self.paths[key])]
        return overlay(kind, tree, part) or tree

    def _refused(self, error: SpecError) -> Iterator[tuple[int, str]]:
        """The edits whose keys the spec does not allow; all that set a key where none can be told."""
        told = [
            (index, problem.message)
            for problem in error.problems
            for index, found in self.tried.knobs.items()
            if any(problem.key.startswith(name) for name in names(found))
        ]
        if not told and not self.tried.knobs:
            raise error
        yield from dict(told or [(index, error.message) for index in self.tried.knobs]).items()


def _counts(edit: Explained) -> bool:
    """Whether the budget hears of it: a limit, a service, the size of a volume."""
    part: Any = edit.change.after
    for step in reversed(edit.change.path):
        part = {step: part}
    return edit.change.file == FILES["compose"] and guests([part]) != NOBODY


def _amiss(tree: Tree, versions: Versions, edit: Explained) -> str:
    """Why what would be generated does not have this edit by itself; empty where it does."""
    change = edit.change
    made, ours = tree.get(change.file), versions.ours.get(change.file)
    if made is None or ours is None:
        return "" if made is ours else _ELSE
    if not change.path:
        alike = made.data == ours.data or (change.kind is Kind.REDIS and _directives(made) == _directives(ours))
        return "" if alike else _ELSE
    roots = [build(change.kind, parse(change.file, side.data).data) for side in (made, ours)]
    if not same(_value(roots[0], change.path), change.new):
        return _ELSE
    return "" if _in_order(roots[0], roots[1], change.path) else _LAST


def _in_order(made: Node | None, ours: Node | None, path: Path) -> bool:
    """Whether everything on the way stands where it stands on disk, wherever order counts."""
    for step in path:
        if isinstance(made, Table) and isinstance(ours, Table) and made.in_order:
            both = made.entries.keys() & ours.entries.keys()
            if step in both and _before(made, step) & both != _before(ours, step) & both:
                return False
        made, ours = (child(side, step) if side is not None else None for side in (made, ours))
    return True


def _before(items: Table, step: Step) -> set[Step]:
    return set(takewhile(lambda other: other != step, items.entries))


def _directives(file: File) -> dict[str, tuple[str, ...]]:
    """redis.conf without its comments, which tell of numbers that follow from the spec."""
    found = redisconf.parse(stacks.file_of("redis.conf", file.data))
    return {name: directive.args for name, directive in found.items()}


def _value(root: Node, path: Path) -> Node | None:
    for length in range(1, len(path) + 1):
        node, _ = place(root, path[:length])
        if node is None:
            return None
    return node


def _path(project: Project, key: str) -> str:
    """The file of adopted edits: the usual one, unless somebody has written there."""
    number = 1
    while True:
        path = f"extra/adopted-{key}{'' if number == 1 else f'-{number}'}.yaml"
        place_ = project.folder / path
        if not place_.exists() or is_ours(place_.read_text("utf-8", "replace")):
            return path
        number += 1
