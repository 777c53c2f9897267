"""Column types of Redshift, and how DuckDB stores them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

_LONGEST_VARCHAR, _LONGEST_VARBYTE = 65_535, 16_777_216
_Type = exp.DataType.Type
_NAMES = {
    _Type.BOOLEAN: "boolean",
    _Type.SMALLINT: "smallint",
    _Type.INT: "integer",
    _Type.BIGINT: "bigint",
    _Type.FLOAT: "real",
    _Type.DOUBLE: "double precision",
    _Type.DECIMAL: "numeric",
    _Type.DATE: "date",
    _Type.TIME: "time without time zone",
    _Type.TIMESTAMP: "timestamp without time zone",
    _Type.TIMESTAMPTZ: "timestamp with time zone",
    _Type.VARCHAR: "character varying",
    _Type.VARBINARY: "binary varying",
    _Type.SUPER: "super",
}
_STORED = {_Type.VARBINARY: "BLOB", _Type.SUPER: "JSON", _Type.VARCHAR: "VARCHAR"}
_LIMITS = {"character varying": (256, _LONGEST_VARCHAR), "binary varying": (64_000, _LONGEST_VARBYTE)}
"""Default and largest lengths: https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html"""


class RedshiftError(Exception):
    """Redshift rejects a statement."""


@dataclass(frozen=True)
class Declared:
    """A declared column.

    Attributes:
        name: Column name.
        type: Type as in `svv_all_columns`.
        length: Length in bytes of a VARCHAR or VARBYTE column.
        precision: Precision of a DECIMAL column.
        scale: Scale of a DECIMAL column.
        nullable: Whether the column accepts null.
    """

    name: str
    type: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    nullable: bool = True


def declared(column: exp.ColumnDef) -> Declared:
    """Reads a column definition.

    Raises:
        RedshiftError: Redshift does not have the type, or not with this length.
    """
    kind = column.args["kind"]
    name = _NAMES.get(kind.this)
    if name is None:
        raise RedshiftError(f'Column "{column.name}" has unsupported type "{kind.sql("redshift")}"')
    given = [int(parameter.name) for parameter in kind.expressions]
    nullable = not any(isinstance(each.kind, exp.NotNullColumnConstraint) for each in column.constraints)
    if name in _LIMITS:
        default, longest = _LIMITS[name]
        length = given[0] if given else default
        if not 1 <= length <= longest:
            raise RedshiftError(f"length for type {kind.this.value.lower()} cannot exceed {longest}")
        return Declared(column.name, name, length, nullable=nullable)
    if name == "numeric":
        precision, scale = (given + [18, 0][len(given) :])[:2]
        if not (1 <= precision <= 38 and 0 <= scale <= min(precision, 37)):
            raise RedshiftError(f"DECIMAL precision {precision} must be between 1 and 38, scale {scale} up to 37")
        return Declared(column.name, name, None, precision, scale, nullable)
    return Declared(column.name, name, nullable=nullable)


def stored_types(statement: exp.Expr) -> None:
    """Replaces the types of a statement with those in which DuckDB stores them."""
    for kind in list(statement.find_all(exp.DataType)):
        if kind.this in _STORED:
            kind.replace(exp.DataType.build(_STORED[kind.this], dialect="duckdb"))
