"""What a Prometheus configuration scrapes that is not part of the stack itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.adopt.foreign.proposal import Left
from midwatch.adopt.foreign.roles import roles
from midwatch.check.document import items
from midwatch.check.finding import Position
from midwatch.check.prometheus import Job, jobs
from midwatch.check.service import Service
from midwatch.check.stack import Stack


@dataclass(frozen=True, slots=True)
class Target:
    """One address that is scraped: host name, port, path of the metrics, the job that names it, and who scrapes it."""

    job: str
    host: str
    port: int
    path: str
    at: Position
    scraper: Service


def targets(stack: Stack) -> Iterator[Target | Left]:
    """Static targets that no component of the stack stands behind; jobs that find theirs another way are left."""
    own = {
        alias
        for name, role in roles(stack).items()
        if role.kind != "app"
        for alias in stack.services[name].aliases
    }  # fmt: skip
    seen: set[tuple[str, int]] = set()
    for job in jobs(stack):
        if why := _beyond(job):
            yield Left(f"scrape job {job.name}", why, job.at)
            continue
        for address in job.targets:
            host, _, port = address.rpartition(":")
            if not host or not port.isdigit():
                yield Left(f"scrape target {address} of job {job.name}", "its port is not said", job.at)
            elif host in own or host in ("localhost", "127.0.0.1", "[::1]") or (host, int(port)) in seen:
                continue
            else:
                seen.add((host, int(port)))
                path = str(job.raw.get("metrics_path") or "/metrics")
                yield Target(job.name, host, int(port), path, job.at, job.service)


def _beyond(job: Job) -> str:
    """Why an app of the spec cannot say what this job does; empty when it can."""
    discovery = [key for key in job.raw if str(key).endswith("_sd_configs") and items(job.raw[key])]
    if discovery:
        return f"it finds its targets by {discovery[0]}: put the job into a fragment (extra.prometheus)"
    if str(job.raw.get("scheme") or "http") != "http":
        return "it scrapes over https: put the job into a fragment (extra.prometheus)"
    if any(key in job.raw for key in ("basic_auth", "authorization", "oauth2")):
        return "it logs in: put the job into a fragment (extra.prometheus), its password into a secret"
    if job.raw.get("params"):
        return "it asks with parameters; the stack probes an app's health by itself (apps[].health)"
    return ""


def behind(stack: Stack, host: str) -> Service | None:
    """The service that answers to this name."""
    return next((service for service in stack.services.values() if host in service.aliases), None)
