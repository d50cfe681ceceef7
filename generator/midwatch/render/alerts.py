"""The alert catalogue: one Markdown file per alert, with the rule, its tests and its runbook.

The front matter is a template and then YAML; the body is the runbook. docs/reference/blueprints.md describes the keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from midwatch.errors import BlueprintError
from midwatch.plan.model import Alert, AlertSeries, Disabled, Plan
from midwatch.plan.yamlfile import parse_yaml
from midwatch.render.environment import render_template, render_text
from midwatch.render.language import ENGLISH, in_language, language_of
from midwatch.render.loader import halves
from midwatch.render.quoting import quoting, rule_texts
from midwatch.render.spoken import SPANS
from midwatch.spec.model.alerting import AlertOverride
from midwatch.spec.quantity import format_duration, parse_duration

if TYPE_CHECKING:
    from jinja2 import Environment

_LINE = r"^{}:\s*(.+?)\s*(?:\s#.*)?$"
_REPEAT = re.compile(r"x(\d+)\s*$")
_STEP = 15

FOREACH: Mapping[str, Callable[[Plan], tuple[Any, ...]]] = {
    "services": lambda plan: plan.services,
    "lasting": lambda plan: tuple(service for service in plan.services if not service.one_shot),
    "scraped": lambda plan: tuple(service for service in plan.services if service.scrape),
    "probed": lambda plan: tuple(service for service in plan.services if service.health),
    "backups": lambda plan: tuple(service for service in plan.services if service.saves),
    "apps": lambda plan: plan.apps,
    "scraped_apps": lambda plan: tuple(app for app in plan.apps if app.metrics_path),
    "probed_apps": lambda plan: tuple(app for app in plan.apps if app.health_url),
}
"""What one rule per item may be made for; an alert whose list is empty has no rule."""


class _Case(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    series: dict[str, str | int | float]
    at: str
    fires: list[dict[str, str]] = Field(default_factory=list)
    interval: str = "15s"


class _Front(BaseModel):
    model_config = ConfigDict(extra="forbid")
    severity: Literal["critical", "warning", "info"]
    for_: str = Field(alias="for")
    expr: str
    summary: str
    impact: str
    action: str
    description: str = ""
    threshold: float | None = None
    unit: str = ""
    """Of the threshold."""
    range: tuple[float, float] | None = None
    """Least and most that the spec may give; what a spec is held against is read by ``plan.overridable``."""
    foreach: (
        Literal["services", "lasting", "scraped", "probed", "backups", "apps", "scraped_apps", "probed_apps"] | None
    ) = None
    when: bool = True
    """False where the plan has no use for the alert: then it has no rule and no runbook page."""
    about: str = ""
    """The label that names another alert: the rule then tells the impact, action and runbook of that one."""
    required: bool = False
    """True where the stack cannot do without: the spec may not switch it off."""
    labels: dict[str, str] = Field(default_factory=dict)
    tests: list[_Case] = Field(min_length=2)

    @model_validator(mode="after")
    def _measured(self) -> _Front:
        if (self.threshold is None) != (not self.unit):
            raise ValueError("threshold and unit go together: a number that nobody can read helps nobody")
        if self.unit and self.unit != "ratio" and self.range is None:
            raise ValueError("range is missing: the least and the most that the threshold may be")
        return self


@dataclass(frozen=True, slots=True)
class AlertCatalogue:
    """The alerts of a plan, and those that the spec switched off."""

    alerts: tuple[Alert, ...]
    disabled: tuple[Disabled, ...]


def load(env: Environment, folder: Path, plan: Plan, context: Mapping[str, Any]) -> AlertCatalogue:
    """All alerts of the plan's components, rendered.

    Raises BlueprintError that names the file.
    """
    alerts: list[Alert] = []
    disabled: list[Disabled] = []
    for service in plan.services:
        for path in sorted((folder / service.component / "alerts").glob("*.md")):
            if language_of(path) != ENGLISH:
                continue
            override = plan.spec.alerting.overrides.get(path.stem, AlertOverride())
            rules = list(_rules(env, path, folder, plan, {**context, "service": service}, override))
            if override.off:
                disabled += [Disabled(rule.name, rule.severity, rule.impact) for rule in rules[:1]]
            else:
                alerts += rules
    meant = [alert for alert in alerts if not alert.about]
    return AlertCatalogue(tuple(_told(alert, meant) for alert in alerts), tuple(disabled))


def _told(alert: Alert, meant: Sequence[Alert]) -> Alert:
    """An alert about other alerts, of its own severity, with their texts."""
    if not alert.about:
        return alert
    return quoting(alert, [other for other in meant if other.severity == alert.severity])


def _key(name: str, text: str) -> str:
    """The value of a key of one line, read before the template is rendered; empty where there is none."""
    found = re.search(_LINE.format(name), text, re.MULTILINE)
    return found.group(1) if found else ""


def _rules(
    env: Environment, path: Path, folder: Path, plan: Plan, context: dict[str, Any], override: AlertOverride
) -> Iterator[Alert]:
    source = path.relative_to(folder).as_posix()
    text = path.read_text(encoding="utf-8")
    front = halves(text, source)["front"]
    context |= {"span": SPANS[plan.spec.runbooks.language], **_threshold(env, front, source, context, override)}
    texts = in_language(path, plan.spec.runbooks.language)
    runbook = render_template(env, f"{texts.relative_to(folder).as_posix()}::body", context).strip("\n") + "\n"
    for item in _items(front, plan):
        values = _values(env, path, folder, item, context)
        if texts != path:
            values |= _values(env, texts, folder, item, context)
        data = _front(values, source)
        if data.when:
            yield _alert(data, path, source, plan, runbook, override)


def _values(env: Environment, path: Path, folder: Path, item: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """The front matter of one file; that of another language holds the texts alone."""
    name = path.relative_to(folder).as_posix()
    return parse_yaml(render_template(env, f"{name}::front", {**context, "item": item}), path)


def _items(front: str, plan: Plan) -> tuple[Any, ...]:
    found = _key("foreach", front)
    return FOREACH[found](plan) if found in FOREACH else (None,)


def _threshold(
    env: Environment, front: str, source: str, context: Mapping[str, Any], override: AlertOverride
) -> dict[str, Any]:
    """``threshold`` (the spec's wins), and ``above`` and ``below``, close to it, for the tests."""
    found = _key("threshold", front)
    if not found:
        return {}
    value = override.threshold
    if value is None:
        value = float(render_text(env, found, source, context))
    shown = int(value) if value == int(value) else value
    return {"threshold": shown, "above": round(value * 1.01, 6), "below": round(value * 0.99, 6)}


def _front(data: dict[str, Any], source: str) -> _Front:
    try:
        return _Front.model_validate(data)
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BlueprintError(f"{source}: {lines}") from error


def _alert(front: _Front, path: Path, source: str, plan: Plan, runbook: str, override: AlertOverride) -> Alert:
    usual = parse_duration(front.for_)
    lasts = usual if override.for_ is None else override.for_
    base = plan.spec.runbooks.base_url or f"http://127.0.0.1:{plan.spec.ports.runbooks}"
    component = path.parent.parent.name
    severity = override.severity or front.severity
    labels = {"severity": severity, "component": component, **front.labels}
    url = f"{base.rstrip('/')}/{path.stem}.md"
    return Alert(
        name=path.stem,
        component=component,
        group=component,
        expr=front.expr.strip(),
        for_=format_duration(lasts),
        severity=severity,
        summary=front.summary,
        description=front.description,
        impact=front.impact,
        action=front.action,
        runbook_url=url,
        annotations=rule_texts({**front.model_dump(), "runbook_url": url}),
        labels=labels,
        tests=tuple(_case(case, _evaluated(lasts) - _evaluated(usual)) for case in front.tests),
        runbook=runbook,
        source=source,
        threshold=override.threshold if override.threshold is not None else front.threshold,
        unit=front.unit,
        about=front.about,
    )


def _evaluated(lasts: int) -> int:
    """How long an alert is pending in the tests, which evaluate every 15 s."""
    return -(-lasts // _STEP) * _STEP


def _case(case: _Case, later: int) -> AlertSeries:
    """A test case; when the spec changed ``for``, everything happens that many seconds later."""
    more = max(0, -(-later // parse_duration(case.interval)))
    series = {
        name: _REPEAT.sub(lambda found: f"x{int(found.group(1)) + more}", str(values))
        for name, values in case.series.items()
    }
    # A silent case may be silent only because `for` has not passed; waiting no longer keeps it honest.
    at = parse_duration(case.at) + (max(later, -parse_duration(case.at)) if case.fires else 0)
    return AlertSeries(case.name, series, format_duration(at), tuple(case.fires), case.interval)
