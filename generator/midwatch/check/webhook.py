"""The webhooks that the Alertmanagers of a stack post to, and what one says when it is asked whether it is there."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from midwatch.check.document import items, mapping
from midwatch.check.kinds import Kind
from midwatch.check.stack import Stack

TIMEOUT = 4.0
"""Seconds; whoever runs the check waits for it."""
_LARGEST = 64 * 1024
_WORD = re.compile(rb"[a-z][a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Webhook:
    """A secret that holds a webhook's address. ``address`` never leaves the package."""

    secret: str
    path: str
    """Of its file, relative to the project where it lies inside."""
    address: str

    @property
    def starts_something(self) -> bool:
        """Whether a request to it would be no mere question: a workflow's webhook would start the workflow."""
        return "/workflows/" in self.address or "/triggers/" in self.address


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` is 0 where nobody answered; ``why`` is then the reason, else Slack's own word for it, such as
    `no_service`, or empty."""

    status: int
    why: str

    @property
    def there(self) -> bool:
        """Slack answers 400 to a message without text; a compatible server may take it, and show nothing."""
        return self.status == 400 or 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether no message can arrive; a server that is busy or ill says nothing about the webhook."""
        return 400 < self.status < 500 and self.status != 429


def webhooks(stack: Stack) -> Iterator[Webhook]:
    """Those whose file is there and not empty."""
    for name in sorted(_named(stack)):
        path = stack.secret_file(name)
        address = _read(stack.folder / path) if path else ""
        if path and address:
            yield Webhook(name, path, address)


def ask(webhook: Webhook) -> Answer:
    """Whether the webhook is there, by a message without text, which nobody sees. Raises nothing."""
    try:
        request = urllib.request.Request(  # noqa: S310 (the scheme is looked at by the caller)
            webhook.address, data=b"{}", headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return Answer(int(answer.status), "")
    except urllib.error.HTTPError as error:
        word = error.read(64).strip()
        return Answer(error.code, word.decode() if _WORD.fullmatch(word) else "")
    except urllib.error.URLError as error:
        return Answer(0, type(error.reason).__name__ if isinstance(error.reason, Exception) else "no answer")
    except (OSError, ValueError) as error:
        return Answer(0, type(error).__name__)


def _named(stack: Stack) -> set[str]:
    """Secrets that an Alertmanager reads Slack's address from."""
    files: set[str] = set()
    for use in stack.uses(Kind.ALERTMANAGER):
        if use.file.document is None:
            continue
        files.add(str(use.file.document.get("global", "slack_api_url_file") or ""))
        for receiver in map(mapping, items(use.file.document.get("receivers"))):
            files |= {str(one.get("api_url_file") or "") for one in map(mapping, items(receiver.get("slack_configs")))}
    return {PurePosixPath(file).name for file in files if PurePosixPath(file).parent == PurePosixPath("/run/secrets")}


def _read(path: Path) -> str:
    """The address; empty where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace").strip()
    except OSError:
        return ""
