from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import FileScanTask

from datalake_sdk.engine.reading import DataFileReader
from datalake_sdk.engine.schema import write_schema


@pytest.fixture
def task(lake):
    table = lake.create("sales.orders", rows=[{"id": number} for number in range(6)])
    (planned,) = table.scan().plan_files()
    return table, planned


def marking(tmp_path, rows):
    """A delete file for several data files without bounds, as written by engines with one delete file per partition."""
    path = tmp_path / "deletes.parquet"
    pq.write_table(pa.table({"file_path": [file for file, _ in rows], "pos": [place for _, place in rows]}), path)
    return DataFile.from_args(
        content=DataFileContent.POSITION_DELETES,
        file_path=f"file://{path}",
        file_format=FileFormat.PARQUET,
        record_count=len(rows),
        file_size_in_bytes=path.stat().st_size,
    )


@pytest.mark.parametrize("scheme", ["file://", "file:"], ids=["as pyiceberg writes it", "as Spark writes it"])
def test_only_positions_of_the_requested_file_are_read_from_a_delete_file(tmp_path, task, scheme):
    table, planned = task
    own = scheme + planned.file.file_path.removeprefix("file://")
    deletes = marking(tmp_path, [("file:///other.parquet", 0), (own, 1), (own, 4), ("s3://bucket/other.parquet", 5)])
    reader = DataFileReader(table, FileScanTask(planned.file, {deletes}))
    assert reader.num_rows == 4
    assert reader.are_deleted(np.arange(6)).tolist() == [False, True, False, False, True, False]
    (rows,) = reader.rows_without(np.array([0]), write_schema(table.schema()))
    assert rows()["id"].to_pylist() == [2, 3, 5]
