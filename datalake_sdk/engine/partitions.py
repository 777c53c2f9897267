"""Parses partition keys, builds partition specs from them, and groups rows by partition."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.partitioning import PartitionField, PartitionSpec, partition_record_value
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    VoidTransform,
    YearTransform,
)
from pyiceberg.typedef import Record
from pyiceberg.types import (
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
)

from datalake_sdk.engine.equal_ranges import equal_ranges
from datalake_sdk.engine.extension_types import storage
from datalake_sdk.errors import InvalidPartitionKeyError, MissingColumnError, NanPartitionError, PartitionOverflowError
from datalake_sdk.naming import normalized_column_name, shortened

_TRANSFORMED = r"(?P<transform>\w+)\s*\(\s*(?:(?P<width>\d+)\s*,\s*)?(?P<inner>[^(),]+?)\s*\)"
_KEY = re.compile(rf"{_TRANSFORMED}|(?P<column>[^()]+)")
_PLAIN_TRANSFORMS: dict[str, Callable[[], Transform[Any, Any]]] = {
    "year": YearTransform,
    "month": MonthTransform,
    "day": DayTransform,
    "hour": HourTransform,
}
_SIZED_TRANSFORMS: dict[str, Callable[[int], Transform[Any, Any]]] = {
    "bucket": BucketTransform,
    "truncate": TruncateTransform,
}
_INTEGERS: dict[type[IcebergType], int] = {IntegerType: 2**32, LongType: 2**64}
"""Numbers of values of the integer types."""
_TRUNCATED_NUMBERS = (DecimalType, IntegerType, LongType)
_MAX_WIDTH = 2**31 - 1
"""Iceberg's Java library stores the parameter of a transform as an int.
https://github.com/apache/iceberg/blob/main/api/src/main/java/org/apache/iceberg/transforms/Transforms.java"""
_FIRST_PARTITION_ID = 1000
"""https://iceberg.apache.org/spec/#partition-evolution"""
_FILE_NAME_LIMIT = 200
"""Below the 255 bytes of a file name on Linux and macOS."""


@dataclass(frozen=True)
class PartitionKey:
    """A partition key: a column and a transform."""

    column: str
    transform: Transform[Any, Any]

    @classmethod
    def parse(cls, value: str) -> PartitionKey:
        """Parses a partition key such as `column`, `day(column)` or `bucket(16, column)`.

        Raises:
            InvalidPartitionKeyError: It is neither a column nor a supported transform of one.
        """
        match = _KEY.fullmatch(value.strip())
        if not match:
            raise InvalidPartitionKeyError(value)
        column = normalized_column_name(match["inner"] or match["column"])
        return cls(column, _transform(value, match["transform"], match["width"]))

    @property
    def field_name(self) -> str:
        """Name of the partition field, by the naming rules of Spark and Athena."""
        if isinstance(self.transform, IdentityTransform):
            return self.column
        suffix = re.sub(r"[\[\]]+", "_", str(self.transform)).strip("_").replace("truncate", "trunc")
        return f"{self.column}_{suffix}"

    def __str__(self) -> str:
        name, _, width = str(self.transform).partition("[")
        if isinstance(self.transform, IdentityTransform):
            return self.column
        return f"{name}({width.rstrip(']')}, {self.column})" if width else f"{name}({self.column})"


def _transform(value: str, name: str | None, width: str | None) -> Transform[Any, Any]:
    if name is None:
        return IdentityTransform()
    if name in _PLAIN_TRANSFORMS and width is None:
        return _PLAIN_TRANSFORMS[name]()
    if name in _SIZED_TRANSFORMS and width is not None and 0 < int(width) <= _MAX_WIDTH:
        return _SIZED_TRANSFORMS[name](int(width))
    raise InvalidPartitionKeyError(value)


def spec_keys(spec: PartitionSpec, schema: Schema) -> tuple[PartitionKey, ...]:
    """A spec's fields as partition keys; `str()` formats each as users write it."""
    return tuple(PartitionKey(_column_name(schema, field), field.transform) for field in spec.fields)


def _column_name(schema: Schema, field: PartitionField) -> str:
    return schema.find_column_name(field.source_id) or ""


def partition_spec(table: str, keys: Sequence[PartitionKey], schema: Schema) -> PartitionSpec:
    """The spec of a new table.

    Raises:
        MissingColumnError: A key names a column that the schema does not have.
        InvalidPartitionKeyError: A transform does not support its column's type.
    """
    for key in keys:
        check_key(table, key, schema)
    fields = [
        PartitionField(
            source_id=schema.find_field(key.column).field_id,
            field_id=_FIRST_PARTITION_ID + position,
            transform=key.transform,
            name=key.field_name,
        )
        for position, key in enumerate(keys)
    ]
    return PartitionSpec(*fields)


def check_key(table: str, key: PartitionKey, schema: Schema) -> None:
    """Checks that a key's column exists and that its transform supports the column's type."""
    columns = [field.name for field in schema.fields]
    if key.column not in columns:
        raise MissingColumnError(table, "partition_keys", key.column, columns)
    source: IcebergType = schema.find_field(key.column).field_type
    if not source.is_primitive or not key.transform.can_transform(source):
        raise InvalidPartitionKeyError(str(key), f"column '{key.column}' is {source}")


def _with_sources(spec: PartitionSpec, schema: Schema) -> Schema:
    """Adds the dropped columns of void transforms, which remain in specs of format version 1, with names of no column.

    https://iceberg.apache.org/spec/#partition-evolution
    """
    dropped = {field.source_id for field in spec.fields} - set(schema.field_ids)
    columns = [NestedField(number, f"\0{number}", StringType()) for number in sorted(dropped)]
    return Schema(*schema.fields, *columns, schema_id=schema.schema_id) if columns else schema


class Partitioner:
    """Groups rows by partition.

    Args:
        spec: The table's current spec.
        schema: The table's schema.
    """

    def __init__(self, spec: PartitionSpec, schema: Schema) -> None:
        self._spec = spec
        self._schema = schema = _with_sources(spec, schema)
        self._columns = [_column_name(schema, field) for field in spec.fields]
        self._transforms = [
            field.transform.pyarrow_transform(schema.find_field(field.source_id).field_type) for field in spec.fields
        ]
        types = [schema.find_type(field.source_id) for field in spec.fields]
        self._truncated_numbers = [
            (position, field.transform.width, data_type)
            for position, (field, data_type) in enumerate(zip(spec.fields, types, strict=True))
            if isinstance(data_type, _TRUNCATED_NUMBERS) and isinstance(field.transform, TruncateTransform)
        ]
        is_floating = any(isinstance(data_type, FloatType | DoubleType) for data_type in types)
        # 0.0 and -0.0 are different partitions, but equal keys of a cache.
        self._record_of = self._record if is_floating else cache(self._record)

    def groups(self, rows: pa.Table) -> Iterator[tuple[Record, list[pa.RecordBatch]]]:
        """Groups rows by partition.

        Args:
            rows: Rows in the table's schema.

        Yields:
            Partition record and its rows, in the given order, in one or several batches.

        Raises:
            NanPartitionError: A partition key is NaN.
            PartitionOverflowError: A truncated number is not a value of its column's type.
        """
        codes, values = self._codes(rows)
        order = None if (codes[1:] >= codes[:-1]).all() else np.argsort(_narrow(codes), kind="stable")
        ordered = rows if order is None else rows.take(pa.array(order))
        ranges = list(equal_ranges(codes if order is None else codes[order]))
        starts = np.array([start for start, _ in ranges], dtype=np.int64)
        records = self._records(values, starts if order is None else order[starts])
        yield from zip(map(self.checked, records), _slices(ordered, ranges), strict=True)

    def record_codes(self, rows: pa.Table) -> tuple[np.ndarray, list[Record]]:
        """Assigns each row the number of its partition.

        Returns:
            Index of each row's partition in the list of partition records, and that list.

        Raises:
            NanPartitionError: A partition key is NaN.
        """
        codes, values = self._codes(rows)
        _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        return inverse, list(self._records(values, first))

    def checked(self, record: Record) -> Record:
        """Returns a partition record to write, if its values have the types of their columns.

        Raises:
            PartitionOverflowError: A truncated number is not a value of its column's type.
        """
        for position, width, data_type in self._truncated_numbers:
            overflow = _overflow(record[position], width, data_type)
            if overflow is not None:
                key = spec_keys(self._spec, self._schema)[position]
                raise PartitionOverflowError(str(key), key.column, str(data_type), overflow)
        return record

    def record_value(self, position: int, value: object) -> Any:
        """Converts a transformed value to the one in partition records.

        Args:
            position: Position of the partition field.
            value: Value as Arrow converts it to Python.
        """
        return self._value(self._spec.fields[position], value)

    def path(self, record: Record) -> str:
        """Folder of a partition: `month=5/country=DE`."""
        parts = self._spec.partition_to_path(record, self._schema).split("/")
        return "/".join(shortened(part, _FILE_NAME_LIMIT) for part in parts)

    def _codes(self, rows: pa.Table) -> tuple[np.ndarray, list[pa.Array]]:
        codes = np.zeros(rows.num_rows, dtype=np.int64)
        values = []
        for field, column, transform in zip(self._spec.fields, self._columns, self._transforms, strict=True):
            if isinstance(field.transform, VoidTransform):
                transformed = pa.nulls(rows.num_rows, pa.string())
            else:
                transformed = transform(_one_chunk(_nested_column(rows, column)))
            encoded = pc.dictionary_encode(storage(transformed), null_encoding="encode")
            values.append(transformed)
            combined = codes * max(len(encoded.dictionary), 1) + encoded.indices.to_numpy(zero_copy_only=False)
            codes = np.unique(combined, return_inverse=True)[1] if len(values) > 1 else combined
        return codes, values

    def _records(self, values: Sequence[pa.Array], positions: np.ndarray) -> Iterator[Record]:
        columns = [array.take(pa.array(positions)).to_pylist() for array in values]
        for index in range(len(positions)):
            yield self._record_of(tuple(column[index] for column in columns))

    def _record(self, transformed: tuple[object, ...]) -> Record:
        fields = zip(self._spec.fields, transformed, strict=True)
        return Record(*[self._value(field, value) for field, value in fields])

    def _value(self, field: PartitionField, transformed: object) -> object:
        """A value as pyiceberg reads it from manifests, where UUIDs and bucket numbers are not converted."""
        if isinstance(transformed, float) and math.isnan(transformed):
            raise NanPartitionError(field.name)
        is_whole = isinstance(transformed, UUID | int)
        return transformed if is_whole else partition_record_value(field, transformed, self._schema)


def _overflow(truncated: Any, width: int, data_type: IcebergType) -> object:
    """The value that a number is rounded down to, if its type cannot represent it; otherwise None."""
    if truncated is None:
        return None
    if isinstance(data_type, DecimalType):
        return truncated if len(truncated.as_tuple().digits) > data_type.precision else None
    # A result below the range wraps around to a number that is not a multiple of the width.
    return truncated - _INTEGERS[type(data_type)] if truncated % width else None


def _slices(rows: pa.Table, ranges: Sequence[tuple[int, int]]) -> Iterator[list[pa.RecordBatch]]:
    batches = rows.to_batches()
    for start, end in ranges:
        # Slicing a batch takes a fraction of the time of slicing a table.
        is_one = len(batches) == 1
        yield [batches[0].slice(start, end - start)] if is_one else rows.slice(start, end - start).to_batches()


def _narrow(codes: np.ndarray) -> np.ndarray:
    """Converts codes to 16 bits if possible, which numpy sorts with a radix sort."""
    return codes.astype(np.uint16) if codes.max(initial=0) <= np.iinfo(np.uint16).max else codes


def _nested_column(rows: pa.Table, name: str) -> pa.ChunkedArray:
    if name in rows.column_names:
        return rows[name]
    outer, *inner = name.split(".")
    return pc.struct_field(rows[outer], inner)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
