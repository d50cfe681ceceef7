"""What the sidecar writes to Slack, for a person who has just been woken, in each language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Messages:
    """Every text; `{…}` is filled in."""

    alarm: str
    prometheus_silent: tuple[str, str]
    """What a phone shows of it, and the rest."""
    alertmanager_silent: tuple[str, str]
    back: str
    on_host: str
    """Where the command is to be typed; `its_host` where nobody said the name."""
    its_host: str


LANGUAGES = {
    "en": Messages(
        alarm=":rotating_light: {mention}*{stack}: no alert can reach you: {what}.* {cause}\n"
        "In the stack's folder {host}: `{command}`{runbook}",
        prometheus_silent=("Prometheus is silent", "It has not renewed the Watchdog for {span}; Alertmanager answers."),
        alertmanager_silent=("Alertmanager does not answer", "The Watchdog was last seen {span} ago."),
        back=":white_check_mark: *{stack}*: the Watchdog arrives again, after {span}. Alerts get through.",
        on_host="on host {host}",
        its_host="on its host",
    ),
    "de": Messages(
        alarm=":rotating_light: {mention}*{stack}: Kein Alert kommt mehr durch: {what}.* {cause}\n"
        "Im Ordner des Stacks {host}: `{command}`{runbook}",
        prometheus_silent=(
            "Prometheus schweigt",
            "Es hat den Watchdog seit {span} nicht erneuert; Alertmanager antwortet.",
        ),
        alertmanager_silent=("Alertmanager antwortet nicht", "Der Watchdog kam zuletzt vor {span}."),
        back=":white_check_mark: *{stack}*: Der Watchdog kommt wieder an, nach {span}. Alerts kommen durch.",
        on_host="auf Host {host}",
        its_host="auf seinem Host",
    ),
}
