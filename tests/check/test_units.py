"""Each program reads its own units."""

from __future__ import annotations

import pytest

from midwatch.check import units

MI, GI = 1024**2, 1024**3


@pytest.mark.parametrize(
    ("read", "text", "size"),
    [
        (units.docker_size, "512m", 512 * MI),
        (units.docker_size, "1.5G", 1.5 * GI),
        (units.docker_size, 1024, 1024),
        (units.docker_size, "100kb", 102400),
        (units.docker_size, "2GiB", 2 * GI),
        (units.docker_size, "lots", None),
        (units.docker_size, None, None),
        (units.docker_size, "-1", None),
        (units.prometheus_size, "5GB", 5 * GI),
        (units.prometheus_size, "512MB", 512 * MI),
        (units.prometheus_size, "5G", None),
        (units.prometheus_size, "5gb", None),
        (units.prometheus_size, "0", None),
        (units.go_memory, "460MiB", 460 * MI),
        (units.go_memory, "100", 100),
        (units.go_memory, "512MB", None),
        (units.go_memory, "1.5GiB", None),
        (units.redis_size, "256mb", 256 * MI),
        (units.redis_size, "256m", 256_000_000),
        (units.redis_size, "x", None),
        (units.go_duration, "1m30s", 90),
        (units.go_duration, "500ms", 0.5),
        (units.go_duration, "0", 0),
        (units.go_duration, "10", None),
        (units.go_duration, "1d", None),
    ],
)
def test_sizes_and_times(read: object, text: object, size: float | None) -> None:
    assert read(text) == size  # type: ignore[operator]


def test_sizes_for_people() -> None:
    assert units.human(512 * MI) == "512 MiB"
    assert units.human(1.5 * GI) == "1.5 GiB"
