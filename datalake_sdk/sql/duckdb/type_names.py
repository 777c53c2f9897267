"""Translates names of DuckDB types to Athena's."""

from __future__ import annotations

import re

_NAMES = {
    "BIGINT": "bigint",
    "BIT": "varbinary",
    "BLOB": "varbinary",
    "BOOL": "boolean",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "FLOAT": "real",
    "HUGEINT": "bigint",
    "INT128": "bigint",
    "INT16": "smallint",
    "INT32": "integer",
    "INT64": "bigint",
    "INT8": "tinyint",
    "INTEGER": "integer",
    "INTEGER_LITERAL": "integer",
    "INTERVAL": "interval day to second",
    "JSON": "json",
    "NULL": "unknown",
    "SMALLINT": "smallint",
    "STRING_LITERAL": "varchar",
    "TIME": "time",
    "TIMESTAMP": "timestamp(6)",
    "TIMESTAMP WITH TIME ZONE": "timestamp(6) with time zone",
    "TIMESTAMP_MS": "timestamp(3)",
    "TIMESTAMP_NS": "timestamp(9)",
    "TIMESTAMP_S": "timestamp(0)",
    "TINYINT": "tinyint",
    "UBIGINT": "bigint",
    "UINT64": "bigint",
    "UUID": "uuid",
    "VARCHAR": "varchar",
}


def athena_type(name: str) -> str:
    """Returns Athena's name for a type, for example `array(row(a integer))` for `STRUCT(a INTEGER)[]`."""
    name = name.strip()
    if name.endswith("[]"):
        return f"array({athena_type(name[:-2])})"
    nested = re.fullmatch(r"(MAP|STRUCT|TUPLE|DECIMAL|VARCHAR)\((.*)\)", name, re.DOTALL)
    if nested is None:
        return _NAMES.get(name.strip('"').upper(), "unknown")
    kind, parts = nested[1], _parts(nested[2])
    if kind == "DECIMAL":
        return f"decimal({', '.join(part.strip() for part in parts)})"
    if kind == "VARCHAR":
        return f"varchar({nested[2]})"
    if kind == "STRUCT":
        return f"row({', '.join(_field(part) for part in parts)})"
    return f"{'map' if kind == 'MAP' else 'row'}({', '.join(map(athena_type, parts))})"


def athena_types(names: str) -> list[str]:
    """Returns Athena's names for a list of types such as `INTEGER, VARCHAR[]`."""
    return [athena_type(part) for part in _parts(names)]


def _field(text: str) -> str:
    field = re.fullmatch(r'\s*("(?:[^"]|"")*"|\S+)\s+(.*)', text, re.DOTALL)
    return f"{field[1]} {athena_type(field[2])}" if field else athena_type(text)


def _parts(text: str) -> list[str]:
    """Splits at commas outside of parentheses."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]


def no_common_type(first: str, second: str) -> str:
    """Returns the predicate of Trino's message for operands without a common type."""
    return f"must be the same type or coercible to a common type. Cannot find common type between {first} and {second}"
