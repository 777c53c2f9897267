"""Runs writes in processes that are killed at a step: reads one job per line, forks, and prints the last step.

One process runs many jobs, because importing takes longer than writing.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.operations.quarantine.replay import replay_quarantine
from test.behavior.lake import Lake
from test.behavior.stepping_io import STEPS

NOT_KILLED = "written"
LOADED_TABLES: dict[str, dict[str, Any]] = {"sales.clicks": {}, "sales.views": {}}


def main() -> None:
    """Prints for each job the name of the step at which its process was killed, or `NOT_KILLED`."""
    for line in sys.stdin:
        if "loaded_ids" in line:
            import_module("datalake_sdk.dlt_sources.load")
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            _write_and_exit(writer, **json.loads(line))
        os.close(writer)
        os.waitpid(child, 0)
        with os.fdopen(reader) as pipe:
            sys.stdout.write(f"{pipe.read() or 'failed'}\n")
            sys.stdout.flush()


def _write_and_exit(
    writer: int,
    root: str,
    last: int | str,
    write: dict[str, Any] | None = None,
    loaded_ids: int | None = None,
    replayed_contract: dict[str, Any] | None = None,
) -> None:
    STEPS.stop_at(last, partial(_die, writer))
    lake = Lake(Path(root))
    if write is not None:
        _step_through(lake.platform.catalog)
        lake.ingest(**write)
    elif replayed_contract is not None:
        _step_through(lake.platform.catalog)
        list(replay_quarantine(lake.platform, lake.table, parse_table("contract", replayed_contract)))
    else:
        job = NativePythonProcessingWrapper(
            project_name="shop", domain_name="sales", stage_name="dev", local_root=root, output_tables=LOADED_TABLES
        )
        _step_through(job.platform.catalog)
        job.ingest_source(events_source(range(1, (loaded_ids or 0) + 1)))
    os.write(writer, NOT_KILLED.encode())
    os._exit(0)


def _step_through(catalog: Any) -> None:
    catalog.properties["py-io-impl"] = "test.behavior.stepping_io.SteppingIO"
    sqlite3.connect = partial(sqlite3.connect, factory=_SteppingConnection)
    catalog.commit_table = partial(_commit_and_step, catalog.commit_table)


def events_source(ids: Iterable[int]) -> Any:
    """A dlt source with two tables, each of which reads the ids after its own last one."""
    import dlt

    def events(after: Any = dlt.sources.incremental("id", initial_value=0)) -> Iterator[list[dict[str, int]]]:  # noqa: B008
        yield [{"id": number} for number in ids if number > after.last_value]

    names = [name.partition(".")[2] for name in LOADED_TABLES]
    return dlt.source(lambda: [dlt.resource(events, name=name) for name in names], name="events")()


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
