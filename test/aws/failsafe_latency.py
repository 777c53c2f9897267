"""`python -m test.aws.failsafe_latency`: time from the SIGKILL of a task to the end of its execution.

Without the failsafe, the execution would end when the task misses its heartbeats.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from test.aws.emulator.execution import ENDED, Workshop
from test.aws.failsafe import deploy_failsafe
from test.emulator import Emulator

_RUNS = 5
_PROGRAM = """
import os, pathlib, threading
pathlib.Path("started").write_text(str(os.getpid()))
pathlib.Path("started").rename("pid")
threading.Event().wait()
"""
_TOKEN = [{"Name": "step_function_task_token", "Value.$": "$$.Task.Token"}]


def main() -> None:
    """Prints the median and the range of several executions."""
    with tempfile.TemporaryDirectory() as folder, Emulator() as aws:
        shop = Workshop(aws, Path(folder))
        deploy_failsafe(shop)
        shop.define_task(_PROGRAM)
        state = shop.run_task_state(".waitForTaskToken", environment=_TOKEN, TimeoutSeconds=3600)
        machine = shop.machine({"Load": state})
        seconds = sorted(_seconds_to_the_end(shop, machine) for _ in range(_RUNS))
    sys.stdout.write(
        f"SIGKILL to the failed execution: {statistics.median(seconds):.2f} s, median of {_RUNS} "
        f"({seconds[0]:.2f} to {seconds[-1]:.2f} s)\n"
    )


def _seconds_to_the_end(shop: Workshop, machine: str) -> float:
    pid = shop.folder / "pid"
    execution = shop.start(machine)
    while not pid.exists():
        time.sleep(0.01)
    os.kill(int(pid.read_text()), signal.SIGKILL)
    pid.unlink()
    killed = time.monotonic()
    shop.aws.wait_for(execution, *ENDED)
    return time.monotonic() - killed


if __name__ == "__main__":
    main()
