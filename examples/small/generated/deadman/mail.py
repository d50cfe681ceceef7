"""E-mail for what cannot be posted to Slack."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

TIMEOUT = 10.0
"""Seconds for each answer of the server."""


@dataclass(frozen=True)
class Account:
    """Where mail goes in, and to whom. Without ``user`` there is no login."""

    to: str
    sender: str
    server: str
    user: str
    password_file: Path
    tls: bool
    hello: str | None

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Account | None:
        """From the environment; None where no mail is wanted."""
        if "DEADMAN_MAIL_TO" not in env:
            return None
        return cls(
            to=env["DEADMAN_MAIL_TO"],
            sender=env["DEADMAN_MAIL_FROM"],
            server=env["DEADMAN_MAIL_SERVER"],
            user=env.get("DEADMAN_MAIL_USER", ""),
            password_file=Path(env.get("DEADMAN_MAIL_PASSWORD_FILE", "")),
            tls=env.get("DEADMAN_MAIL_TLS", "true") == "true",
            hello=env.get("DEADMAN_MAIL_HELLO") or None,
        )

    def send(self, text: str) -> str:
        """Send what was meant for Slack; "ok", or what is wrong in a word. Never raises, never names the password."""
        try:
            host, _, port = self.server.rpartition(":")
            safe = ssl.create_default_context()
            # 465 is TLS from the start; elsewhere it begins by STARTTLS.
            if port == "465":
                server: smtplib.SMTP = smtplib.SMTP_SSL(host, int(port), self.hello, timeout=TIMEOUT, context=safe)
            else:
                server = smtplib.SMTP(host, int(port), self.hello, timeout=TIMEOUT)
            with server:
                if self.tls and port != "465":
                    server.starttls(context=safe)
                if self.user:
                    server.login(self.user, self.password_file.read_text(encoding="utf-8").strip())
                server.send_message(message(text, self))
        except smtplib.SMTPResponseException as error:
            return f"smtp_{error.smtp_code}"
        except smtplib.SMTPNotSupportedError:
            return "no_tls"
        except FileNotFoundError:
            return "password_missing"
        except Exception:  # whatever it is, it must not end the only program that still watches
            return "unreachable"
        return "ok"


def message(text: str, account: Account) -> EmailMessage:
    """The text without Slack's notation; its first sentence is the subject."""
    plain = re.sub(
        r"<[!@][^>]*> ?|[*`]", "", text.replace(":rotating_light:", "🔴").replace(":white_check_mark:", "✅")
    )
    made = EmailMessage()
    made["Subject"] = re.split(r"[.\n]", plain, maxsplit=1)[0]
    made["From"] = account.sender
    made["To"] = account.to
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(plain)
    return made
