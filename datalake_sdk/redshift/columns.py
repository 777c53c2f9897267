"""Maps the columns of an Iceberg table to columns of Redshift, and to the Parquet columns that COPY loads."""

from __future__ import annotations

from dataclasses import dataclass

from pyiceberg import types as iceberg
from pyiceberg.schema import Schema

from datalake_sdk.errors import RedshiftTypeError

LONGEST_VARCHAR = 65_535
"""https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html"""
LONGEST_VARBYTE = 16_777_216
"""https://docs.aws.amazon.com/redshift/latest/dg/r_VARBYTE_type.html"""
LARGEST_SUPER = 16_777_216
"""Bytes of JSON: https://docs.aws.amazon.com/redshift/latest/dg/limitations-super.html"""
_LARGEST_SCALE = 37
"""https://docs.aws.amazon.com/redshift/latest/dg/r_Numeric_types201.html"""
_MOST_COLUMNS = 1600
"""https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_usage.html"""
_LONGEST_NAME = 127
"""Bytes: https://docs.aws.amazon.com/redshift/latest/dg/r_names.html"""
_SHORTEST_DECLARATION = 64

_PLAIN: dict[type[iceberg.IcebergType], str] = {
    iceberg.BooleanType: "BOOLEAN",
    iceberg.IntegerType: "INTEGER",
    iceberg.LongType: "BIGINT",
    iceberg.FloatType: "REAL",
    iceberg.DoubleType: "DOUBLE PRECISION",
    iceberg.DateType: "DATE",
    iceberg.TimestampType: "TIMESTAMP",
}
_AS_STRING: dict[type[iceberg.IcebergType], tuple[str, int, str]] = {
    iceberg.TimeType: ("TIME", 15, "CAST({} AS TIME)"),
    iceberg.UUIDType: ("VARCHAR(36)", 36, "{}"),
}
"""Type in Redshift, length of the staged string, and the expression that converts it."""


@dataclass(frozen=True)
class RedshiftColumn:
    """A column of the copy.

    Args:
        name: Column name, the same as in the table.
        type: Type in Redshift, without a length for `VARCHAR` and `VARBYTE` columns whose length depends on the data.
        staged_type: Type of the column into which COPY loads the staged values, also without such a length.
        load_expression: Converts a staged value; `{}` stands for the staged column.
        max_bytes: Largest value in bytes if it is limited; None for types of a fixed size.
    """

    name: str
    type: str
    staged_type: str
    load_expression: str = "{}"
    max_bytes: int | None = None

    @property
    def is_sized(self) -> bool:
        """Whether the length of the type depends on the data."""
        return self.type in ("VARCHAR", "VARBYTE")

    def declared(self, longest: int) -> str:
        """Returns the type in Redshift for values of at most `longest` bytes."""
        return self._with_length(self.type, longest)

    def declared_staged(self, longest: int) -> str:
        """Returns the type of the staged column for values of at most `longest` bytes."""
        return self._with_length(self.staged_type, longest)

    def _with_length(self, type_: str, longest: int) -> str:
        if self.max_bytes is None or type_ not in ("VARCHAR", "VARBYTE"):
            return type_
        return f"{type_}({declared_length(longest, self.max_bytes)})"


def redshift_columns(table: str, schema: Schema) -> list[RedshiftColumn]:
    """Maps the columns of a table.

    Args:
        table: Name of the table, for error messages.
        schema: Its schema.

    Raises:
        RedshiftTypeError: Redshift has no column for a type or a name, or too few columns.
    """
    if len(schema.fields) > _MOST_COLUMNS:
        raise RedshiftTypeError(table, "*", f"{len(schema.fields)} columns", f"at most {_MOST_COLUMNS} columns")
    return [_column(table, field) for field in schema.fields]


def declared_length(longest: int, limit: int) -> int:
    """Returns the length of a column: twice the longest value, rounded up to a power of two, and at least 64."""
    doubled = 1 << max(2 * longest - 1, 0).bit_length()
    return min(max(doubled, _SHORTEST_DECLARATION), limit)


def _column(table: str, field: iceberg.NestedField) -> RedshiftColumn:
    name, type_ = field.name, field.field_type
    if len(name.encode()) > _LONGEST_NAME:
        raise RedshiftTypeError(table, name, f"a name of {len(name.encode())} bytes", f"at most {_LONGEST_NAME} bytes")
    match type_:
        case iceberg.DecimalType():
            return _decimal(table, name, type_)
        case iceberg.TimestamptzType():
            return RedshiftColumn(name, "TIMESTAMPTZ", "TIMESTAMP", "{} AT TIME ZONE 'UTC'")
        case iceberg.StringType():
            return RedshiftColumn(name, "VARCHAR", "VARCHAR", max_bytes=LONGEST_VARCHAR)
        case iceberg.BinaryType() | iceberg.FixedType():
            return RedshiftColumn(name, "VARBYTE", "VARBYTE", max_bytes=LONGEST_VARBYTE)
        case iceberg.StructType() | iceberg.ListType() | iceberg.MapType():
            # JSON_PARSE takes JSON of more than 65,535 bytes as VARBYTE only.
            # https://docs.aws.amazon.com/redshift/latest/dg/JSON_PARSE.html
            return RedshiftColumn(name, "SUPER", "VARBYTE", "JSON_PARSE({})", LARGEST_SUPER)
    if type(type_) in _AS_STRING:
        target, length, expression = _AS_STRING[type(type_)]
        return RedshiftColumn(name, target, f"VARCHAR({length})", expression)
    if type(type_) not in _PLAIN:
        raise RedshiftTypeError(table, name, str(type_), "a type of the documented mapping")
    return RedshiftColumn(name, _PLAIN[type(type_)], _PLAIN[type(type_)])


def _decimal(table: str, name: str, type_: iceberg.DecimalType) -> RedshiftColumn:
    if type_.scale > _LARGEST_SCALE:
        raise RedshiftTypeError(table, name, str(type_), f"a decimal with at most {_LARGEST_SCALE} fractional digits")
    target = f"DECIMAL({type_.precision}, {type_.scale})"
    return RedshiftColumn(name, target, target)
