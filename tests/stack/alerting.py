"""The real Alertmanager with the generated configuration, and a Slack that shows messages as a person sees them."""

from __future__ import annotations

import json
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from midwatch.render.tree import render
from midwatch.sink.message import Message
from midwatch.sink.notation import as_text
from midwatch.sink.server import Sink
from midwatch.spec.model import Spec
from tests.conftest import make_spec
from tests.stack.programs import fetch, free_port, needed, running, until

EXTERNAL = "http://127.0.0.1:9093"
SECRET = "/run/secrets/slack_webhook_url"
QUICK = {"group_wait": "500ms", "group_interval": "3s"}
Change = Callable[[dict[str, Any]], None]


@dataclass
class Alerting:
    """A running Alertmanager and its Slack."""

    url: str
    sink: Sink
    folder: Path
    spec: Spec

    @property
    def secret(self) -> Path:
        """The webhook's secret file."""
        return self.folder / "webhook"

    def lead_to(self, path: str) -> None:
        """Let the webhook lead to this path of the sink."""
        self.secret.write_text(f"http://127.0.0.1:{self.sink.server_address[1]}{path}\n")

    def alert(self, name: str, texts: Mapping[str, str] | None = None, **labels: str) -> None:
        """Send one, as Prometheus would, with its annotations."""
        self._send(name, texts, labels, datetime.now(UTC) + timedelta(minutes=5))

    def over(self, name: str, texts: Mapping[str, str] | None = None, **labels: str) -> None:
        """Send that it is over."""
        self._send(name, texts, labels, datetime.now(UTC))

    def _send(self, name: str, texts: Mapping[str, str] | None, labels: Mapping[str, str], ends: datetime) -> None:
        began = datetime(2026, 1, 2, 3, 5, 9, tzinfo=UTC)
        one: dict[str, Any] = {
            "labels": {"alertname": name, **labels},
            "annotations": dict(texts or {}),
            "startsAt": began.isoformat(),
            "endsAt": ends.isoformat(),
            "generatorURL": "http://127.0.0.1:9090/graph",
        }
        status, text = fetch(f"{self.url}/api/v2/alerts", "POST", json.dumps([one]).encode(), "application/json")
        assert status == 200, text

    def messages(self, count: int, seconds: float = 60.0) -> list[Message]:
        """So many messages, waited for."""
        until(lambda: len(self.sink.messages) >= count, f"{count} messages", seconds)
        return list(self.sink.messages)

    def shown(self, count: int) -> str:
        """The last of so many messages as text."""
        return as_text(self.messages(count)[-1])

    def settle(self, seconds: float = 2.5) -> list[str]:
        """Titles of all that came, after a time in which anything that comes must have come."""
        time.sleep(seconds)
        return [part.title for message in self.sink.messages for part in message.attachments]

    def state(self, name: str, **labels: str) -> str:
        """``active`` or ``suppressed``, as Alertmanager says of the alert with these labels."""
        wanted = {"alertname": name, **labels}
        query = urllib.parse.urlencode([("filter", f'{key}="{value}"') for key, value in wanted.items()])
        _, text = fetch(f"{self.url}/api/v2/alerts?{query}")
        return str(json.loads(text)[0]["status"]["state"])


@contextmanager
def alerting(
    folder: Path, change: Change = lambda _: None, *, env: Mapping[str, str] | None = None, **spec: Any
) -> Iterator[Alerting]:
    """Start both. ``change`` may break the configuration, which is passed as a mapping; ``env`` is Alertmanager's.

    The times by which Alertmanager groups are made shorter, so that a test need not wait, and the secret's file is one
    that the test can write; nothing else is changed.
    """
    program = needed("alertmanager")
    made = make_spec(**spec)
    for path, file in render(made).items():
        if path.startswith("alertmanager/"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(file.data)
    config = folder / "alertmanager" / "alertmanager.yml"
    yaml = YAML(typ="safe")
    parsed = yaml.load(config.read_text(encoding="utf-8").replace(SECRET, str(folder / "webhook")))
    for route in (parsed["route"], *parsed["route"]["routes"]):
        route |= {key: value for key, value in QUICK.items() if key in route}
    change(parsed)
    with config.open("w", encoding="utf-8") as stream:
        yaml.dump(parsed, stream)
    sink = Sink("127.0.0.1", 0, lambda _: None)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    port = free_port()
    command = [
        program, f"--config.file={config}", f"--storage.path={folder / 'data'}", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{port}", f"--web.external-url={EXTERNAL}", "--web.route-prefix=/",
        "--enable-feature=receiver-name-in-metrics",
    ]  # fmt: skip
    one = Alerting(f"http://127.0.0.1:{port}", sink, folder, made)
    one.lead_to("/services/T0/B0/x")
    try:
        with running(command, folder / "log", env):
            until(lambda: fetch(f"{one.url}/-/ready")[0] == 200, "Alertmanager is ready")
            yield one
    finally:
        sink.shutdown()
        sink.server_close()
