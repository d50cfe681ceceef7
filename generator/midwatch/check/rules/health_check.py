"""Every service has a health check with times of its own."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack

TIMES = ("interval", "timeout", "retries", "start_period")


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    if service.one_shot:
        return
    check = service.raw.get("healthcheck")
    test = check.get("test") if isinstance(check, dict) else None
    if not isinstance(check, dict) or check.get("disable") or test == ["NONE"]:
        text = "has its health check disabled" if check else "has no health check"
        yield flaw(stack, service, text, "healthcheck")
        return
    if not test:
        yield flaw(stack, service, "has a health check without a test", "healthcheck", "test")
    for key in TIMES:
        if check.get(key) is None:
            yield flaw(stack, service, f"has a health check without {key}", "healthcheck", key)


RULE = Rule(
    id="health-check",
    title="Every service has a health check, with times of its own",
    why=(
        "A process that runs may still answer nobody. Without a check Docker calls it up, `depends_on` starts the next "
        "one too early, and nothing is there to alert on. Docker's own times see a dead service after 90 s, and "
        "without a start period a store that replays its log is called dead while it starts."
    ),
    fix="set healthcheck with test, interval, timeout, retries and start_period",
    blocker=Blocker.HEALTH_CHECKS,
    check=each_service(_check, "healthcheck"),
    exception="healthcheck",
    good=(
        "healthcheck:\n  test: [CMD, redis-cli, ping]\n  interval: 10s\n  timeout: 5s\n"
        "  retries: 3\n  start_period: 60s"
    ),
    bad="healthcheck:\n  disable: true",
)
