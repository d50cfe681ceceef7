"""What the sidecar writes to Slack, for a person who has just been woken, in each language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Messages:
    """Every text; `{…}` is filled in."""

    alarm: str
    prometheus_silent: str
    alertmanager_silent: str
    back: str


LANGUAGES = {
    "en": Messages(
        alarm=":rotating_light: {mention}*{stack}: no alert can reach you.* {cause}\n"
        "In the stack's folder on its host: `{command}`{runbook}",
        prometheus_silent="Alertmanager answers, but Prometheus has not renewed the Watchdog for {span}.",
        alertmanager_silent="Alertmanager does not answer; the Watchdog was last seen {span} ago.",
        back=":white_check_mark: *{stack}*: the Watchdog arrives again, after {span}. Alerts get through.",
    ),
    "de": Messages(
        alarm=":rotating_light: {mention}*{stack}: Kein Alert kommt mehr durch.* {cause}\n"
        "Im Ordner des Stacks auf seinem Host: `{command}`{runbook}",
        prometheus_silent="Alertmanager antwortet, aber Prometheus hat den Watchdog seit {span} nicht erneuert.",
        alertmanager_silent="Alertmanager antwortet nicht; der Watchdog kam zuletzt vor {span}.",
        back=":white_check_mark: *{stack}*: Der Watchdog kommt wieder an, nach {span}. Alerts kommen durch.",
    ),
}
