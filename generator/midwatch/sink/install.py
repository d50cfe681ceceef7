"""The stand-in as a service of a project: a fragment for ``extra.compose``, and the program beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from midwatch.plan.model import Plan
from midwatch.sink import server

FRAGMENT = "sink.yaml"
FOLDER = "sink"
MODULES = ("message", "notation", "page", "server")
_MAIN = "import sys\n\nfrom slack_stand_in.server import main\n\nmain(sys.argv[1:])\n"
ADDRESS = f"http://sink:{server.PORT}/midwatch"
"""What the webhook's secret is then. Only the stack's own network `egress` knows the name."""

_TEXT = """\
# A stand-in for Slack, written by `midwatch sink --into-project`. stack.yaml names it: extra: {{compose: [{fragment}]}}
# The messages: http://127.0.0.1:{host_port} and `docker compose logs --follow sink`.
services:
  sink:
    image: {image}
    command: [python3, -I, -u, -B, /app, --host, 0.0.0.0]
    user: "65534:65534"
    restart: unless-stopped
    read_only: true
    security_opt: ["no-new-privileges:true"]
    cap_drop: [ALL]
    deploy:
      resources:
        limits: {{cpus: "0.05", memory: 48m, pids: 32}}
        reservations: {{cpus: "0.02", memory: 24m}}
    stop_grace_period: 5s
    healthcheck:
      test: [CMD, wget, --quiet, --spider, --timeout=3, "http://127.0.0.1:{port}/health"]
      interval: 10s
      timeout: 5s
      retries: 3
      start_period: 20s
    networks:
      egress: {{}}
    ports:
      - 127.0.0.1:{host_port}:{port}
    volumes:
      - ./sink:/app:ro
    logging:
      driver: json-file
      options:
        max-size: 10m
        max-file: "3"
        labels: com.docker.compose.project,com.docker.compose.service
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """The files that make the stand-in a service: path in the project -> content."""

    files: dict[str, str]
    listed: bool
    """Whether the spec names the fragment."""


def installation(plan: Plan, port: int = server.PORT) -> Installed:
    """What ``midwatch sink --into-project`` writes; ``port`` on the host's loopback."""
    # The image that the dead-man sidecar runs in: from the same registry, and already there.
    image = plan.service("deadman").image
    fragment = _TEXT.format(fragment=FRAGMENT, image=image, port=server.PORT, host_port=port)
    # Python runs a folder by its __main__.py; what imports by `.name` has to be a package below it.
    files = {FRAGMENT: fragment, f"{FOLDER}/__main__.py": _MAIN, f"{FOLDER}/slack_stand_in/__init__.py": ""}
    for module in MODULES:
        text = Path(server.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
        files[f"{FOLDER}/slack_stand_in/{module}.py"] = text
    return Installed(files, FRAGMENT in plan.spec.extra.compose)
