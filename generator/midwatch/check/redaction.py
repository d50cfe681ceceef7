"""What the pipelines of a collector remove: each step that takes something out, as far as a configuration tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from midwatch.check.document import Document, items, mapping

STATEMENTS = {"logs": "log_statements", "metrics": "metric_statements", "traces": "trace_statements"}
"""Signal -> where a transform processor keeps its statements about it."""
REPLACEMENT = {"replace_pattern": 1, "replace_match": 1, "replace_all_matches": 1, "replace_all_patterns": 2}
"""Function that replaces text -> which of its literals is what stands there afterwards."""
REMOVING = frozenset({"delete_key", "delete_matching_keys", "keep_keys", "keep_matching_keys"})
CONTEXTS = frozenset({"resource", "scope", "log", "span", "spanevent", "metric", "datapoint"})
BODY, ATTRIBUTES = "log.body", "log.attributes"
_CALL = re.compile(r"\s*(\w+)\(\s*([\w.]+)")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WHERE = re.compile(r"\)\s+where\s+(.*)$", re.S)
_HASH = re.compile(r"\b(?:SHA\d+|MD5|FNV|XXH\d+|Murmur3\w*)\(")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a processor takes out. Two of the same ``kind`` do the same to the same, by other patterns."""

    processor: str
    kind: tuple[str, ...]
    text: str
    targets: frozenset[str]
    strict: bool = True
    """Whether what could not be cleaned is held back."""


def steps(document: Document, signal: str, pipeline: Any) -> list[Step]:
    """What a pipeline of this signal (``logs``, ``metrics``, ``traces``) takes out, in its order."""
    known = mapping(document.get("processors"))
    return [
        step
        for name in map(str, items(mapping(pipeline).get("processors")))
        for step in _of(name, mapping(known.get(name)), signal)
    ]


def _of(name: str, raw: Mapping[str, Any], signal: str) -> Iterator[Step]:
    match name.partition("/")[0]:
        case "transform":
            yield from _transform(name, raw, signal)
        case "redaction":
            yield from _redaction(name, raw)
        case "attributes":
            for action in map(mapping, items(raw.get("actions"))):
                if action.get("action") in {"delete", "hash"}:
                    what = str(action.get("key") or action.get("pattern"))
                    yield Step(name, ("attributes", what), what, frozenset({ATTRIBUTES}))


def _redaction(name: str, raw: Mapping[str, Any]) -> Iterator[Step]:
    for key, targets in {"blocked_values": {BODY, ATTRIBUTES}, "blocked_key_patterns": {ATTRIBUTES}}.items():
        for pattern in items(raw.get(key)):
            yield Step(name, ("redaction", key), str(pattern), frozenset(targets))
    if raw.get("allow_all_keys") is not True:
        yield Step(name, ("redaction", "allowed_keys"), "allowed_keys", frozenset({ATTRIBUTES}))
    if raw.get("redact_all_types") is True:
        yield Step(name, ("redaction", "redact_all_types"), "redact_all_types", frozenset())


def _transform(name: str, raw: Mapping[str, Any], signal: str) -> Iterator[Step]:
    found = []
    for group in items(raw.get(STATEMENTS.get(signal, ""))):
        # A group may be a statement by itself.
        held = mapping(group) if isinstance(group, dict) else {"statements": [group]}
        mode = held.get("error_mode") or raw.get("error_mode") or "propagate"
        conditions = tuple(map(str, items(held.get("conditions"))))
        for statement in map(str, items(held.get("statements"))):
            kind, targets = _removes(statement, str(held.get("context") or ""))
            found.append(Step(name, (*kind, *conditions), statement, targets, mode == "propagate"))
    # The other statements of one that removes prepare it: without them it finds nothing.
    yield from found if any(step.targets for step in found) else ()


def _removes(statement: str, context: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Its kind (function, target, what stands there afterwards, and when) and what it takes something out of, if it
    does. The pattern is left out of the kind: whoever tunes it takes nothing away."""
    call = _CALL.match(statement)
    if call is None:
        return (statement,), frozenset()
    function, path = call.groups()
    target = path if path.partition(".")[0] in CONTEXTS or not context else f"{context}.{path}"
    literals = _LITERAL.findall(statement)
    if (place := REPLACEMENT.get(function, 0)) and len(literals) > place:
        when = found[1] if (found := _WHERE.search(statement)) else ""
        return (function, target, *literals[: place - 1], literals[place], when), frozenset({target})
    removes = function in REMOVING or (function == "set" and _HASH.search(statement))
    return (statement,), frozenset({target} if removes else ())
