"""Numbers that follow from other numbers: a component's ``facts`` and exact needs."""

from __future__ import annotations

from collections.abc import Mapping

from midwatch.errors import BlueprintError
from midwatch.plan.catalogue import Derived
from midwatch.spec.model import Spec

ROUND = {"one": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def spec_value(spec: Spec, path: str) -> object:
    """The value at a dotted path of the spec, a number being a place in a list; None where what holds it was left out.

    Raises BlueprintError when there is no such key.
    """
    value: object = spec
    for part in path.split("."):
        if value is None:
            break
        try:
            value = value[int(part)] if isinstance(value, tuple) else getattr(value, part)
        except (AttributeError, ValueError, IndexError) as error:
            raise BlueprintError(f"the spec has no '{path}'") from error
    return value


def derive(rule: Derived, known: Mapping[str, float], spec: Spec) -> int:
    """Apply one rule. ``known`` maps the names that ``of`` may use to their values.

    Raises BlueprintError when ``of`` names something unknown or not a number.
    """
    value: object = spec_value(spec, rule.of[5:]) if rule.of.startswith("spec.") else known.get(rule.of)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BlueprintError(f"'{rule.of}' is not a known number; known: {', '.join(sorted(known))}")
    result = max(value * rule.times + rule.plus, rule.min)
    if rule.max is not None:
        result = min(result, rule.max)
    step = ROUND[rule.round]
    return int(result) // step * step


def derive_all(rules: Mapping[str, Derived], known: Mapping[str, float], spec: Spec) -> dict[str, int]:
    """All facts of a component, in the order in which they are written; later ones may use earlier ones."""
    values: dict[str, float] = dict(known)
    facts: dict[str, int] = {}
    for name, rule in rules.items():
        facts[name] = derive(rule, values, spec)
        values[f"facts.{name}"] = facts[name]
    return facts
