"""Parses declared column types, by their names in Iceberg or Athena."""

from __future__ import annotations

import re

from pyiceberg import types as iceberg

from datalake_sdk.contracts.type_names import SYNONYMS, canonical_type
from datalake_sdk.errors import UnknownTypeError

_NAMES: dict[str, iceberg.IcebergType] = {
    "boolean": iceberg.BooleanType(),
    "int": iceberg.IntegerType(),
    "long": iceberg.LongType(),
    "float": iceberg.FloatType(),
    "double": iceberg.DoubleType(),
    "date": iceberg.DateType(),
    "time": iceberg.TimeType(),
    "timestamp": iceberg.TimestampType(),
    "timestamptz": iceberg.TimestamptzType(),
    "string": iceberg.StringType(),
    "uuid": iceberg.UUIDType(),
    "binary": iceberg.BinaryType(),
}
_DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)")


def declared_type(column: str, text: str) -> iceberg.IcebergType:
    """Parses a declared type, for example `long`, `bigint` or `decimal(10, 2)`.

    Raises:
        UnknownTypeError: `text` does not name a primitive type.
    """
    wanted = canonical_type(text)
    if wanted in _NAMES:
        return _NAMES[wanted]
    match = _DECIMAL.fullmatch(wanted)
    if match and int(match[2]) <= int(match[1]) <= 38:
        return iceberg.DecimalType(int(match[1]), int(match[2]))
    raise UnknownTypeError(column, text, [*_NAMES, *SYNONYMS, "decimal(p, s) up to 38 digits"])
