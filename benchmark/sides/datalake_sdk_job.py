"""Writes through a task's `job`, one at a time."""

from __future__ import annotations

from functools import partial

from benchmark.sides.arrow import small_batch, small_changes, timed
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper

UPSERT = {"bench.rows": {"ingestion_mode": "upsert", "upsert_keys": ["id"]}}


def small_appends(folder: str, appends: int, rows: int) -> list[float]:
    """Seconds of each append of `rows` rows, including automatic maintenance."""
    job = NativePythonProcessingWrapper(local_root=folder)
    return timed(partial(job.ingest, "bench.rows"), (small_batch(number, rows) for number in range(appends)))


def small_upserts(folder: str, upserts: int, rows: int) -> list[float]:
    """Seconds of each upsert of `rows` rows, including automatic maintenance."""
    job = NativePythonProcessingWrapper(local_root=folder, output_tables=UPSERT)
    return timed(partial(job.ingest, "bench.rows"), (small_changes(number, rows) for number in range(upserts)))
