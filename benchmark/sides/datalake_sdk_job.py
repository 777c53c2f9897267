"""Appends through a task's `job`, one at a time."""

from __future__ import annotations

import time

from benchmark.sides.arrow import small_batch
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper


def small_appends(folder: str, appends: int, rows: int) -> list[float]:
    """Seconds of each append of `rows` rows, including automatic maintenance."""
    job = NativePythonProcessingWrapper(local_root=folder)
    seconds = []
    for number in range(appends):
        batch = small_batch(number, rows)
        start = time.perf_counter()
        job.ingest("bench.rows", batch)
        seconds.append(time.perf_counter() - start)
    return seconds
