"""What Docker says of a container, as samples; and samples as Prometheus reads them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

HEALTH = ("healthy", "starting", "unhealthy")

# name -> type and help
METRICS = {
    "container_running": ("gauge", "1 when the container runs."),
    "container_health_status": ("gauge", "1 for the state that the container's health check is in."),
    "container_restarts_total": ("counter", "Restarts by the restart policy since the container was created."),
    "container_start_time_seconds": ("gauge", "When the container was last started, Unix time."),
    "container_last_exit_code": ("gauge", "Exit code of the last run of a container that does not run."),
    "container_spec_memory_limit_bytes": ("gauge", "Memory limit; 0 means none."),
    "container_spec_cpu_quota": ("gauge", "CPU time that it may use in each period, microseconds; 0 means no limit."),
    "container_spec_cpu_period": ("gauge", "Length of the scheduler's period, microseconds."),
    "container_memory_working_set_bytes": ("gauge", "Memory in use without the inactive page cache."),
    "container_cpu_usage_seconds_total": ("counter", "CPU time used."),
    "container_cpu_cfs_periods_total": ("counter", "Scheduler periods in which the container wanted to run."),
    "container_cpu_cfs_throttled_periods_total": ("counter", "Periods in which it was throttled at its cpu limit."),
    "container_oom_events_total": ("counter", "Kills for memory, since this exporter started."),
    "container_exits_total": ("counter", "Exits, since this exporter started."),
    "container_exporter_docker_up": ("gauge", "1 when Docker could be asked, 0 when not: then nothing else is known."),
    "container_exporter_scrape_seconds": ("gauge", "How long asking Docker took."),
}
Sample = tuple[str, dict[str, str], float]
"""Name, labels, value."""


def unix_time(text: str) -> float:
    """Docker's RFC 3339 time (nanoseconds) as Unix time; 0 for its zero time."""
    if text.startswith("0001"):
        return 0.0
    return datetime.fromisoformat(text[:19] + "+00:00").timestamp()


def labels_of(name: str, labels: dict[str, str]) -> dict[str, str]:
    """Labels that tell a container apart; empty where it does not belong to Compose."""
    return {
        "name": name.lstrip("/"),
        "service": labels.get("com.docker.compose.service", ""),
        "project": labels.get("com.docker.compose.project", ""),
    }


def state_samples(inspected: dict[str, Any]) -> list[Sample]:
    """Samples from ``/containers/ID/json``."""
    labels = labels_of(inspected["Name"], inspected["Config"].get("Labels") or {})
    state = inspected["State"]
    running = bool(state.get("Running"))
    samples: list[Sample] = [
        ("container_running", labels, float(running)),
        ("container_restarts_total", labels, float(inspected.get("RestartCount", 0))),
        ("container_start_time_seconds", labels, unix_time(state.get("StartedAt", "0001"))),
        ("container_spec_memory_limit_bytes", labels, float(inspected["HostConfig"].get("Memory", 0))),
        *cpu_limit_samples(labels, inspected["HostConfig"]),
    ]
    if not running:
        samples.append(("container_last_exit_code", labels, float(state.get("ExitCode", 0))))
    health = (state.get("Health") or {}).get("Status", "none")
    if running and health in HEALTH:
        samples += [("container_health_status", {**labels, "status": one}, float(one == health)) for one in HEALTH]
    return samples


def cpu_limit_samples(labels: dict[str, str], host: dict[str, Any]) -> list[Sample]:
    """Docker keeps a limit either as billionths of a cpu (Compose's ``cpus``) or as quota and period."""
    period = float(host.get("CpuPeriod") or 100000)
    nano = host.get("NanoCpus") or 0
    quota = nano * period / 1e9 if nano else float(host.get("CpuQuota") or 0)
    return [("container_spec_cpu_quota", labels, quota), ("container_spec_cpu_period", labels, period)]


def usage_samples(labels: dict[str, str], stats: dict[str, Any]) -> list[Sample]:
    """Samples from ``/containers/ID/stats``; empty when the container stopped meanwhile."""
    memory = stats.get("memory_stats") or {}
    cpu = stats.get("cpu_stats") or {}
    if "usage" not in memory:
        return []
    detail = memory.get("stats") or {}
    # cgroup v1 says total_inactive_file, v2 inactive_file
    inactive = detail.get("total_inactive_file", detail.get("inactive_file", 0))
    throttling = cpu.get("throttling_data") or {}
    return [
        ("container_memory_working_set_bytes", labels, float(max(0, memory["usage"] - inactive))),
        ("container_cpu_usage_seconds_total", labels, (cpu.get("cpu_usage") or {}).get("total_usage", 0) / 1e9),
        ("container_cpu_cfs_periods_total", labels, float(throttling.get("periods", 0))),
        ("container_cpu_cfs_throttled_periods_total", labels, float(throttling.get("throttled_periods", 0))),
    ]


def exposition(samples: list[Sample]) -> str:
    """Prometheus text format."""
    lines: list[str] = []
    for metric, (kind, text) in METRICS.items():
        lines += [f"# HELP {metric} {text}", f"# TYPE {metric} {kind}"]
        for name, labels, value in samples:
            if name == metric:
                shown = ",".join(f"{key}={json.dumps(label)}" for key, label in labels.items())
                lines.append(f"{metric}{{{shown}}} {value:.17g}" if shown else f"{metric} {value:.17g}")
    return "\n".join(lines) + "\n"
