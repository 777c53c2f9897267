from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.types import BinaryType, LongType, NestedField

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.partitions import Partitioner, PartitionKey, partition_spec
from datalake_sdk.engine.staging import StagingArea

SCHEMA = Schema(NestedField(1, "part", LongType()), NestedField(2, "content", BinaryType()))
TASK_ROWS, ROW_BYTES, TASKS = 1_000, 500, 240
"""120 MB of rows in tasks of half a megabyte."""


def written(tmp_path, keys: list[str]) -> int:
    """Writes all tasks and returns the number of rows in the files."""
    spec = partition_spec("t", [PartitionKey.parse(key) for key in keys], SCHEMA)
    metadata = new_table_metadata(SCHEMA, spec, UNSORTED_SORT_ORDER, f"file://{tmp_path}", {"format-version": "2"})
    layout = FileLayout("t", PyArrowFileIO(), metadata)
    partitioner = Partitioner(metadata.spec(), metadata.schema()) if keys else None

    def rows(task: int) -> pa.Table:
        random = np.random.default_rng(task)
        content = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(ROW_BYTES), TASK_ROWS, [None, pa.py_buffer(random.bytes(TASK_ROWS * ROW_BYTES))]
        )
        parts = pa.array(random.integers(0, 40, TASK_ROWS))
        return pa.Table.from_arrays([parts, content.cast(pa.binary())], schema=layout.schema)

    with StagingArea(layout.io) as files:
        staged = write_files(files, (lambda task=task: rows(task) for task in range(TASKS)), layout, partitioner)
        return sum(file.data_file.record_count for file in staged)


@pytest.mark.parametrize("threads", [2, 16])
@pytest.mark.parametrize(("keys", "megabytes"), [([], 40), (["part"], 96)], ids=["unpartitioned", "40 partitions"])
def test_memory_stays_within_the_budgets_with_any_number_of_threads(
    tmp_path, monkeypatch, pool, small_budgets, threads, keys, megabytes
):
    monkeypatch.setenv("DATALAKE_SDK_THREADS", str(threads))
    assert written(tmp_path, keys) == TASKS * TASK_ROWS
    assert pool.max_memory() < megabytes << 20
