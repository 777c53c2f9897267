"""The operations that the SDK's classes and its commands call."""

from __future__ import annotations

import time
from collections.abc import Sequence

from benchmark.sides.arrow import small_batch
from benchmark.sides.query import AGGREGATE
from datalake_sdk.engine.upsert_policy import MERGE_ON_READ, MODE_PROPERTY
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.operations.ingest import ingest_files
from datalake_sdk.operations.lookup import load_table
from datalake_sdk.operations.query import query
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import OutputTable, TableName, output_table_from

TABLE = TableName("bench", "rows")


def append(folder: str, path: str, partition_keys: Sequence[str] = ()) -> None:
    """Files into a table, which it creates."""
    _ingest(folder, path, OutputTable(partition_keys=tuple(partition_keys)))


def upsert(folder: str, path: str, keys: Sequence[str]) -> None:
    """Files into a table that has rows."""
    _ingest(folder, path, output_table_from(str(TABLE), {"ingestion_mode": "upsert", "upsert_keys": keys}))


def append_for_reading(folder: str, path: str, replacements: str) -> dict[str, list[str]]:
    """A lake as it was written, `whole`, and one with rows marked as deleted and written again, `marked`.

    Returns:
        Paths of the data files of each.
    """
    whole, marked = f"{folder}/whole", f"{folder}/marked"
    for lake in (whole, marked):
        append(lake, path)
    with load_table(_platform(marked), TABLE).transaction() as transaction:
        transaction.set_properties({MODE_PROPERTY: MERGE_ON_READ})
    upsert(marked, replacements, ["id"])
    return {"whole": _data_files(whole), "marked": _data_files(marked)}


def aggregate(folder: str) -> int:
    """The rows that the query has seen."""
    result = query(_platform(folder), AGGREGATE.format(source="dev_bench.rows")).read_all()
    return sum(result["number"].to_pylist())


def small_appends(folder: str, appends: int, rows: int) -> list[float]:
    """Seconds of each append of `rows` rows, with the maintenance that it starts."""
    job = NativePythonProcessingWrapper(local_root=folder)
    seconds = []
    for number in range(appends):
        batch = small_batch(number, rows)
        start = time.perf_counter()
        job.ingest(str(TABLE), batch)
        seconds.append(time.perf_counter() - start)
    return seconds


def _data_files(folder: str) -> list[str]:
    tasks = load_table(_platform(folder), TABLE).scan().plan_files()
    return [task.file.file_path.removeprefix("file://") for task in tasks]


def _ingest(folder: str, path: str, output: OutputTable) -> None:
    ingest_files(_platform(folder), TABLE, path, output, InputOptions())


def _platform(folder: str) -> Platform:
    return open_platform(resolve_environment(None, None, None, local_root=folder))
