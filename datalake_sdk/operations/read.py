"""Reads files and tables as streams of record batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from datalake_sdk.batches import BatchStream
from datalake_sdk.engine.incremental import read_added
from datalake_sdk.engine.read_range import ReadRange
from datalake_sdk.engine.scan import read_arrow, read_data_files
from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.ledger.recording import current_run
from datalake_sdk.operations.recorded_tables import record_files, record_read
from datalake_sdk.parallel import in_order, thread_count
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import TableName


def read_files(platform: Platform, path: str, options: InputOptions | None = None) -> pa.RecordBatchReader:
    """Reads files of any input format; types are inferred from all of the data before the first row is returned.

    Args:
        platform: Opens the storage of `s3://` paths.
        path: A file, a glob pattern, a folder or an `s3://` path.
        options: How to read the files.

    Raises:
        DatalakeError: The input cannot be read.
    """
    if (run := current_run()) is not None:
        record_files(run, path)
    stream = open_input(path, options or InputOptions(), open_filesystem=platform.input_filesystem)
    stream.resolve_types()
    return pa.RecordBatchReader.from_batches(stream.schema, _decoded(stream))


def _decoded(stream: BatchStream) -> Iterator[pa.RecordBatch]:
    with ThreadPoolExecutor(thread_count(), "reader") as pool:
        yield from in_order(pool, stream.tasks())


def read_table(platform: Platform, table: TableName, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
    """Reads the current snapshot of a table.

    Raises:
        UnknownTableError: The table does not exist.
    """
    loaded = load_table(platform, table)
    record_read(loaded)
    return read_arrow(loaded, columns)


def read_range(
    platform: Platform, table: TableName, columns: Sequence[str] | None, planned: ReadRange
) -> pa.RecordBatchReader:
    """Reads a part of the history of a table.

    Raises:
        UnknownTableError: The table does not exist.
    """
    loaded = load_table(platform, table)
    record_read(loaded, planned.until)
    if planned.until is None or planned.is_empty:
        return read_data_files(loaded, (), columns)
    if planned.after is None:
        return read_arrow(loaded, columns, planned.until)
    return read_added(loaded, planned.after, planned.until, columns)
