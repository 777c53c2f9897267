"""Eight processes write to one table concurrently; the result must equal the same writes replayed in commit order.

python -m benchmark.races --rounds 50
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.table.snapshots import Operation

from datalake_sdk.engine.snapshot_summary import INGESTION_ID_SUMMARY
from datalake_sdk.engine.table_properties import MERGE_MODE, MERGE_ON_READ
from datalake_sdk.errors import CommitConflictError, LakeBusyError
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.maintain_table import maintain_table
from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, IngestionMode, IngestionRequest, TableName

TABLE = TableName("sales", "orders")
MONTHS = 3
SHARED_KEYS = 12
WRITERS = (
    ("twins", "append"),
    ("twins", "append"),
    ("compactor", "append"),
    ("upserter 1", "upsert"),
    ("upserter 2", "upsert"),
    ("upserter 3", "upsert"),
    ("month", "overwrite_partitions"),
    ("all", "overwrite"),
)
"""Names and modes. The twins write the same batches with the same ingestion ids; the compactor compacts after each."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Write:
    """One batch, from which any process can generate the rows.

    Args:
        writer: Index in `WRITERS`.
        number: Index of the batch among those of its writer.
    """

    writer: int
    number: int

    @property
    def ingestion_id(self) -> str:
        """Ingestion id, equal for the same batch of the twins."""
        return f"{WRITERS[self.writer][0]}/{self.number}"

    @property
    def mode(self) -> str:
        """Ingestion mode."""
        return WRITERS[self.writer][1]

    def rows(self) -> list[Row]:
        """Rows of the batch: shared keys that move between months for upserts, new keys for the other modes."""
        name = self.ingestion_id
        if self.mode == "upsert":
            keys = [f"shared {(self.number + offset) % SHARED_KEYS}" for offset in range(SHARED_KEYS // 2)]
            return [{"id": key, "month": (self.number + self.writer) % MONTHS, "run": name} for key in keys]
        return [{"id": f"{name}/{index}", "month": self.number % MONTHS, "run": name} for index in range(4)]

    def applied(self, rows: list[Row]) -> list[Row]:
        """The table's rows after the write, according to the write contract."""
        batch = self.rows()
        if self.mode == "overwrite":
            return batch
        column = {"upsert": "id", "overwrite_partitions": "month"}.get(self.mode)
        replaced = {row[column] for row in batch} if column else set()
        return [row for row in rows if column is None or row[column] not in replaced] + batch


@dataclass(frozen=True)
class Outcome:
    """Result of a process's writes.

    Args:
        results: Ingestion id of each batch, and `written`, `skipped` or the name of the error.
        conflicts: Number of commit attempts that conflicted.
    """

    results: Sequence[tuple[str, str]]
    conflicts: int


class _Conflicts(logging.Handler):
    """Counts commit attempts that conflicted."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += "retrying" in record.msg


def race(pool: ProcessPoolExecutor, root: Path | None, commits: int, merge_on_read: bool) -> Counter[str]:
    """Runs all writers on one table and checks the result.

    Args:
        pool: From `writers_pool`.
        root: Folder of a new lake; None uses AWS, where the domain must have no tables.
        commits: Number of batches per writer; the `overwrite` writer writes one.
        merge_on_read: Whether upserts into an existing table mark rows as deleted; otherwise the writers create the
            table, and upserts rewrite files.

    Returns:
        Number of writes with each result, and the numbers of `conflicts` and `compactions`.

    Raises:
        AssertionError: The table's rows differ from those of the commits replayed in order.
    """
    first = [_create_merge_on_read_table(_platform(root))] if merge_on_read else []
    jobs = [(root, writer, commits) for writer in range(len(WRITERS))]
    outcomes = list(pool.map(_write_all, jobs, chunksize=1))
    results = [*first, *(result for outcome in outcomes for result in outcome.results)]
    _check(_platform(root), results)
    events = Counter(
        conflicts=sum(outcome.conflicts for outcome in outcomes), compactions=_compactions(_platform(root))
    )
    return events + Counter(result for _, result in results)


def writers_pool() -> ProcessPoolExecutor:
    """One process per writer; all start their first batch at the same time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    barrier = context.Barrier(len(WRITERS))
    return ProcessPoolExecutor(len(WRITERS), context, initializer=_join, initargs=(barrier, dict(os.environ)))


_start: Barrier


def _join(barrier: Barrier, variables: dict[str, str]) -> None:
    """Sets the environment variables: the fork server has those from the creation of the first pool."""
    global _start
    _start = barrier
    os.environ |= variables


def _create_merge_on_read_table(platform: Platform) -> tuple[str, str]:
    write = Write(0, 0)
    result = _result_of(platform, write)
    with load_table(platform, TABLE).transaction() as transaction:
        transaction.set_properties({MERGE_MODE.name: MERGE_ON_READ})
    return write.ingestion_id, result


def _write_all(job: tuple[Path | None, int, int]) -> Outcome:
    root, writer, commits = job
    logger, conflicts = logging.getLogger("datalake_sdk.engine.commit_loop"), _Conflicts()
    logger.setLevel(logging.INFO)
    logger.addHandler(conflicts)
    platform = _platform(root)
    _start.wait()
    writes = [Write(writer, number) for number in range(1 if WRITERS[writer][1] == "overwrite" else commits)]
    results = [(write.ingestion_id, _result_of(platform, write)) for write in writes]
    logger.removeHandler(conflicts)
    return Outcome(results, conflicts.count)


def _result_of(platform: Platform, write: Write) -> str:
    request = IngestionRequest(TABLE, IngestionMode(write.mode), ("id",), ("month",), ingestion_id=write.ingestion_id)
    batch = pa.Table.from_pylist(write.rows())
    try:
        result = ingest(platform, request, batch)
    except (CommitConflictError, LakeBusyError) as error:
        return type(error).__name__
    if write.ingestion_id.startswith("compactor"):
        maintain_table(platform, TABLE, force=True)
    return "skipped" if result.skipped else "written"


def _platform(root: Path | None) -> Platform:
    return open_platform(Environment("shop", "sales", "dev", local_root=root))


def _check(platform: Platform, results: Sequence[tuple[str, str]]) -> None:
    committed = list(_committed(platform))
    written = sorted(ingestion_id for ingestion_id, result in results if result == "written")
    assert sorted(committed) == written, "the commits differ from those reported to the writers"
    skipped = {ingestion_id for ingestion_id, result in results if result == "skipped"}
    assert skipped <= set(committed), "a write was skipped whose ingestion id is not committed"
    writes = {write.ingestion_id: write for write in _all_writes(len(committed))}
    rows: list[Row] = []
    for ingestion_id in committed:
        rows = writes[ingestion_id].applied(rows)
    stored = read_table(platform, TABLE).read_all().select(["id", "month", "run"]).to_pylist()
    assert sorted(map(repr, stored)) == sorted(map(repr, rows)), "rows were lost or duplicated"


def _all_writes(most: int) -> Iterator[Write]:
    return (Write(writer, number) for writer in range(len(WRITERS)) for number in range(most))


def _committed(platform: Platform) -> Iterator[str]:
    snapshots = load_table(platform, TABLE).metadata.snapshots
    for snapshot in sorted(snapshots, key=lambda snapshot: snapshot.sequence_number or 0):
        ingestion_id = snapshot.summary.additional_properties.get(INGESTION_ID_SUMMARY) if snapshot.summary else None
        if ingestion_id:
            yield ingestion_id


def _compactions(platform: Platform) -> int:
    snapshots = load_table(platform, TABLE).metadata.snapshots
    return sum(
        snapshot.summary is not None and snapshot.summary.operation == Operation.REPLACE for snapshot in snapshots
    )


def main() -> None:
    """Runs the rounds and prints the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, help="races, each on a new table (50 by default)")
    parser.add_argument("--commits", type=int, default=6, help="batches of each writer (6 by default)")
    arguments = parser.parse_args()
    started, total = time.perf_counter(), Counter[str]()
    with writers_pool() as pool, tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds):
            total += race(pool, Path(folder, f"round {number}"), arguments.commits, merge_on_read=number % 2 == 1)
            print(f"round {number + 1}: {dict(total)}, {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
