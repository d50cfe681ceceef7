"""An alert about another alert says what that one would: its impact, its first action and its runbook.

Prometheus' ``ALERTS`` has the labels of what fires and none of its texts. So the texts of all alerts that may be meant
are in the rule, as one template with a branch for each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from midwatch.plan.model import Alert

QUOTED = ("impact", "action")


def quoting(alert: Alert, others: Sequence[Alert]) -> Alert:
    """``alert`` with the texts of the one of ``others`` that it is ``about``; its own stay for any other.

    The alert's expression has to keep the labels of what it is about: the texts may show them. They may show no value.
    """
    if not others:
        return alert
    label = alert.about
    base, _, page = alert.runbook_url.rpartition("/")
    names = "|".join(sorted({other.name for other in others}))
    known = (
        f'{{{{ if match "^({names})$" $labels.{label} }}}}{{{{ $labels.{label} }}}}.md{{{{ else }}}}{page}{{{{ end }}}}'
    )
    texts = {key: _branches(label, key, alert.annotations[key], others) for key in QUOTED}
    return replace(alert, annotations={**alert.annotations, **texts, "runbook_url": f"{base}/{known}"})


def _branches(label: str, key: str, otherwise: str, others: Sequence[Alert]) -> str:
    lines: list[str] = []
    word = "if"
    for condition, text in _cases(label, key, others):
        lines += [f"{{{{{'-' if lines else ''} {word} {condition} -}}}}", text]
        word = "else if"
    return "\n".join([*lines, "{{- else -}}", otherwise, "{{- end }}"])


def _cases(label: str, key: str, others: Sequence[Alert]) -> Iterator[tuple[str, str]]:
    """A condition and a text: by the name alone where all rules of that name say the same, else by component too."""
    texts: dict[str, dict[str, str]] = {}
    for other in others:
        texts.setdefault(other.name, {})[other.labels["component"]] = other.annotations[key]
    for name, by_component in sorted(texts.items()):
        named = f"eq $labels.{label} {json.dumps(name)}"
        for common in (set(by_component.values()), {_of_any(*one) for one in by_component.items()}):
            if len(common) == 1:
                yield named, common.pop()
                break
        else:
            for component, text in by_component.items():
                yield f"and ({named}) (eq $labels.component {json.dumps(component)})", text


def _of_any(component: str, text: str) -> str:
    """A text that names its component only where the label would."""
    return text.replace(component, "{{ $labels.component }}")


def rule_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Those that say something, in the order in which a rule has them."""
    order = ("summary", "description", "impact", "action", "runbook_url")
    return {key: texts[key] for key in order if texts.get(key)}
