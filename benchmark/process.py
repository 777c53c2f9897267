"""Entry point of a measured process: calls one function and records its time and result.

python -m benchmark.process sides.duckdb.copy_csv '["/tmp/folder", "/tmp/rows.csv"]'
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from importlib import import_module
from pathlib import Path

RESULT_VARIABLE = "BENCHMARK_RESULT"
REPEATS_VARIABLE = "BENCHMARK_REPEATS"


def main(function: str, arguments: str) -> None:
    """Calls a function of this package with JSON arguments; the imports of its module are not measured."""
    module, name = function.rsplit(".", 1)
    work = getattr(import_module(f"benchmark.{module}"), name)
    values = json.loads(arguments)
    repeats = int(os.environ.get(REPEATS_VARIABLE, "0"))
    seconds = []
    for _ in range(1 + repeats):
        start = time.perf_counter()
        result = work(*values)
        seconds.append(time.perf_counter() - start)
    outcome = {"seconds": statistics.median(seconds[1:] or seconds), "result": result, "peak": _peak()}
    Path(os.environ[RESULT_VARIABLE]).write_text(json.dumps(outcome))


def _peak() -> int:
    """Peak memory of this process plus that of its largest finished child, in the unit of getrusage.

    A forked child has the memory of its parent until it executes its program; a smaller peak is therefore ignored.
    """
    own, child = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own + child if child > own else own


if __name__ == "__main__":
    main(*sys.argv[1:])
