"""Runs writes in processes that are killed at a step: reads one job per line, forks, and prints the last step.

One process runs many jobs, because importing takes longer than writing.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from test.behavior.lake import Lake
from test.behavior.stepping_io import STEPS

NOT_KILLED = "written"


def main() -> None:
    """Prints for each job the name of the step at which its process was killed, or `NOT_KILLED`."""
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            _write_and_exit(writer, **json.loads(line))
        os.close(writer)
        os.waitpid(child, 0)
        with os.fdopen(reader) as pipe:
            sys.stdout.write(f"{pipe.read() or 'failed'}\n")
            sys.stdout.flush()


def _write_and_exit(writer: int, root: str, last: int | str, write: dict[str, Any]) -> None:
    STEPS.stop_at(last, partial(_die, writer))
    lake = Lake(Path(root))
    catalog: Any = lake.platform.catalog
    catalog.properties["py-io-impl"] = "test.behavior.stepping_io.SteppingIO"
    sqlite3.connect = partial(sqlite3.connect, factory=_SteppingConnection)
    catalog.commit_table = partial(_commit_and_step, catalog.commit_table)
    lake.ingest(**write)
    os.write(writer, NOT_KILLED.encode())
    os._exit(0)


class _SteppingConnection(sqlite3.Connection):
    def commit(self) -> None:
        STEPS.take("commit in the catalog")
        super().commit()


def _commit_and_step(commit_table: Callable[..., object], *arguments: object) -> object:
    response = commit_table(*arguments)
    STEPS.take("after the commit")
    return response


def _die(writer: int) -> None:
    os.write(writer, STEPS.names[-1].encode())
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
