"""The partition of a Parquet file, from the statistics in its footer."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.transforms import BucketTransform
from pyiceberg.typedef import Record

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.partitions import Partitioner, PartitionKey, spec_keys
from datalake_sdk.engine.schema import arrow_type

_BOUNDED_TYPES = (
    pa.types.is_integer,
    pa.types.is_string,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_decimal,
    pa.types.is_boolean,
)
"""Types whose statistics determine the partition: those of floats do not show whether there are NaN values.
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift"""


class FileProblem(Exception):
    """A reason why a file cannot be registered."""


def partition_of(parquet: pq.FileMetaData, layout: FileLayout) -> Record:
    """The partition of all rows of a file.

    Args:
        parquet: Footer of the file.
        layout: Settings for data files; their metadata has the partition spec.

    Raises:
        FileProblem: The file has rows of several partitions, or its statistics do not exclude it.
        PartitionOverflowError: A truncated number is not a value of its column's type.
    """
    spec, schema = layout.metadata.spec(), layout.metadata.schema()
    keys = spec_keys(spec, schema)
    bounds = {key.column: _bounds(parquet, key, arrow_type(schema.find_field(key.column).field_type)) for key in keys}
    columns = [pa.array(bounds.get(field.name, (None, None)), field.type) for field in layout.schema]
    partitioner = Partitioner(spec, schema)
    _, records = partitioner.record_codes(pa.Table.from_arrays(columns, schema=layout.schema))
    if len(records) > 1:
        raise FileProblem(f"has rows of several partitions by {', '.join(map(str, keys))}")
    return partitioner.checked(records[0])


def _bounds(parquet: pq.FileMetaData, key: PartitionKey, data_type: pa.DataType) -> tuple[Any, Any]:
    """Least and greatest value of a partition key's column; None if all values are null."""
    if not any(test(data_type) for test in _BOUNDED_TYPES):
        raise FileProblem(f"the partition by {key} cannot be determined from statistics of type {data_type}")
    chunks = [
        column
        for group in range(parquet.num_row_groups)
        for index in range(parquet.num_columns)
        if (column := parquet.row_group(group).column(index)).path_in_schema == key.column
    ]
    if not chunks:
        raise FileProblem(f"has no column '{key.column}', by which the table is partitioned")
    statistics = [chunk.statistics for chunk in chunks]
    if not all(each is not None and each.has_null_count for each in statistics):
        raise FileProblem(f"has no statistics of column '{key.column}', by which the table is partitioned")
    nulls, rows = sum(each.null_count for each in statistics), sum(chunk.num_values for chunk in chunks)
    if nulls == rows:
        return None, None
    if nulls or not all(each.has_min_max for each in statistics):
        raise FileProblem(f"has rows of several partitions by {key}, one of them null")
    return _checked(key, min(each.min for each in statistics), max(each.max for each in statistics))


def _checked(key: PartitionKey, low: Any, high: Any) -> tuple[Any, Any]:
    if isinstance(key.transform, BucketTransform) and low != high:
        raise FileProblem(f"may have rows of several partitions by {key}")
    return low, high
