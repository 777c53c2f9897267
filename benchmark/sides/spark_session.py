"""The SDK's Spark engine and plain Spark in one session, whose tables are restored before each run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from benchmark.sides.spark import ended
from datalake_sdk.inputs.options import FileInput
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import IngestionMode, IngestionRequest, TableName
from datalake_sdk.spark_engine.session import spark_session, table_name
from datalake_sdk.spark_engine.settings import CATALOG
from datalake_sdk.spark_engine.writer import SparkWriter


@dataclass(frozen=True)
class Lake:
    """A lake that a Spark session writes to."""

    platform: Platform
    session: SparkSession

    def name(self, table: TableName) -> str:
        """The name of a table in Spark SQL."""
        return table_name(self.platform.environment, table)

    def write(self, rows: object, request: IngestionRequest) -> None:
        """Writes rows with the SDK's Spark engine, without maintenance, which the other sides do not have."""
        ingest(self.platform, request, rows, writer=SparkWriter(self.platform, self.session), maintain=False)


Work = Callable[[Lake, TableName, DataFrame], None]


def append(lake: Lake, table: TableName, rows: DataFrame) -> None:
    """Appends rows with the SDK."""
    lake.write(rows, IngestionRequest(table))


def upsert(lake: Lake, table: TableName, rows: DataFrame) -> None:
    """Upserts rows with the SDK."""
    lake.write(rows, IngestionRequest(table, IngestionMode.UPSERT, ("id",)))


def plain_append(lake: Lake, table: TableName, rows: DataFrame) -> None:
    """Appends rows with Spark."""
    rows.writeTo(lake.name(table)).append()


def merge(lake: Lake, table: TableName, rows: DataFrame) -> None:
    """Merges rows with Spark."""
    rows.createOrReplaceTempView("batch")
    lake.session.sql(
        f"MERGE INTO {lake.name(table)} AS t USING batch AS s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )


OURS = "datalake_sdk on Spark"
APPENDS: Mapping[str, Work] = {OURS: append, "Spark append": plain_append}
UPSERTS: Mapping[str, Work] = {OURS: upsert, "MERGE, copy-on-write": merge, "MERGE, merge-on-read": merge}


def alternate(folder: str, wanted: Sequence[str], runs: int, stored: str, batch: str) -> dict[str, Any]:
    """Runs the sides of each comparison in turn, in one session.

    Args:
        folder: Folder of a new lake.
        wanted: Parts of the names of the sides to compare with the first one.
        runs: Runs of each side, after a warm-up.
        stored: Parquet file with the rows of each table before a run, which an append adds once more.
        batch: Parquet file to upsert.

    Returns:
        For each side of each comparison, wall and CPU seconds of all runs, and the final number of rows.
    """
    environment = resolve_environment(None, None, None, local_root=folder)
    with ended(spark_session(environment, {"spark.master": "local[2]"})) as session:
        lake = Lake(open_platform(environment), session)
        return {
            "APPENDS": _alternated(lake, _chosen(APPENDS, wanted), runs, stored, stored),
            "UPSERTS": _alternated(lake, _chosen(UPSERTS, wanted), runs, stored, batch),
        }


def _chosen(works: Mapping[str, Work], wanted: Sequence[str]) -> Mapping[str, Work]:
    return {name: work for name, work in works.items() if name == OURS or any(part in name for part in wanted)}


def _alternated(lake: Lake, works: Mapping[str, Work], runs: int, stored: str, batch: str) -> dict[str, Any]:
    tables = {
        name: TableName("bench", f"{work.__name__}_{number}") for number, (name, work) in enumerate(works.items())
    }
    snapshots = {name: _create(lake, table, name, stored) for name, table in tables.items()}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(1 + runs):
        for name, work in works.items():
            _restore(lake, tables[name], snapshots[name])
            seconds[name].append(_measured(lake, work, tables[name], batch))
    rows = {name: lake.session.table(lake.name(table)).count() for name, table in tables.items()}
    return {name: {"seconds": seconds[name][1:], "rows": rows[name]} for name in works}


def _create(lake: Lake, table: TableName, side: str, path: str) -> int:
    """Creates the table of a side, and returns its snapshot."""
    ingest(lake.platform, IngestionRequest(table), FileInput(path), maintain=False)
    mode = side.removeprefix("MERGE, ")
    if mode != side:
        lake.session.sql(f"ALTER TABLE {lake.name(table)} SET TBLPROPERTIES ('write.merge.mode' = '{mode}')")
    (snapshot,) = lake.platform.catalog.load_table(table.identifier(lake.platform.environment)).snapshots()
    return snapshot.snapshot_id


def _restore(lake: Lake, table: TableName, snapshot: int) -> None:
    """Makes a snapshot current again, and flushes the files of earlier runs."""
    lake.session.sql(f"CALL {CATALOG}.system.set_current_snapshot('{lake.name(table)}', {snapshot})").collect()
    os.sync()


def _measured(lake: Lake, work: Work, table: TableName, batch: str) -> tuple[float, float]:
    """Returns wall and CPU seconds, including those to open the batch."""
    start, cpu = time.perf_counter(), _cpu_seconds(lake.session)
    work(lake, table, lake.session.read.parquet(batch))
    return time.perf_counter() - start, _cpu_seconds(lake.session) - cpu


def _cpu_seconds(session: SparkSession) -> float:
    """CPU time of this process and of its Java process: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""
    pid = session.sparkContext._gateway.proc.pid
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
