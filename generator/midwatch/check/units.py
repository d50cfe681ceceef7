"""Numbers with units, each by the rules of the program that reads them. None when it would not be understood."""

from __future__ import annotations

import re

_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6}


def docker_size(value: object) -> int | None:
    """Bytes, as Docker reads ``512m``, ``1.5g``, ``100kb`` or a plain number: every unit is binary."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgtpe]?)(?:i?b)?", str(value).strip().lower())
    return int(float(match[1]) * 1024 ** _POWERS[match[2]]) if match else None


def prometheus_size(value: object) -> int | None:
    """Bytes, as Prometheus reads ``5GB``: base two in spite of its name."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGTPE]?)(?:i?B)", str(value).strip())
    return int(float(match[1]) * 1024 ** _POWERS[match[2].lower()]) if match else None


def go_memory(value: object) -> int | None:
    """Bytes, as Go reads GOMEMLIMIT: ``KiB``, ``MiB``, ``GiB``, ``TiB``, ``B`` or nothing; no other unit."""
    match = re.fullmatch(r"(\d+)(?:([KMGT])iB|B)?", str(value).strip())
    return int(match[1]) * 1024 ** _POWERS[(match[2] or "").lower()] if match else None


def redis_size(value: object) -> int | None:
    """Bytes, as Redis reads ``256mb`` (binary) and ``256m`` (decimal)."""
    match = re.fullmatch(r"(\d+)([kmg]?)(b?)", str(value).strip().lower())
    if not match:
        return None
    factor: int = (1024 if match[3] else 1000) ** _POWERS[match[2]]
    return int(match[1]) * factor


def go_duration(value: object) -> float | None:
    """Seconds, as Compose and Go read ``1m30s`` or ``500ms``."""
    units = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
    text = str(value).strip()
    if text == "0":
        return 0.0
    if not re.fullmatch(r"(\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+", text):
        return None
    return sum(float(number) * units[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", text))


def human(size: float) -> str:
    """Bytes for people: ``1.5 GiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(size) < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} TiB"
