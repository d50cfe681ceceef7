"""A whole stack, generated and started on the engine, with an app and a Slack beside it; in the end removed."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from midwatch.plan.model import Plan
from midwatch.render.project import load_project
from tests.lab import docker, loki
from tests.lab.cache import LabError, run, timed
from tests.lab.engine import Engine
from tests.lab.images import RECIPES, Image, ensure_images
from tests.lab.override import override
from tests.lab.project import fakes_of, make_secrets, midwatch, workplace, write_json, write_spec
from tests.lab.subnets import networks_of, subnets
from tests.stack.programs import fetch

WAIT_SECONDS = 120
PYTHON = RECIPES["python"].reference
"""What the lab's own app and Slack run in."""
Also = Callable[[Path, Plan], AbstractContextManager[dict[str, Any]]]
"""What a stack has besides, for as long as it runs: the content of one more Compose file, by its folder and plan."""
FAKES_ONLY = "fakes/"
"""Before the name of a network that the lab's own app and Slack have."""
FAKES = Path(__file__).parent / "fakes"


@dataclass
class Stack:
    """A stack that was brought up, and what a test may ask of it."""

    folder: Path
    plan: Plan
    images: dict[str, Image]
    """Service -> the image that it runs, or why it has none."""
    stand_in: bool
    """Whether the lab's stand-in runs in the place of Loki."""
    problem: str = ""
    """What `docker compose up --wait` said when not all became healthy."""
    began: float = 0.0
    """Unix time at which it was told to start."""
    healthy_seconds: dict[str, float] = field(default_factory=dict)
    all_healthy_seconds: float = 0.0

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def missing(self) -> dict[str, str]:
        """Service -> why it cannot run here."""
        return {name: image.detail for name, image in self.images.items() if not image.there}

    @property
    def services(self) -> list[str]:
        return [service.name for service in self.plan.services if service.name not in self.missing]

    @property
    def lasting(self) -> list[str]:
        """Those that run for good."""
        return [name for name in self.services if not self.plan.service(name).one_shot]

    def compose(self, *words: str, timeout: float = 240) -> str:
        return run(["docker", "compose", *words], what=f"docker compose {words[0]}", cwd=self.folder, timeout=timeout)

    def ops(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The project's own script, as a person calls it."""
        return subprocess.run(
            ["./ops", *words], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=600, check=False,
        )  # fmt: skip

    def containers(self) -> dict[str, dict[str, Any]]:
        """Service -> its container, as `docker inspect` shows it now."""
        return docker.containers_of(self.name)

    def ask(self, service: str, *requests: dict[str, Any]) -> list[dict[str, Any]]:
        """Ask from inside the container of a service of the stack, or of `studio` or `slack`."""
        project = fakes_of(self.name) if service in ("studio", "slack") else self.name
        return docker.ask(f"{project}-{service}-1", *requests)

    def url(self, port: str) -> str:
        """The address on loopback of a published port, by its name in the spec."""
        return f"http://127.0.0.1:{getattr(self.plan.spec.ports, port)}"

    def query(self, promql: str) -> list[dict[str, Any]]:
        """The result of an instant query."""
        answer = self.get(f"/api/v1/query?{urllib.parse.urlencode({'query': promql})}")
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def get(self, path: str) -> dict[str, Any]:
        """What Prometheus answers, through the gateway, as it would to a person."""
        status, text = fetch(self.url("prometheus") + path)
        if status != 200:
            raise AssertionError(f"Prometheus at {path}: {status} {text[:300]}")
        found: dict[str, Any] = json.loads(text)
        return found

    def firing(self) -> set[tuple[str, str]]:
        """(alert, component) of each that fires."""
        alerts = self.get("/api/v1/alerts")["data"]["alerts"]
        return {
            (one["labels"]["alertname"], one["labels"].get("component", ""))
            for one in alerts
            if one["state"] == "firing"
        }

    def diagnosis(self) -> str:
        """What a person would want to see after a failure."""
        asked: dict[str, Callable[[], str | Collection[Any]]] = {
            "containers": lambda: self.compose("ps", "--all"),
            "logs": lambda: self.compose("logs", "--tail=8", "--no-color"),
            "firing": self.firing,
            "messages": self.messages,
        }
        parts = []
        for what, ask in asked.items():
            try:
                got = ask()
                text = got if isinstance(got, str) else json.dumps(list(got), indent=1, ensure_ascii=False)
            except (AssertionError, LabError) as error:
                text = str(error)
            parts.append(f"{what}:\n{text}")
        return "\n".join(parts)

    def messages(self) -> list[dict[str, Any]]:
        """All that the lab's Slack got so far."""
        (answer,) = self.ask("slack", {"url": "http://127.0.0.1:8080/messages"})
        found: list[dict[str, Any]] = json.loads(answer["text"])
        return found

    def received(self, text: str = "") -> list[dict[str, Any]]:
        """Every log that reached the stand-in of Loki and has this text somewhere in it."""
        (answer,) = self.ask("loki", {"url": f"http://127.0.0.1:3100/received?{urllib.parse.quote(text)}"})
        found: list[dict[str, Any]] = json.loads(answer["text"])
        return found

    def logs(self, text: str) -> list[dict[str, Any]]:
        """Logs with this text, from Loki or the stand-in: their body and their labels, attributes and resource's."""
        if self.stand_in:
            return [{"body": one["body"], **one["resource"], **one["attributes"]} for one in self.received(text)]
        return loki.find(self.url("loki"), text)


@contextmanager
def running(
    engine: Engine, example: str, changes: dict[str, Any] | None = None, also: Also | None = None
) -> Iterator[Stack]:
    """Generate a stack from an example, start it, and remove everything at the end, however that comes. ``changes``
    replace top-level keys of its spec; ``also`` gives one more Compose file."""
    with ExitStack() as around:
        folder = around.enter_context(workplace())
        write_spec(folder, example, changes)
        midwatch(folder, "generate")
        make_secrets(folder)
        stack = _with_images(folder, load_project(folder).plan())
        own = {f"{FAKES_ONLY}{name}" for name in ("default", *stack.plan.app_networks)}
        addresses = subnets([*networks_of(folder), *own], docker.taken_subnets())
        more = around.enter_context(also(folder, stack.plan)) if also else {}
        networks = {name: one for name, one in addresses.items() if name not in own}
        write_json(folder / "also.yaml", {"services": {}, "networks": networks} | more)
        (folder / ".env").write_text(f"COMPOSE_FILE=compose.yaml:lab.yaml:also.yaml\nDOCKER_ROOT={engine.data_root}\n")
        (folder / "lab.yaml").write_text(override(stack.plan, stack.missing, stack.stand_in))
        with timed(f"starting {stack.name} ({example})"):
            _start_fakes(stack, {name.removeprefix(FAKES_ONLY): addresses[name] for name in own})
            _start(stack)
        yield stack


def _with_images(folder: Path, plan: Plan) -> Stack:
    obtained = ensure_images(sorted({service.image for service in plan.services}))
    images = {service.name: obtained[service.image] for service in plan.services}
    stand_in = "loki" in images and not images["loki"].there
    if stand_in:
        reference = RECIPES["loki-stand-in"].name
        loki_image = plan.service("loki").image
        ours = ensure_images([reference])[reference]
        images |= {service.name: ours for service in plan.services if service.image == loki_image}
    return Stack(folder, plan, images, stand_in and images["loki"].there)


def _start_fakes(stack: Stack, addresses: dict[str, dict[str, Any]]) -> None:
    """The app on its own network, as an app of a user's would be, and the Slack apart. They are there first."""
    logging = {"options": {"labels": "com.docker.compose.project,com.docker.compose.service"}}
    common = {"image": PYTHON, "volumes": [f"{FAKES}:/fakes:ro"], "init": True, "logging": logging, "mem_limit": "64m"}
    networks = {name: {"name": name, **addresses[name]} for name in stack.plan.app_networks}
    services: dict[str, Any] = {"slack": {**common, "command": ["python3", "-u", "/fakes/slack.py"]}}
    apart = {"default": addresses["default"]}
    if networks:
        services["studio"] = {**common, "command": ["python3", "-u", "/fakes/app.py"], "networks": list(networks)}
    file = stack.folder / "fakes.yaml"
    write_json(file, {"name": fakes_of(stack.name), "services": services, "networks": networks | apart})
    run(["docker", "compose", "--file", file, "up", "--detach", "--wait"], what="starting the fakes", timeout=120)


def _start(stack: Stack) -> None:
    """`docker compose up --detach --wait`, as a user does it; first the lab's Slack gets into the network `egress`."""
    stack.began, start = time.time(), time.monotonic()
    stack.compose("create")
    slack = f"{fakes_of(stack.name)}-slack-1"
    command = ["docker", "network", "connect", "--alias", "slack.lab", f"{stack.name}_egress", slack]
    run(command, what="giving Slack its name", timeout=60)
    try:
        stack.compose("up", "--detach", "--wait", "--wait-timeout", str(WAIT_SECONDS))
    except LabError as error:
        stack.problem = f"{error}\n{stack.compose('ps', '--all')}"
    stack.all_healthy_seconds = time.monotonic() - start
    for event in docker.events(stack.name, stack.began, time.time(), "health_status"):
        if event["status"].endswith("healthy") and not event["status"].endswith("unhealthy"):
            service = event["Actor"]["Attributes"]["com.docker.compose.service"]
            stack.healthy_seconds.setdefault(service, event["timeNano"] / 1e9 - stack.began)
