"""Metrics and matchers of a PromQL expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Selector:
    """One metric of an expression, with its matchers as (label, operator, value)."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...] = ()

    @property
    def jobs(self) -> frozenset[str]:
        """Jobs that it names: of an equality matcher on ``job``, or of a plain alternation; else none."""
        for label, operator, value in self.matchers:
            if label == "job" and operator == "=":
                return frozenset({value})
            if label == "job" and operator == "=~" and re.fullmatch(r"[\w-]+(?:\|[\w-]+)*", value):
                return frozenset(value.split("|"))
        return frozenset()

    def takes(self, job: str) -> bool:
        """Whether its matchers on ``job`` let series of this job through."""
        return all(_matches(operator, value, job) for label, operator, value in self.matchers if label == "job")


def parse(expr: str) -> Any:
    """The tree of an expression. Raises ValueError when it cannot be parsed."""
    import promql_parser  # a compiled module: only where there are alerts to read

    return promql_parser.parse(expr)


def selectors(expr: str) -> list[Selector]:
    """Metrics that an expression reads. Raises ValueError when it cannot be parsed."""
    found: list[Selector] = []
    pending: list[Any] = [parse(expr)]
    while pending:
        node = pending.pop()
        if type(node).__name__ == "VectorSelector":
            found.append(as_selector(node))
        children = (getattr(node, name, None) for name in ("lhs", "rhs", "expr", "vector_selector", "param"))
        pending += [child for child in children if child is not None and not callable(child)]
        pending += getattr(node, "args", None) or []
    return found


def as_selector(node: Any) -> Selector:
    """A VectorSelector of the parser as ours; a name given by a matcher is its metric."""
    signs = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
    name, matchers = node.name or "", []
    for one in node.matchers.matchers:
        sign = signs[str(one.op).rpartition(".")[2].partition("(")[0]]
        if one.name == "__name__":
            name = one.value if sign == "=" else name
        else:
            matchers.append((one.name, sign, one.value))
    return Selector(name, tuple(matchers))


def _matches(operator: str, wanted: str, value: str) -> bool:
    if operator in ("=", "!="):
        return (value == wanted) == (operator == "=")
    try:
        return bool(re.fullmatch(wanted, value)) == (operator == "=~")
    except re.error:
        return True  # RE2 knows what Python does not
