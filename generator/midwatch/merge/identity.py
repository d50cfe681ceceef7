"""The one table: which list is matched by what. Never by index, where anything better identifies an item.

A list that is not in the table is ``ordered``: items are aligned like lines; two changes at the same place conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from midwatch.check.kinds import Kind
from midwatch.merge import forms, meaning
from midwatch.merge.forms import Form

How = Literal["keyed", "set", "ordered", "whole", "table"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How a list, or a value with two forms, is compared.

    ``keyed``: items by what ``key`` says; ``set``: each item by its own value; ``ordered``: aligned, by content;
    ``whole``: one value; ``table``: a mapping that may be written as a list.
    ``in_order``: the order of a keyed list means something. ``item``: the short form of an item; ``form``: of all.
    """

    how: How
    by: str = "item"
    key: Callable[[Any], str | None] | None = None
    in_order: bool = False
    item: Form | None = None
    form: Form | None = None


def _field(*names: str) -> Callable[[Any], str | None]:
    """Identity by the first of these keys that the item has."""

    def key(item: Any) -> str | None:
        values = (item.get(name) for name in names) if isinstance(item, dict) else ()
        return next((str(value) for value in values if value is not None), None)

    return key


def _both(*names: str) -> Callable[[Any], str | None]:
    """Identity by all of these keys together."""

    def key(item: Any) -> str | None:
        if not isinstance(item, dict) or not any(name in item for name in names):
            return None
        return ", ".join(_text(item[name]) for name in names if name in item)

    return key


def _matching(*names: str) -> Callable[[Any], str | None]:
    """The same for lists of matchers, however each is written."""
    key = _both(*names)

    def read(item: Any) -> str | None:
        if not isinstance(item, dict):
            return None
        lists = {name: item[name] for name in names if isinstance(item.get(name), list)}
        return key({**item, **{name: [meaning.matcher(one) for one in found] for name, found in lists.items()}})

    return read


def _alert(item: Any) -> str | None:
    """A rule by its name and what it watches: of alerts of one name there is one for each component. By that also where
    there is one alone, or another app would make it another alert."""
    name = _field("alert", "record")(item)
    labels = item.get("labels") if isinstance(item, dict) else None
    of = _field("component", "app", "service")(labels)
    return f"{name} {of}" if name and of and "{{" not in of else name


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(item)}" for key, item in sorted(value.items(), key=str)) + "}"
    return ", ".join(sorted(map(_text, value))) if isinstance(value, list) else str(value)


def _port(item: Any) -> str | None:
    target = item.get("target") if isinstance(item, dict) else None
    return None if target is None else f"{target}/{item.get('protocol', 'tcp')}"


def _tmpfs(item: Any) -> str | None:
    return item.partition(":")[0] if isinstance(item, str) else None


def _device(item: Any) -> str | None:
    return (item.split(":") * 2)[1] if isinstance(item, str) else _field("target", "source")(item)


_PORTS = Rule("keyed", "target", _port, item=forms.PORT)
_MOUNTS = Rule("keyed", "target", _field("target"), item=forms.MOUNT)
_GRANTS = Rule("keyed", "source", _field("source"), item=forms.GRANT)
_PAIRS = Rule("table", form=forms.PAIRS)
_NAMES = Rule("table", form=forms.NAMES)
_NEEDS = Rule("table", form=forms.NEEDS)
_FLAGS = Rule("keyed", "flag", in_order=True, form=forms.WORDS)
"""The key of a flag depends on its neighbours: see ``midwatch.merge.flags``."""
_NAME = Rule("keyed", "name", _field("name"))
_SET, _ORDERED, _WHOLE = Rule("set"), Rule("ordered"), Rule("whole")
_MATCHERS = Rule("set", key=meaning.matcher)
_JOBS = Rule("keyed", "job_name", _field("job_name"))

_SERVICE: Mapping[str, Rule] = {
    "ports": _PORTS, "volumes": _MOUNTS, "secrets": _GRANTS, "configs": _GRANTS,
    "environment": _PAIRS, "labels": _PAIRS, "annotations": _PAIRS, "sysctls": _PAIRS,
    "networks": _NAMES, "depends_on": _NEEDS,
    "command": _FLAGS, "entrypoint": _FLAGS,
    "tmpfs": Rule("keyed", "target", _tmpfs), "devices": Rule("keyed", "target", _device),
    "cap_add": _SET, "cap_drop": _SET, "security_opt": _SET, "profiles": _SET, "expose": _SET, "group_add": _SET,
    "dns": _ORDERED, "env_file": _ORDERED,
}  # fmt: skip

TABLE: Mapping[Kind, Mapping[str, Rule]] = {
    Kind.COMPOSE: {
        **{f"services.*.{key}": rule for key, rule in _SERVICE.items()},
        "services.*.networks.*.aliases": _SET,
        "services.*.healthcheck.test": _WHOLE,
        "services.*.build.args": _PAIRS,
        "services.*.deploy.labels": _PAIRS,
        "networks.*.labels": _PAIRS,
        "volumes.*.labels": _PAIRS,
    },
    Kind.PROMETHEUS: {
        "**.scrape_configs": _JOBS,
        "**.static_configs.*.targets": _SET,
        "rule_files": _SET,
        "scrape_config_files": _SET,
        "otlp.promote_resource_attributes": _SET,
        "remote_write": Rule("keyed", "name", _field("name", "url")),
        "remote_read": Rule("keyed", "name", _field("name", "url")),
    },
    Kind.RULES: {
        "groups": _NAME,
        "groups.*.rules": Rule("keyed", "name", _alert, in_order=True),
    },
    Kind.RULE_TESTS: {
        "rule_files": _SET,
        "tests": _NAME,
        "tests.*.input_series": Rule("keyed", "series", _field("series")),
        "tests.*.alert_rule_test": Rule("keyed", "alertname", _both("alertname", "eval_time")),
        "tests.*.promql_expr_test": Rule("keyed", "expr", _both("expr", "eval_time")),
    },
    Kind.ALERTMANAGER: {
        "receivers": _NAME,
        "time_intervals": _NAME,
        "mute_time_intervals": _NAME,
        "**.routes": Rule("keyed", "matchers", _matching("matchers", "match", "match_re"), in_order=True),
        "**.matchers": _MATCHERS,
        "**.source_matchers": _MATCHERS,
        "**.target_matchers": _MATCHERS,
        "**.equal": _SET,
        "**.group_by": _SET,
        "**.active_time_intervals": _SET,
        "**.mute_time_intervals": _SET,
        "templates": _SET,
        "inhibit_rules": Rule(
            "keyed", "matchers", _matching("source_matchers", "target_matchers", "source_match", "target_match")
        ),
    },
    Kind.ROUTE_TESTS: {"": Rule("keyed", "labels", _both("labels"))},
    Kind.COLLECTOR: {
        "service.extensions": _SET,
        "service.pipelines.*.receivers": _SET,
        "service.pipelines.*.exporters": _SET,
        "service.pipelines.*.processors": _ORDERED,
        "**.scrape_configs": _JOBS,
        "**.include": _SET,
        "**.exclude": _SET,
        "processors.*.keys": _SET,
        "processors.*.blocked_values": _SET,
        "processors.*.blocked_key_patterns": _SET,
    },
    Kind.LOKI: {
        "schema_config.configs": Rule("keyed", "from", _field("from"), in_order=True),
        "limits_config.discover_service_name": _ORDERED,
        "**.attributes": _SET,
    },
    Kind.BLACKBOX: {"modules.*.*.valid_status_codes": _SET},
}  # fmt: skip
"""Kind of file -> place -> rule. In a place ``*`` is any key or item, and ``**`` any number of them, or none: the
first place that fits counts."""

_BY_LAST = {
    kind: {
        last: tuple((tuple(place.split(".")), rule) for place, rule in places.items() if place.split(".")[-1] == last)
        for last in {place.split(".")[-1] for place in places}
    }
    for kind, places in TABLE.items()
}


def rule(kind: Kind, at: tuple[Any, ...]) -> Rule | None:
    """The rule of the table for the value at these keys and indexes; None where it has none."""
    named = at[-1] if at else ""
    for place, found in _BY_LAST.get(kind, {}).get(named, ()) if isinstance(named, str) else ():
        if _fits(place, at):
            return found
    return None


def _fits(place: tuple[str, ...], at: tuple[Any, ...]) -> bool:
    if place[0] == "**":
        place, at = place[1:], at[len(at) - len(place) + 1 :] if len(at) >= len(place) - 1 else ()
    if place == ("",):
        return not at
    return len(place) == len(at) and all(want in ("*", step) for want, step in zip(place, at, strict=True))
