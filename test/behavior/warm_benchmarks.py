"""Runs benchmarks in forks of this process, which has already imported the compared libraries.

python -m test.behavior.warm_benchmarks '{"read": ["--rows", "500"]}'
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import IO

from benchmark import harness, process

COMPARED = (
    *(f"benchmark.sides.{side}" for side in ("datalake_sdk_job", "datalake_sdk_query", "duckdb", "polars", "dlt")),
    *("benchmark.data", "benchmark.sides.deltalake", "benchmark.sides.row_counts"),
    *("datalake_sdk.engine.upsert", "datalake_sdk.operations.ingest", "datalake_sdk.operations.query"),
    *("dlt.destinations.impl.filesystem.filesystem", "pyiceberg.io.pyarrow"),
)


def main(programs: Mapping[str, Sequence[str]]) -> None:
    """Prints the name and the output of each benchmark."""
    for module in COMPARED:
        import_module(module)
    harness.subprocess = SimpleNamespace(Popen=Fork)
    for program, arguments in programs.items():
        sys.stdout.write(f"## {program}\n")
        sys.argv = [program, *arguments]
        import_module(f"benchmark.{program}").main()


class Fork:
    """The subset of `subprocess.Popen` that the harness uses."""

    def __init__(self, command: Sequence[str], stdout: IO[bytes], stderr: IO[bytes], env: Mapping[str, str]) -> None:
        *_, function, arguments = command
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            _call(function, arguments, stdout.fileno(), env)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def _call(function: str, arguments: str, output: int, environment: Mapping[str, str]) -> None:
    """Runs a side and exits."""
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.environ.update(environment)
    code = 1
    try:
        process.main(function, arguments)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
