"""Names of declared types in messages: those that tables' configurations use."""

from __future__ import annotations

import pyarrow as pa

_NAMES = {
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.int64(): "long",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.date32(): "date",
    pa.time64("us"): "time",
    pa.timestamp("us"): "timestamp",
    pa.timestamp("us", "UTC"): "timestamptz",
    pa.uuid(): "uuid",
}


def type_name(data_type: pa.DataType) -> str:
    """The name in Iceberg of the type that an Arrow type represents; Arrow's own name if Iceberg has no such type."""
    if pa.types.is_decimal(data_type):
        return f"decimal({data_type.precision}, {data_type.scale})"
    return _NAMES.get(data_type, str(data_type))
