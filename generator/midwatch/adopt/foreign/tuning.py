"""What somebody tuned in the old stack and the proposed spec does not say: named, each with where it can be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from midwatch.adopt.foreign.proposal import Left
from midwatch.adopt.foreign.roles import roles
from midwatch.check.document import Document, items, mapping
from midwatch.check.kinds import Kind
from midwatch.check.prometheus import jobs
from midwatch.check.service import Service
from midwatch.check.stack import Stack
from midwatch.spec.quantity import readable_size

_FRAGMENT = "the stack has its own; to keep yours, say it in a fragment (extra.{})"
_GLOBALS = ("scrape_interval", "scrape_timeout", "evaluation_interval")
_TIMINGS = ("group_by", "group_wait", "group_interval", "repeat_interval")
_JOB = ("scrape_interval", "scrape_timeout", "relabel_configs", "metric_relabel_configs")


def tuning(stack: Stack) -> Iterator[Left]:
    """Limits, intervals, labels and the rhythm of messages."""
    yield from _limits(stack)
    yield from _prometheus(stack)
    yield from _alertmanager(stack)


def _limits(stack: Stack) -> Iterator[Left]:
    """One line for all of them: they are one decision."""
    said: list[str] = []
    first: Service | None = None
    for name, role in roles(stack).items():
        service = stack.services[name]
        limits = [readable_size(service.memory_limit)] if service.memory_limit else []
        limits += [f"{service.cpu_limit:g} cpus"] if service.cpu_limit else []
        if role.kind == "same" and limits:
            said.append(f"{name} {' and '.join(limits)}")
            first = first or service
    if first:
        why = "the plan divides host.memory and host.cpus among the services; 'midwatch plan' says how much each gets"
        yield Left(f"limits: {', '.join(said)}", why, stack.service_at(first))


def _prometheus(stack: Stack) -> Iterator[Left]:
    for document in _documents(stack, Kind.PROMETHEUS):
        for key in _GLOBALS:
            if (value := document.get("global", key)) is not None:
                yield Left(f"{key} {value}", _FRAGMENT.format("prometheus"), document.at("global", key))
        for label, value in mapping(document.get("global", "external_labels")).items():
            why = "the stack says name, environment and workspace; whoever asks for yours needs a fragment " \
                  "(extra.prometheus)"  # fmt: skip
            yield Left(f"external label {label}={value}", why, document.at("global", "external_labels", label))
        for key in ("remote_write", "remote_read"):
            if items(document.get(key)):
                yield Left(key, "put it into a fragment (extra.prometheus)", document.at(key))
    for job in jobs(stack):
        said = _said(job.raw, _JOB)
        if said:
            yield Left(f"scrape job {job.name}: {said}", _FRAGMENT.format("prometheus"), job.at)


def _alertmanager(stack: Stack) -> Iterator[Left]:
    for document in _documents(stack, Kind.ALERTMANAGER):
        for key in _TIMINGS:
            if (value := document.get("route", key)) is not None:
                said = ", ".join(map(str, value)) if isinstance(value, list) else value
                yield Left(f"{key} {said}", _FRAGMENT.format("alertmanager"), document.at("route", key))
        for key in ("time_intervals", "mute_time_intervals"):
            if items(document.get(key)):
                yield Left(key, "put them into a fragment (extra.alertmanager)", document.at(key))


def _documents(stack: Stack, kind: Kind) -> Iterator[Document]:
    return (use.file.document for use in stack.uses(kind) if use.file.document)


def _said(raw: Mapping[Any, Any], keys: tuple[str, ...]) -> str:
    """The keys that are given: with their value where that is one word, else by name."""
    found = ((key, raw[key]) for key in keys if raw.get(key) not in (None, [], {}))
    return ", ".join(key if isinstance(value, list | dict) else f"{key} {value}" for key, value in found)
