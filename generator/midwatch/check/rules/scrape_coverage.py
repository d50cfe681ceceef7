"""Prometheus scrapes every service that has metrics."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.catalogue import components, serves
from midwatch.check.finding import Blocker
from midwatch.check.prometheus import Job, jobs
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    known = list(jobs(stack))
    if not known:
        return
    hosts = {target.partition(":")[0] for job in known for target in (*job.targets, *job.asked)}
    for service in stack.services.values():
        component = components().get(serves(service.name, stack.spec))
        exports = component.scraped if component else "exporter" in service.repository
        if exports and not service.aliases & hosts:
            yield flaw(stack, service, "has metrics that Prometheus does not scrape")
    for job in known:
        for target in job.targets:
            yield from _unreachable(stack, job, target.partition(":")[0])


def _unreachable(stack: Stack, job: Job, host: str) -> Iterator[Flaw]:
    service = next((service for service in stack.services.values() if host in service.aliases), None)
    if service is None or not service.networks or not job.service.networks:
        return
    if not set(service.networks) & set(job.service.networks):
        text = f"{job.service.name}: shares no network with {service.name}, which job {job.name} scrapes"
        yield Flaw(text, job.at, job.service.name)


RULE = Rule(
    id="scrape-coverage",
    title="Prometheus scrapes every service that has metrics, and can reach what it scrapes",
    why=(
        "What is not scraped has no alerts that can fire. A target on another network is down from the "
        "first day, and people learn to ignore it."
    ),
    fix="add a scrape job for the service, and a network that both are on",
    blocker=Blocker.SILENT_FAILURE,
    check=_check,
    good="scrape_configs:\n  - job_name: redis-exporter\n    static_configs:\n      - targets: [redis-exporter:9121]",
    bad="# no job has redis-exporter as a target",
)
