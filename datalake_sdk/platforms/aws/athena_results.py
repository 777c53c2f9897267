"""Streams results as record batches, from the Parquet files of UNLOAD or the CSV file of a plain query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from datalake_sdk.parallel import in_order
from datalake_sdk.platforms.aws.athena_types import AthenaType, cast_column
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.object_reader import ObjectReader
from datalake_sdk.platforms.aws.objects import S3Objects
from datalake_sdk.platforms.aws.session import AwsSession

ROWS_PER_BATCH = 100_000
_CSV_BLOCK = 4 << 20
_FILES_AHEAD = 8
_MAX_DELETED = 1000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
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
    bucket = folder.partition("/")[0]
    keys: list[str] | None = None
    try:
        yield
        keys = [key for page in _pages(session, folder) for key in page]
        objects = S3Objects(session.client("s3"))
        files = (partial(ObjectReader, f"s3://{bucket}/{key}", objects) for key in sorted(keys))
        with ThreadPoolExecutor(_FILES_AHEAD, "results") as pool:
            for file in in_order(pool, files, _FILES_AHEAD):
                yield from _parquet_batches(file, schema)
    finally:
        if keys is None:
            remove(session, folder)
        else:
            _delete(session, bucket, keys)


def remove(session: AwsSession, folder: str) -> None:
    """Deletes every object under `bucket/prefix`."""
    for keys in _pages(session, folder):
        _delete(session, folder.partition("/")[0], keys)


def _pages(session: AwsSession, folder: str) -> Iterator[list[str]]:
    """Yields the keys under `bucket/prefix`."""
    bucket, _, prefix = folder.partition("/")
    with aws_errors():
        for page in session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
            yield [entry["Key"] for entry in page.get("Contents", ())]


def _delete(session: AwsSession, bucket: str, keys: Sequence[str]) -> None:
    with aws_errors():
        for start in range(0, len(keys), _MAX_DELETED):
            objects = [{"Key": key} for key in keys[start : start + _MAX_DELETED]]
            session.client("s3").delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def _parquet_batches(file: ObjectReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as parquet:
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
