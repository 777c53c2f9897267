"""Selects the data files that may have rows with the keys of a batch, by partition and by the bounds of key columns."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import BucketTransform, IdentityTransform, TimeTransform, TruncateTransform
from pyiceberg.types import NestedField, PrimitiveType

from datalake_sdk.engine.extension_types import storage
from datalake_sdk.engine.keys import KeyIndex
from datalake_sdk.engine.number_arrays import number_array
from datalake_sdk.engine.partition_filter import EVERY_PARTITION, PartitionFilter, filter_of
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.schema import write_schema

_MAX_RANGES = 4_096
_MAX_SORTED = 65_536
"""Sorting more values than this, other than numbers, takes longer than reading files that a single range selects."""
_TRANSFORMS = (IdentityTransform, BucketTransform, TruncateTransform, TimeTransform)


class KeyFilter:
    """Selects the data files that may have a row with a key of the batch.

    Args:
        table: The table.
        batch: Index of the batch's keys; the table has all of their columns.
    """

    def __init__(self, table: Table, batch: KeyIndex) -> None:
        self._schema, self._specs, self._keys = table.schema(), table.specs(), batch.keys
        self._partitions: dict[int, PartitionFilter] = {}
        columns = ((self._schema.find_field(name), batch.keys[name]) for name in batch.columns)
        self._ranges = [ranges for field, column in columns if (ranges := _ranges(field, column)) is not None]

    def partitions(self, spec_id: int) -> PartitionFilter:
        """The partitions of a spec that may have a key, by the partition fields that depend only on key columns."""
        if spec_id not in self._partitions:
            self._partitions[spec_id] = _partitions(self._specs[spec_id], self._schema, self._keys)
        return self._partitions[spec_id]

    def may_match(self, file: DataFile) -> bool:
        """Whether the statistics of a data file do not exclude every key."""
        return file.record_count != 0 and all(ranges.may_be_in(file) for ranges in self._ranges)


def _partitions(spec: PartitionSpec, schema: Schema, keys: pa.Table) -> PartitionFilter:
    stored = write_schema(schema)
    positions = [
        position for position, field in enumerate(spec.fields) if _depends_on_keys(field, schema, stored, keys)
    ]
    if not positions:
        return EVERY_PARTITION
    known = PartitionSpec(*(spec.fields[position] for position in positions), spec_id=spec.spec_id)
    _, records = Partitioner(known, schema).record_codes(keys)
    return filter_of(known, schema, range(len(positions)), records).at(positions)


def _depends_on_keys(field: PartitionField, schema: Schema, stored: pa.Schema, keys: pa.Table) -> bool:
    column = schema.find_column_name(field.source_id)
    return (
        column in keys.column_names
        and isinstance(field.transform, _TRANSFORMS)
        and stored.field(column).type == keys[column].type
        and not pa.types.is_floating(keys[column].type)
    )


@dataclass(frozen=True)
class _Ranges:
    """Disjoint ascending ranges that cover the values of a key column."""

    field_id: int
    kind: PrimitiveType
    lows: Sequence[Any]
    highs: Sequence[Any]

    def may_be_in(self, file: DataFile) -> bool:
        lower = file.lower_bounds.get(self.field_id) if file.lower_bounds else None
        upper = file.upper_bounds.get(self.field_id) if file.upper_bounds else None
        if lower is None or upper is None:
            return not self._has_only_nulls(file)
        first = bisect_left(self.highs, from_bytes(self.kind, lower))
        # NaN indicates an unknown bound, and no comparison with it is true.
        # https://github.com/apache/iceberg/blob/main/api/src/main/java/org/apache/iceberg/expressions/InclusiveMetricsEvaluator.java
        return first < len(self.lows) and not self.lows[first] > from_bytes(self.kind, upper)

    def _has_only_nulls(self, file: DataFile) -> bool:
        return (file.null_value_counts or {}).get(self.field_id) == file.record_count


def _ranges(field: NestedField, column: pa.ChunkedArray) -> _Ranges | None:
    """Ranges of a key column; None if its bounds cannot be compared with values."""
    assert isinstance(field.field_type, PrimitiveType)
    values = _comparable(storage(column))
    if values is None:
        return None
    if len(values) > _MAX_SORTED and not pa.types.is_integer(values.type):
        bounds = pc.min_max(values)
        return _Ranges(field.field_id, field.field_type, [bounds["min"].as_py()], [bounds["max"].as_py()])
    ordered = pc.unique(values)
    ordered = number_array(np.sort(ordered.to_numpy())) if pa.types.is_integer(values.type) else ordered.sort()
    last = np.arange(len(ordered), 0, -max(len(ordered) // _MAX_RANGES, 1))[::-1] - 1
    first = np.concatenate([[0], last[:-1] + 1])
    lows, highs = (ordered.take(number_array(positions)).to_pylist() for positions in (first, last))
    return _Ranges(field.field_id, field.field_type, lows, highs)


def _comparable(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Values as in the bounds of data files, where dates and times are numbers; None if they are not compared."""
    if pa.types.is_boolean(column.type) or pa.types.is_fixed_size_binary(column.type):
        return None
    if pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py():
        return None
    if pa.types.is_temporal(column.type):
        return column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64())
    return column
