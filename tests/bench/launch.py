"""Starts one command and prints its wall seconds and peak KiB as the last line: ``launch.py OUTPUT COMMAND…``.

A process of its own, and a small one: a child's peak memory begins with that of the process that forks it.
"""

import os
import subprocess
import sys
import time

if __name__ == "__main__":
    with open(sys.argv[1], "wb") as output:  # noqa: PTH123 (pathlib would make this process larger)
        started = time.perf_counter()
        child = subprocess.Popen(sys.argv[2:], stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
    print(seconds, usage.ru_maxrss)
    sys.exit(os.waitstatus_to_exitcode(status))
