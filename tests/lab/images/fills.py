"""How the files of each image are laid out: the program at its official path, in the userland that upstream has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.lab.images import userland
from tests.lab.images.layout import PORT_CAPABILITY, Layout
from tests.lab.programs import Ready

NOBODY = 65534
STAND_IN = Path(__file__).parent.parent / "loki_stand_in"
Fill = Callable[[Layout, Ready], None]


def on_busybox(paths: dict[str, str], owned: tuple[str, ...] = (), uid: int = NOBODY) -> Fill:
    """Static programs on busybox, with folders that belong to the image's user."""

    def fill(layout: Layout, ready: Ready) -> None:
        userland.busybox(layout)
        for path, name in paths.items():
            layout.program(path, ready.folder / name)
        for folder in owned:
            layout.folder(folder, uid, uid, 0o775)

    return fill


def debian_on_busybox(inside: str, at: str, files: dict[str, str] | None = None) -> Fill:
    def fill(layout: Layout, ready: Ready) -> None:
        userland.busybox(layout)
        userland.with_libraries(layout, ready, inside, at)
        for path, content in (files or {}).items():
            layout.file(path, content)

    return fill


def restic(layout: Layout, ready: Ready) -> None:
    """With the SSH client that it calls for a destination by SFTP."""
    debian_on_busybox("usr/bin/restic", "/usr/bin/restic")(layout, ready)
    layout.program("/usr/bin/ssh", ready.folder / "root/usr/bin/ssh")


def store(name: str, entrypoint: str) -> Fill:
    """redis and valkey: Debian, the programs under /usr/local/bin as the official images have them."""

    def fill(layout: Layout, ready: Ready) -> None:
        userland.debian(layout, ready, (name, 999))
        for tool in ("server", "cli", "check-rdb", "check-aof", "benchmark", "sentinel"):
            if (ready.folder / f"root/usr/bin/{name}-{tool}").exists():
                layout.program(f"/usr/local/bin/{name}-{tool}", ready.folder / f"root/usr/bin/{name}-{tool}")
                if name == "valkey":  # as its `make install` does
                    layout.link(f"/usr/local/bin/redis-{tool}", f"/usr/local/bin/valkey-{tool}")
        layout.file("/usr/local/bin/docker-entrypoint.sh", entrypoint, 0o755)
        layout.folder("/data", 999, 999)

    return fill


def collector(layout: Layout, ready: Ready) -> None:
    """From scratch: a program, certificates and a configuration, and nothing that a shell command could use."""
    userland.certificates(layout)
    layout.program("/otelcol-contrib", ready.folder / "otelcol-contrib")
    layout.file("/etc/otelcol-contrib/config.yaml", "receivers: {otlp: {protocols: {grpc: {}, http: {}}}}\n")


def caddy(layout: Layout, ready: Ready) -> None:
    userland.busybox(layout)
    layout.program("/usr/bin/caddy", ready.folder / "caddy")
    layout.capability("/usr/bin/caddy", PORT_CAPABILITY)
    for folder in ("/config/caddy", "/data/caddy"):
        layout.folder(folder, mode=0o1777)
    layout.folder("/srv")
    layout.file("/etc/caddy/Caddyfile", ":80 {\n\troot * /usr/share/caddy\n\tfile_server\n}\n")


def python(layout: Layout, ready: Ready) -> None:
    """CPython of Debian where the official image has its own; the names on the PATH are the same."""
    userland.busybox(layout)
    root = ready.folder / "root"
    userland.with_libraries(layout, ready, "usr/bin/python3.13", "/usr/bin/python3.13")
    layout.tree(root / "usr/lib/python3.13", "/usr/lib/python3.13")
    layout.tree(root / "usr/share/zoneinfo", "/usr/share/zoneinfo")
    layout.tree(root / "etc/python3.13", "/etc/python3.13")
    for name in ("python", "python3", "python3.13"):
        layout.link(f"/usr/local/bin/{name}", "/usr/bin/python3.13")


def busybox(layout: Layout, ready: Ready) -> None:
    userland.busybox(layout)


def loki_stand_in(layout: Layout, ready: Ready) -> None:
    python(layout, ready)
    for file in sorted(STAND_IN.glob("*.py")):
        layout.file(f"/stand-in/loki_stand_in/{file.name}", file)
    layout.file("/usr/bin/loki", '#!/bin/sh\ncd /stand-in && exec python3 -u -m loki_stand_in.server "$@"\n', 0o755)
    layout.folder("/loki", 10001, 10001)
