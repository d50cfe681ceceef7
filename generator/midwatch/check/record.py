"""The record of what a component exports: `metrics.txt`, one line a metric.

    # Comment lines at the top.
    redis_up gauge -
    redis_errors_total counter err
    probe_ssl_earliest_cert_expiry gauge -  # https addresses only: prober/http.go

Name, type, and the labels that the program gives it, as Prometheus has them after scraping; `-` for none. The labels
that scraping adds (job, instance, service ...) are not listed: prometheus.yml says which those are. A comment behind a
line says where it comes from, when the running program did not show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from midwatch.errors import BlueprintError

TYPES = ("counter", "gauge", "histogram", "summary", "info", "stateset", "unknown")
_LINE = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*) (?P<type>[a-z]+) (?P<labels>-|[^\s,]+(?:,[^\s,]+)*)(?:\s+# (?P<source>\S.*))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric by the name that a query uses. ``source`` is empty where the running program showed it."""

    name: str
    type: str
    labels: frozenset[str]
    source: str = ""

    def __str__(self) -> str:
        line = f"{self.name} {self.type} {','.join(sorted(self.labels)) or '-'}"
        return f"{line}  # {self.source}" if self.source else line


Record = Mapping[str, Metric]


def parse_record(text: str, where: str = "metrics.txt") -> Record:
    """The metrics of a record by name. Raises BlueprintError with the line that is no such line, or is there twice."""
    found: dict[str, Metric] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if not match or match["type"] not in TYPES:
            raise BlueprintError(
                f"{where}:{number}: not 'name type labels': {line}", hint="as in: redis_errors_total counter err"
            )
        if match["name"] in found:
            raise BlueprintError(f"{where}:{number}: {match['name']} is there twice", hint="keep one of the lines")
        labels = frozenset(() if match["labels"] == "-" else match["labels"].split(","))
        found[match["name"]] = Metric(match["name"], match["type"], labels, match["source"] or "")
    return found


def write_record(header: Iterable[str], metrics: Iterable[Metric]) -> str:
    """The text of a record: comment lines, then a line for each metric by name."""
    lines = [f"# {line}".rstrip() for line in header] + [str(one) for one in sorted(metrics, key=lambda one: one.name)]
    return "\n".join(lines) + "\n"
