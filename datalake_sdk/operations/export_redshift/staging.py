"""Stages rows as Parquet files with a manifest, from which COPY loads them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from datalake_sdk.platforms.warehouse import StagingFolder
from datalake_sdk.redshift.columns import RedshiftColumn
from datalake_sdk.redshift.staged_values import StagedValues
from datalake_sdk.redshift.statements import StagedRows

_BYTES_PER_FILE = 64 << 20
"""COPY loads files in parallel: https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-use-multiple-files.html"""


def stage_rows(
    folder: StagingFolder, name: str, table: str, columns: Sequence[RedshiftColumn], rows: pa.RecordBatchReader
) -> StagedRows:
    """Writes rows to a folder, in bounded memory.

    Args:
        folder: Folder of the export.
        name: Name of the folder within it.
        table: Name of the table, for error messages.
        columns: Columns to stage; `rows` has columns of these names.
        rows: Rows of the table.

    Raises:
        RedshiftValueError: Redshift cannot store a value.
    """
    values = StagedValues(table, columns)
    batches = (values.convert(batch) for batch in rows if batch.num_rows)
    entries, count = [], 0
    for number, first in enumerate(batches):
        path = f"{folder.path}/{name}/{number:05}.parquet"
        count += _write_file(folder, path, first, batches)
        size = folder.filesystem.get_file_info(path).size
        # COPY needs the size of Parquet files: https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html
        entries.append({"url": f"s3://{path}", "mandatory": True, "meta": {"content_length": size}})
    manifest = _write_manifest(folder, name, entries) if entries else None
    return StagedRows(manifest, columns, values.longest, count)


def _write_file(folder: StagingFolder, path: str, first: pa.RecordBatch, batches: Iterator[pa.RecordBatch]) -> int:
    with folder.filesystem.open_output_stream(path) as sink, _writer(sink, first.schema) as writer:
        writer.write_batch(first)
        count: int = first.num_rows
        while sink.tell() < _BYTES_PER_FILE:
            batch = next(batches, None)
            if batch is None:
                break
            writer.write_batch(batch)
            count += batch.num_rows
    return count


@contextmanager
def _writer(sink: pa.NativeFile, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    # Timestamps as INT96, which every reader of Redshift supports, as in the files of Athena's UNLOAD.
    writer = pq.ParquetWriter(sink, schema, compression="snappy", use_deprecated_int96_timestamps=True)
    try:
        yield writer
    finally:
        writer.close()


def _write_manifest(folder: StagingFolder, name: str, entries: Sequence[dict[str, object]]) -> str:
    path = f"{folder.path}/{name}.manifest"
    with folder.filesystem.open_output_stream(path) as sink:
        sink.write(json.dumps({"entries": entries}).encode())
    return f"s3://{path}"
