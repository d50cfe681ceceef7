"""Labels in a PromQL expression: which it uses, and which its result has.

An expression is walked once, from the inside out. What a selector has is asked of the caller; each step that names a
label which cannot be there is a slip, since it silently changes what an alert means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from midwatch.check.promql import Selector, as_selector, parse

Labels = frozenset[str] | None
"""Labels that series may have; None where nobody can know."""
Branches = tuple[Labels, ...]
"""Labels of a result, with a branch for each side of an `or`: what one side has may be missing on the other."""

_SET = frozenset({"and", "or", "unless"})
_CHOOSE = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_ABSENT = frozenset({"absent", "absent_over_time"})
_NO_LABELS = frozenset({"vector", "scalar", "time", "pi"})


@dataclass(frozen=True, slots=True)
class Slip:
    """A label that the expression uses where no series has it."""

    label: str
    place: str


@dataclass(slots=True)
class _Walk:
    labels_of: Callable[[Selector], Labels]
    slips: list[Slip] = field(default_factory=list)

    def need(self, labels: Iterable[str], there: Labels, place: str) -> None:
        self.slips += [Slip(label, place) for label in labels if there is not None and label not in there]


def follow(expr: str, labels_of: Callable[[Selector], Labels]) -> tuple[Branches, tuple[Slip, ...]]:
    """The labels of the result by branch, and what the expression uses that is not there. Raises ValueError when it
    cannot be parsed."""
    walk = _Walk(labels_of)
    branches = _visit(parse(expr), walk)
    return branches, tuple(dict.fromkeys(walk.slips))


def _visit(node: Any, walk: _Walk) -> Branches:
    kind = type(node).__name__
    if kind == "VectorSelector":
        return (_select(node, walk),)
    if kind == "MatrixSelector":
        return _visit(node.vector_selector, walk)
    if kind in ("ParenExpr", "SubqueryExpr", "UnaryExpr"):
        return _visit(node.expr, walk)
    if kind == "AggregateExpr":
        return _aggregate(node, walk)
    if kind == "BinaryExpr":
        return _binary(node, walk)
    if kind == "Call":
        return _call(node, walk)
    return (frozenset(),)  # a number, or a text


def _select(node: Any, walk: _Walk) -> Labels:
    selector = as_selector(node)
    there = walk.labels_of(selector)
    walk.need((label for label, _, _ in selector.matchers), there, f"a matcher of {selector.metric or 'a selector'}")
    return there


def _aggregate(node: Any, walk: _Walk) -> Branches:
    there = _joined(_visit(node.expr, walk))
    result: Labels = frozenset()
    if node.modifier is not None:
        named = frozenset(node.modifier.labels)
        by = str(node.modifier.type).endswith("By")
        walk.need(node.modifier.labels, there, f"{node.op} {'by' if by else 'without'} (...)")
        result = named if by else _minus(there, named)
    if str(node.op) in _CHOOSE:
        return (there,)
    if str(node.op) == "count_values" and result is not None:
        result |= {node.param.val}
    return (result,)


def _binary(node: Any, walk: _Walk) -> Branches:
    left, right = _visit(node.lhs, walk), _visit(node.rhs, walk)
    operator, matching = str(node.op), node.modifier.matching if node.modifier else None
    on = matching is not None and str(matching.type).endswith("Include")
    named = frozenset(matching.labels) if matching else frozenset[str]()
    if on:
        for side in (left, right):
            walk.need(sorted(named), _joined(side), f"{operator} on (...)")
    else:
        walk.need(sorted(named), _joined(left + right), f"{operator} ignoring (...)")
    if operator == "or":
        return left + right
    if operator in _SET:
        return left
    if _is_number(node.lhs) or _is_number(node.rhs):
        return right if _is_number(node.lhs) else left
    card = str(node.modifier.card).rpartition(".")[2] if node.modifier else "OneToOne"
    if card in ("ManyToOne", "OneToMany"):
        many, one = (left, right) if card == "ManyToOne" else (right, left)
        added = frozenset(node.modifier.group_labels or ())
        walk.need(sorted(added), _joined(one), f"group_{'left' if many is left else 'right'} (...)")
        return tuple(None if labels is None else labels | added for labels in many)
    return (named,) if on else tuple(_minus(labels, named) for labels in left)


def _call(node: Any, walk: _Walk) -> Branches:
    name, results = node.func.name, [_visit(one, walk) for one in node.args]
    if name in _NO_LABELS or not results:
        return (frozenset(),)
    if name in _ABSENT:
        inner = node.args[0]
        matchers = as_selector(getattr(inner, "vector_selector", inner)).matchers if _selects(inner) else ()
        return (frozenset(label for label, operator, _ in matchers if operator == "="),)
    if name in ("label_replace", "label_join"):
        texts = [one.val for one in node.args[1:]]
        sources = [texts[2]] if name == "label_replace" else texts[2:]
        walk.need([one for one in sources if one], _joined(results[0]), f"{name} (...)")
        return tuple(None if labels is None else labels | {texts[0]} for labels in results[0])
    vectors = [result for one, result in zip(node.args, results, strict=True) if not _is_number(one)]
    if not vectors:
        return (frozenset(),)
    if name == "histogram_quantile":
        walk.need(["le"], _joined(vectors[0]), f"{name} (...)")
        return tuple(_minus(labels, frozenset({"le"})) for labels in vectors[0])
    return vectors[0]


def _selects(node: Any) -> bool:
    return type(node).__name__ in ("VectorSelector", "MatrixSelector")


def _is_number(node: Any) -> bool:
    """Whether a part is a scalar or a text: it has no labels, and does not take any away."""
    kind = type(node).__name__
    if kind in ("ParenExpr", "UnaryExpr"):
        return _is_number(node.expr)
    if kind == "BinaryExpr":
        return _is_number(node.lhs) and _is_number(node.rhs)
    return kind in ("NumberLiteral", "StringLiteral") or (kind == "Call" and node.func.name in ("time", "scalar", "pi"))


def _joined(branches: Branches) -> Labels:
    found: frozenset[str] = frozenset()
    for labels in branches:
        if labels is None:
            return None
        found |= labels
    return found


def _minus(labels: Labels, gone: frozenset[str]) -> Labels:
    return None if labels is None else labels - gone


_LABEL = re.compile(r"""(?:\$labels|\.Labels)\.(\w+)|index\s+\$labels\s+["'`](\w+)["'`]""")


def used_in_text(text: str) -> Iterator[str]:
    """Labels that a template of an annotation asks for."""
    for template in re.findall(r"\{\{(.*?)\}\}", text, re.DOTALL):
        for plain, indexed in _LABEL.findall(template):
            yield plain or indexed
