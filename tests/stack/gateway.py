"""The real Caddy with the generated gateway configuration; its doors on free ports, its backends at one address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from midwatch.render.model import Tree
from tests.stack.programs import fetch, free_port, needed, running, until

LISTENS = {":9090": "prometheus", ":9093": "alertmanager", ":3100": "loki", ":8080": "runbooks", ":8081": "own"}
BACKENDS = ("prometheus-api:9090", "alertmanager-api:9093", "loki:3100")


@contextmanager
def gateway(folder: Path, tree: Tree, backend: int) -> Iterator[Mapping[str, int]]:
    """Door -> port. The runbooks of the tree lie in ``folder/runbooks`` and may be changed while it runs."""
    program = needed("caddy")
    ports = {name: free_port() for name in LISTENS.values()}
    for path, file in tree.items():
        if path.startswith(("gateway/", "runbooks/")):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(file.data)
    config = folder / "gateway" / "Caddyfile"
    text = config.read_text()
    changes = {f"reverse_proxy {name}": f"reverse_proxy 127.0.0.1:{backend}" for name in BACKENDS}
    changes |= {f"\n{listen} {{": f"\nhttp://127.0.0.1:{ports[name]} {{" for listen, name in LISTENS.items()}
    changes |= {"/srv/runbooks": f"{folder}/runbooks", "/etc/caddy": f"{folder}/gateway"}
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    config.write_text(text)
    env = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with running([program, "run", "--config", str(config), "--adapter", "caddyfile"], folder / "log", env):
        until(lambda: fetch(f"http://127.0.0.1:{ports['own']}/health")[0] == 200, f"healthy; {folder / 'log'}")
        yield ports
