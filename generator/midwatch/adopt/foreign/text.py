"""A proposal as ``stack.yaml``: in the spec's own order, with where each value comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from midwatch.adopt.foreign.proposal import Proposal

_HEAD = (
    "# Proposed by midwatch from an existing stack. Read it, change what is wrong, then: midwatch generate",
    "# Everything that is not said here has a sensible default.",
)
_ORDER = ("name", "environment", "host", "retention", "workspace", "apps", "alerting", "redis", "collector", "backup",
          "runbooks", "images", "ports", "extra")  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*|[0-9]+[A-Za-z]+[0-9A-Za-z]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def spec_text(proposal: Proposal) -> str:
    """The text of ``stack.yaml``. Every value has its source in a comment."""
    ordered = {key: proposal.spec[key] for key in _ORDER if key in proposal.spec}
    return "\n".join((*_HEAD, *_lines(ordered, (), proposal))) + "\n"


def _lines(value: Mapping[str, Any], path: tuple[str, ...], proposal: Proposal) -> Iterator[str]:
    indent = "  " * len(path)
    for key, item in value.items():
        here = (*path, key)
        if isinstance(item, Mapping):
            why = proposal.reason(*here)
            yield f"{indent}{_scalar(key)}:" + (f" # {_comment(why)}" if why else "")
            yield from _lines(item, here, proposal)
        elif isinstance(item, list) and not any(isinstance(one, Mapping) for one in item):
            yield f"{indent}{_scalar(key)}: [{', '.join(map(_scalar, item))}]"
        elif isinstance(item, list):
            yield f"{indent}{key}:"
            reasons = [found.why for found in proposal.taken if found.key[0] == key]
            for one, why in zip(item, reasons, strict=True):
                yield f"{indent}  # {_comment(why)}"
                pairs = [f"{name}: {_scalar(one[name])}" for name in one]
                yield from (f"{indent}  {'- ' if index == 0 else '  '}{pair}" for index, pair in enumerate(pairs))
        else:
            why = proposal.reason(*here)
            yield f"{indent}{key}: {_scalar(item)}" + (f" # {_comment(why)}" if why else "")


def _scalar(value: object) -> str:
    """The value as YAML: plain where that cannot be misread, else in double quotes."""
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value.lower() not in _WORDS else json.dumps(value)
    return json.dumps(value)


def _comment(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+", " ", text)
