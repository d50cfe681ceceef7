"""What the sidecar writes to Slack, for a person who has just been woken, in each language."""

from __future__ import annotations

from collections.abc import Mapping
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
    watching: str
    """The first line of the log."""
    revoked: str
    """What of Slack's answers or of the secret is wrong, for whoever reads the log."""
    not_now: str
    wrong: Mapping[str, str]

    def meaning(self, wrong: str) -> str:
        """Of a result that is not "ok"."""
        if wrong.startswith("http_4") and wrong != "http_429":
            return self.revoked
        return self.wrong.get(wrong, self.not_now)


LANGUAGES = {
    "en": Messages(
        alarm=":rotating_light: {mention}*{stack}: no alert can reach you: {what}.* {cause}\n"
        "In the stack's folder {host}: `{command}`{runbook}",
        prometheus_silent=(
            "Prometheus is silent",
            "It has not renewed the Watchdog for {span}; Alertmanager answers. A RESOLVED that comes now may be false.",
        ),
        alertmanager_silent=("Alertmanager does not answer", "The Watchdog was last seen {span} ago."),
        back=":white_check_mark: *{stack}*: the Watchdog arrives again, after {span}. Alerts get through. "
        "What began meanwhile is told now; what also ended meanwhile is not told at all.",
        on_host="on host {host}",
        its_host="on its host",
        watching="watching the Watchdog of {stack}: alarm after {quiet:g} s of silence",
        revoked="Slack takes no message by it: it was revoked, or the address is not right",
        not_now="Slack did not take it now, and may later",
        wrong={
            "secret_missing": "the secret's file is not there",
            "secret_unreadable": "the secret's file cannot be read",
            "secret_empty": "the secret's file is empty",
            "secret_gone": "its file was removed or replaced on the host; docker compose restart alertmanager deadman",
            "secret_malformed": "what the secret's file holds is no address",
            "unreachable": "nobody answers there",
        },
    ),
    "de": Messages(
        alarm=":rotating_light: {mention}*{stack}: Kein Alert kommt mehr durch: {what}.* {cause}\n"
        "Im Ordner des Stacks {host}: `{command}`{runbook}",
        prometheus_silent=(
            "Prometheus schweigt",
            "Es hat den Watchdog seit {span} nicht erneuert; Alertmanager antwortet. "
            "Eine Entwarnung, die jetzt kommt, kann falsch sein.",
        ),
        alertmanager_silent=("Alertmanager antwortet nicht", "Der Watchdog kam zuletzt vor {span}."),
        back=":white_check_mark: *{stack}*: Der Watchdog kommt wieder an, nach {span}. Alerts kommen durch. "
        "Was inzwischen begann, wird jetzt gemeldet; was auch schon wieder endete, gar nicht.",
        on_host="auf Host {host}",
        its_host="auf seinem Host",
        watching="überwacht den Watchdog von {stack}: Alarm nach {quiet:g} s Stille",
        revoked="Slack nimmt darüber keine Nachricht an: widerrufen, oder die Adresse stimmt nicht",
        not_now="Slack hat sie jetzt nicht angenommen, später vielleicht",
        wrong={
            "secret_missing": "die Datei des Secrets ist nicht da",
            "secret_unreadable": "die Datei des Secrets ist nicht lesbar",
            "secret_empty": "die Datei des Secrets ist leer",
            "secret_gone": "auf dem Host gelöscht oder ersetzt; docker compose restart alertmanager deadman",
            "secret_malformed": "was in der Datei des Secrets steht, ist keine Adresse",
            "unreachable": "dort antwortet niemand",
        },
    ),
}
