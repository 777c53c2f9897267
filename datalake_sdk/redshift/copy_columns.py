"""Compares the columns of an existing copy with those of its table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datalake_sdk.errors import ExportColumnsError, RedshiftColumnError
from datalake_sdk.redshift.columns import RedshiftColumn
from datalake_sdk.redshift.statements import CopyName, StagedRows, add_column, widen_column

_NAMES = {
    "character varying": "VARCHAR",
    "numeric": "DECIMAL",
    "time without time zone": "TIME",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "binary varying": "VARBYTE",
}
_WIDER = {"INTEGER": ("BIGINT",), "REAL": ("DOUBLE PRECISION",)}
_DECIMAL = re.compile(r"DECIMAL\((\d+), (\d+)\)")


@dataclass(frozen=True)
class CopyColumn:
    """A column of an existing copy.

    Args:
        name: Column name.
        type: Type without its length, in the notation of `RedshiftColumn`.
        length: Length of a `VARCHAR` or `VARBYTE` column; None if unknown.
        accepts_null: Whether the column accepts null.
    """

    name: str
    type: str
    length: int | None = None
    accepts_null: bool = True


def copy_column(row: Sequence[object]) -> CopyColumn:
    """Reads a row of the last of the `state_statements`."""
    name, type_, length, precision, scale, is_nullable = row
    plain = str(type_).lower().partition("(")[0]
    known = _NAMES.get(plain, plain.upper())
    if known == "DECIMAL":
        known = f"DECIMAL({precision}, {scale})"
    return CopyColumn(str(name), known, int(str(length)) if length else None, str(is_nullable).upper() != "NO")


def column_changes(target: CopyName, copy: Sequence[CopyColumn], rows: StagedRows) -> list[str]:
    """Returns the statements that make a copy ready for staged rows; each is harmless if the export fails.

    Raises:
        RedshiftColumnError: A column of the copy has another type.
        ExportColumnsError: The copy has NOT NULL columns that the table does not have.
    """
    existing = {column.name: column for column in copy}
    given = {column.name for column in rows.columns}
    required = [column.name for column in copy if column.name not in given and not column.accepts_null]
    if required:
        raise ExportColumnsError(str(target), required)
    return [
        statement
        for column in rows.columns
        for statement in _changes_of(target, column, existing.get(column.name), rows)
    ]


def check_types(target: CopyName, copy: Sequence[CopyColumn], columns: Sequence[RedshiftColumn]) -> None:
    """Checks the types of the columns of a copy before rows are staged.

    Raises:
        RedshiftColumnError: A column of the copy has another type.
    """
    existing: Mapping[str, CopyColumn] = {column.name: column for column in copy}
    for column in columns:
        found = existing.get(column.name)
        if found is not None and not _stores(found.type, column):
            raise RedshiftColumnError(str(target), column.name, found.type, column.type)


def _changes_of(target: CopyName, column: RedshiftColumn, found: CopyColumn | None, rows: StagedRows) -> list[str]:
    if found is None:
        return [add_column(target, column.name, rows.declared(column))]
    longest = rows.longest.get(column.name, 0)
    if column.is_sized and found.length is not None and found.length < longest:
        return [widen_column(target, column.name, rows.declared(column))]
    return []


def _stores(stored: str, column: RedshiftColumn) -> bool:
    needed = column.type.partition("(")[0] if column.type.startswith("VARCHAR") else column.type
    if stored == needed or stored in _WIDER.get(needed, ()):
        return True
    given, wanted = _DECIMAL.fullmatch(stored), _DECIMAL.fullmatch(needed)
    if given is None or wanted is None:
        return False
    (precision, scale), (least, digits) = map(int, given.groups()), map(int, wanted.groups())
    return scale >= digits and precision - scale >= least - digits
