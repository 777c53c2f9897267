"""Memory of upserts does not depend on how well the stored rows are compressed."""

from __future__ import annotations

import pyarrow as pa

from datalake_sdk.engine.table_properties import COPY_ON_WRITE, MERGE_MODE
from test.behavior.lake import Lake

TASK_ROWS, TEXT, TASKS = 1_000, "a" * 2_000, 80
"""160 MB of rows that take less than 1 MB on disk."""


def rows(task: int) -> pa.RecordBatch:
    ids = range(task * TASK_ROWS, (task + 1) * TASK_ROWS)
    return pa.record_batch({"id": ids, "text": [TEXT] * TASK_ROWS})


def test_a_small_file_of_many_rows_is_rewritten_in_bounded_memory(tmp_path, monkeypatch, pool, small_budgets):
    monkeypatch.setenv("DATALAKE_SDK_THREADS", "2")
    lake = Lake(tmp_path)
    batches = (rows(task) for task in range(TASKS))
    lake.ingest(pa.RecordBatchReader.from_batches(rows(0).schema, batches), properties={MERGE_MODE.name: COPY_ON_WRITE})
    assert lake.upsert([{"id": 1, "text": "new"}]).rows_updated == 1
    assert pool.max_memory() < 48 << 20
