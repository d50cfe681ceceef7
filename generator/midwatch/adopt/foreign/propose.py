"""From a parsed stack to a proposed spec that is valid."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.adopt.foreign import receivers, rules, stores, tuning, wholes
from midwatch.adopt.foreign.apps import App, apps
from midwatch.adopt.foreign.proposal import Found, Left, Proposal, Taken, nested, split
from midwatch.adopt.foreign.roles import roles
from midwatch.adopt.foreign.text import spec_text
from midwatch.check.stack import Stack
from midwatch.errors import Problem, SpecError, TargetError


def propose(stack: Stack) -> Proposal:
    """The spec that reproduces what it can of this stack. What the spec would refuse is left, with the reason.

    Raises TargetError when the compose file cannot be read or holds no services.
    """
    if not stack.services:
        problems = [Problem(text, at.file, at.line, at.column) for at, text in stack.problems]
        raise TargetError(f"{stack.folder} holds no stack that can be read", problems=problems)
    taken, left = split(_found(stack))
    for _ in range(len(taken) + 1):
        proposal = Proposal(_spec(taken), tuple(taken), tuple(left))
        refused = _refused(proposal, taken)
        if not refused:
            break
        for found, why in refused:
            taken.remove(found)
            left.append(Left(f"{found.why}: {found.value}", f"the spec does not allow it: {why}", found.at))
    return proposal


def _found(stack: Stack) -> Iterator[Found]:
    yield from wholes.name(stack)
    yield from wholes.host(stack)
    yield from stores.metrics(stack)
    yield from stores.logs(stack)
    for number, app in enumerate(apps(stack)):
        if isinstance(app, App):
            yield Taken(("apps", str(number)), app.values, app.why, app.at)
        else:
            yield app
    yield from receivers.receivers(stack)
    yield from stores.redis(stack)
    yield from stores.traces(stack)
    yield from wholes.images(stack)
    yield from wholes.ports(stack)
    for service, role in roles(stack).items():
        if role.kind == "successor":
            yield Left(f"service {service}", role.why, stack.service_at(stack.services[service]))
    yield from rules.own_rules(stack)
    yield from tuning.tuning(stack)


def _spec(taken: list[Taken]) -> dict[str, object]:
    """Apps become a list; their keys are only numbers to tell them apart."""
    spec = nested(taken)
    if "apps" in spec:
        spec["apps"] = list(spec["apps"].values())
    return spec


def _refused(proposal: Proposal, taken: list[Taken]) -> list[tuple[Taken, str]]:
    """What the spec or the plan says against single values; whatever is wrong otherwise is ours, and is raised."""
    from midwatch.plan.build import build
    from midwatch.render.project import known
    from midwatch.spec.load import parse

    try:
        build(parse(spec_text(proposal), known=known()))
    except SpecError as error:
        refused = {}
        for problem in error.problems:
            found = _source(problem.key, taken)
            if found is None:
                raise
            refused[found.key] = (found, problem.message)
        return list(refused.values())
    return []


def _source(key: str, taken: list[Taken]) -> Taken | None:
    apps = [found for found in taken if found.key[0] == "apps"]
    if key.startswith("apps["):
        index = int(key[5:].partition("]")[0])
        return apps[index] if index < len(apps) else None
    return next((found for found in taken if key.startswith(".".join(found.key)) and found.key != ("name",)), None)
