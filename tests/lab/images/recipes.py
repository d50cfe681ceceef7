"""One recipe per image: which program, as which user, started how. All as upstream has it.

The key is the last part of the image's name, so that a reference through a mirror finds the same recipe.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.images import entrypoints, fills
from tests.lab.images.fills import Fill, debian_on_busybox, on_busybox
from tests.lab.programs import PROGRAMS

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Recipe:
    """What goes into an image, and its configuration in Dockerfile words."""

    program: str
    fill: Fill
    changes: tuple[str, ...]
    name: str
    """Upstream's reference, with {} for the program's version."""
    shell: bool = True
    differs: str = ""
    """Where this image is not like the official one, for a person who reads the report."""

    @property
    def reference(self) -> str:
        """The reference that the lab has the right program for."""
        return self.name.format(PROGRAMS[self.program].version)

    @property
    def configuration(self) -> tuple[str, ...]:
        return (f"ENV {PATH}", *self.changes)


RECIPES: dict[str, Recipe] = {
    "prometheus": Recipe(
        "prometheus",
        on_busybox({"/bin/prometheus": "prometheus", "/bin/promtool": "promtool"}, ("/prometheus", "/etc/prometheus")),
        (
            "USER nobody",
            "WORKDIR /prometheus",
            "VOLUME /prometheus",
            "EXPOSE 9090",
            'ENTRYPOINT ["/bin/prometheus"]',
            'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]',
        ),
        "docker.io/prom/prometheus:v{}",
        differs="no web UI",
    ),
    "alertmanager": Recipe(
        "alertmanager",
        on_busybox(
            {"/bin/alertmanager": "alertmanager", "/bin/amtool": "amtool"}, ("/alertmanager", "/etc/alertmanager")
        ),
        (
            "USER nobody",
            "WORKDIR /alertmanager",
            "VOLUME /alertmanager",
            "EXPOSE 9093",
            'ENTRYPOINT ["/bin/alertmanager"]',
            'CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]',
        ),
        "docker.io/prom/alertmanager:v{}",
    ),
    "node-exporter": Recipe(
        "node_exporter",
        on_busybox({"/bin/node_exporter": "node_exporter"}),
        ("USER nobody", "EXPOSE 9100", 'ENTRYPOINT ["/bin/node_exporter"]'),
        "docker.io/prom/node-exporter:v{}",
    ),
    "opentelemetry-collector-contrib": Recipe(
        "otelcol-contrib",
        fills.collector,
        (
            "USER 10001:10001",
            "EXPOSE 4317 4318 55679",
            'ENTRYPOINT ["/otelcol-contrib"]',
            'CMD ["--config", "/etc/otelcol-contrib/config.yaml"]',
        ),
        "docker.io/otel/opentelemetry-collector-contrib:{}",
        shell=False,
        differs="only the components that this project's configuration names, of some 200",
    ),
    "redis": Recipe(
        "redis",
        fills.store("redis", entrypoints.REDIS),
        ("WORKDIR /data", "EXPOSE 6379", 'ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["redis-server"]'),
        "docker.io/library/redis:{}",
        differs="no modules; protected-mode is on unless the configuration says otherwise",
    ),
    "valkey": Recipe(
        "valkey",
        fills.store("valkey", entrypoints.VALKEY),
        ("WORKDIR /data", "EXPOSE 6379", 'ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["valkey-server"]'),
        "docker.io/valkey/valkey:{}",
        differs="protected-mode is on unless the configuration says otherwise",
    ),
    "redis_exporter": Recipe(
        "redis_exporter",
        debian_on_busybox("usr/bin/prometheus-redis-exporter", "/redis_exporter"),
        ("USER 59000:59000", "EXPOSE 9121", 'ENTRYPOINT ["/redis_exporter"]'),
        "docker.io/oliver006/redis_exporter:v{}-alpine",
    ),
    "blackbox-exporter": Recipe(
        "blackbox_exporter",
        debian_on_busybox(
            "usr/bin/prometheus-blackbox-exporter",
            "/bin/blackbox_exporter",
            {"/etc/blackbox_exporter/config.yml": "modules: {http_2xx: {prober: http}, tcp_connect: {prober: tcp}}\n"},
        ),
        (
            "EXPOSE 9115",
            'ENTRYPOINT ["/bin/blackbox_exporter"]',
            'CMD ["--config.file=/etc/blackbox_exporter/config.yml"]',
        ),
        "docker.io/prom/blackbox-exporter:v{}",
    ),
    "restic": Recipe(
        "restic",
        fills.restic,
        ('ENTRYPOINT ["/usr/bin/restic"]',),
        "docker.io/restic/restic:{}",
        differs="no jq or fuse",
    ),
    "caddy": Recipe(
        "caddy",
        fills.caddy,
        (
            "ENV XDG_CONFIG_HOME=/config",
            "ENV XDG_DATA_HOME=/data",
            "WORKDIR /srv",
            "EXPOSE 80 443 2019",
            'CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]',
        ),
        "docker.io/library/caddy:{}-alpine",
        differs="no curl",
    ),
    "python": Recipe(
        "python",
        fills.python,
        ('CMD ["python3"]',),
        "docker.io/library/python:{}-alpine",
        differs="glibc for musl, no pip",
    ),
    "busybox": Recipe("busybox", fills.busybox, ('CMD ["sh"]',), "docker.io/library/busybox:{}-musl"),
    "loki-stand-in": Recipe(
        "python",
        fills.loki_stand_in,
        (
            "USER 10001:10001",
            "WORKDIR /stand-in",
            "EXPOSE 3100",
            'ENTRYPOINT ["python3", "-u", "-m", "loki_stand_in.server"]',
        ),
        "midwatch-lab/loki-stand-in:2",
    ),
}
