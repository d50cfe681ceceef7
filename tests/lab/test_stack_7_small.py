"""examples/small: the whole stack within 2 GiB and 2 cpus."""

from __future__ import annotations

import pytest

from tests.lab.engine import Engine
from tests.lab.report import Report, seconds
from tests.lab.stack import running
from tests.lab.test_stack_1_start import MIB
from tests.lab.test_stack_6_stop import stop_times
from tests.stack.programs import until

pytestmark = [pytest.mark.lab, pytest.mark.slow]


def test_the_smallest_host_is_large_enough(engine: Engine, report: Report) -> None:
    with running(engine, "small") as stack:
        assert stack.problem == ""
        hosts = [container["HostConfig"] for container in stack.containers().values()]
        memory, cpus = sum(host["Memory"] for host in hosts), sum(host["NanoCpus"] for host in hosts) / 1e9
        assert memory <= 2048 * MIB - stack.plan.memory.kept_free
        assert cpus <= 2
        until(lambda: not stack.query("up == 0 or probe_success == 0"), "every target is up", 30)
        assert {alert for alert, _ in stack.firing()} <= {"Watchdog"}
        stopped = stop_times(stack)
        report.note(
            f"small: healthy after {stack.all_healthy_seconds:.1f} s within {memory / MIB:.0f} MiB and {cpus:.2f} "
            f"cpus; stopped: {seconds(stopped)}"
        )
