"""Streams results as record batches, from the Parquet files of UNLOAD or the CSV file of a plain query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector

from datalake_sdk.platforms.aws.athena_types import AthenaType, cast_column
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

ROWS_PER_BATCH = 100_000
_CSV_BLOCK = 4 << 20
_ZONED = re.compile(r"(?P<clock>.*\d) (?P<zone>\S+)")


def unloaded_rows(session: AwsSession, location: str, schema: pa.Schema) -> pa.RecordBatchReader:
    """Streams the Parquet files at a location and deletes them when the reader is exhausted or released.

    Args:
        session: Account and region.
        location: Location with scheme, which contains no other files.
        schema: Schema of the result, whose columns are in this order.
    """
    batches = _unloaded(session, location.removeprefix("s3://").rstrip("/"), schema)
    # Enters the generator's try block: closing a generator that was never started would not run its finally block.
    next(batches)
    return pa.RecordBatchReader.from_batches(schema, batches)


def csv_rows(session: AwsSession, location: str, names: Sequence[str], types: Sequence[AthenaType]) -> Any:
    """Streams the CSV file of a plain query, whose result is not empty.

    Args:
        session: Account and region.
        location: Location with scheme.
        names: Column names.
        types: Column types, which are not nested.
    """
    schema = pa.schema([pa.field(name, found.arrow) for name, found in zip(names, types, strict=True)])
    return pa.RecordBatchReader.from_batches(schema, _csv_batches(session, location.removeprefix("s3://"), schema))


def _unloaded(session: AwsSession, folder: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    try:
        yield
        with aws_errors():
            selector = FileSelector(folder, recursive=True, allow_not_found=True)
            paths = sorted(info.path for info in session.filesystem().get_file_info(selector) if info.is_file)
            for path in paths:
                yield from _parquet_batches(session, path, schema)
    finally:
        remove(session, folder)


def remove(session: AwsSession, folder: str) -> None:
    """Deletes every object under `bucket/prefix`."""
    bucket, _, prefix = folder.partition("/")
    with aws_errors():
        s3 = session.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", ())]
            if keys:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})


def _parquet_batches(session: AwsSession, path: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with session.filesystem().open_input_file(path) as file, pq.ParquetFile(file) as parquet:
        for batch in parquet.iter_batches(ROWS_PER_BATCH):
            columns = [cast_column(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _csv_batches(session: AwsSession, path: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    names = [f"c{index}" for index, _ in enumerate(schema)]
    read_as = {name: _csv_type(field.type) for name, field in zip(names, schema, strict=True)}
    with aws_errors(), session.filesystem().open_input_stream(path) as stream:
        reader = csv.open_csv(
            stream,
            csv.ReadOptions(column_names=names, skip_rows=1, block_size=_CSV_BLOCK),
            csv.ParseOptions(newlines_in_values=True),
            # Athena writes null as an empty field and an empty string as "".
            csv.ConvertOptions(
                column_types=read_as, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
            ),
        )
        for batch in reader:
            columns = [_from_csv(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _csv_type(target: pa.DataType) -> pa.DataType:
    is_converted_later = pa.types.is_binary(target) or pa.types.is_time(target)
    return pa.string() if is_converted_later or (pa.types.is_timestamp(target) and target.tz) else target


def _from_csv(column: pa.Array, target: pa.DataType) -> pa.Array:
    if pa.types.is_binary(target) and not column.type.equals(target):
        return pa.array([None if text is None else bytes.fromhex(text) for text in column.to_pylist()], target)
    if pa.types.is_timestamp(target) and not column.type.equals(target):
        return _instants(column, target)
    return cast_column(column, target)


def _instants(column: pa.Array, target: pa.DataType) -> pa.Array:
    """Converts strings such as `2024-01-01 10:00:00.000 Europe/Paris` to instants."""
    if pc.all(pc.ends_with(column, " UTC")).as_py() in (True, None):
        return pc.replace_substring(column, " UTC", "Z").cast(target)
    return pa.array([None if text is None else _instant(text) for text in column.to_pylist()], target)


def _instant(text: str) -> datetime:
    found = _ZONED.fullmatch(text)
    if found is None or found["zone"][0] in "+-":
        return datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
    return datetime.fromisoformat(found["clock"]).replace(tzinfo=ZoneInfo(found["zone"]))
