"""The contract of a table, which every row of a request must fulfill: columns, types and required values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

from datalake_sdk.engine.declared_types import declared_type
from datalake_sdk.errors import InvalidRowsError, UnkeyableTypeError, UnknownKeyColumnsError, UntypedContractError
from datalake_sdk.json_values import Conversion, InvalidValueError, conversion
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import TableConfiguration

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType

Row = dict[str, Any]
"""Values by column."""
_SUGGESTIONS = 5
"""At least the number of problems that `InvalidRowsError` shows."""


@dataclass(frozen=True)
class Column:
    """A column; a required one must have a value in each row."""

    type: IcebergType
    required: bool


@dataclass(frozen=True)
class Contract:
    """Columns that rows may have, and their types.

    Args:
        table: Name for messages.
        columns: Columns by name.
        keys: Upsert keys; a request may have only one row for a key.
    """

    table: TableName
    columns: Mapping[str, Column]
    keys: tuple[str, ...] = ()

    def checked(self, rows: Sequence[object]) -> list[Row]:
        """Converts rows of JSON to values of the columns' types.

        Raises:
            InvalidRowsError: Rows violate the contract; the message names the first ones.
        """
        problems: list[str] = []
        checked = [self._checked_row(f"rows[{number}]", row, problems) for number, row in enumerate(rows)]
        if not problems:
            problems += self._repeated_keys(checked)
        if problems:
            raise InvalidRowsError(str(self.table), problems)
        return checked

    def key(self, row: Row) -> tuple[Any, ...]:
        """Returns the values of the upsert keys."""
        return tuple(row[name] for name in self.keys)

    def _checked_row(self, path: str, row: object, problems: list[str]) -> Row:
        if not isinstance(row, dict):
            problems.append(f"{path} is {row!r:.60}; it must be an object")
            return {}
        values: Row = {}
        for name, value in row.items():
            if name not in self.columns:
                problems.append(f"{path}.{name} is unknown; {self._suggestion(name, len(problems))}")
            elif value is not None:
                values[name] = self._converted(path, name, value, problems)
        problems += [
            f"{path}.{name} is {'null' if name in row else 'missing'}; it is required"
            for name in self._required
            if row.get(name) is None
        ]
        return values

    def _converted(self, path: str, name: str, value: object, problems: list[str]) -> Any:
        try:
            return self._conversions[name](value)
        except InvalidValueError as error:
            problems.append(f"{path}.{name}{error.path} {error.problem}")
            return None

    def _repeated_keys(self, rows: Sequence[Row]) -> list[str]:
        seen: dict[tuple[Any, ...], int] = {}
        if not self.keys:
            return []
        return [
            f"rows[{number}] has the same {', '.join(self.keys)} as rows[{seen[self.key(row)]}]"
            for number, row in enumerate(rows)
            if seen.setdefault(self.key(row), number) != number
        ]

    def _suggestion(self, name: str, problems_before: int) -> str:
        """Returns what to write instead; nothing after enough problems, since a body may have 100,000 of them."""
        if problems_before >= _SUGGESTIONS:
            return ""
        near = get_close_matches(name, self.columns, n=1)
        return f"did you mean '{near[0]}'?" if near else f"the columns are {', '.join(self.columns)}"

    @cached_property
    def _required(self) -> list[str]:
        return [name for name, column in self.columns.items() if column.required]

    @cached_property
    def _conversions(self) -> dict[str, Conversion]:
        return {name: conversion(column.type) for name, column in self.columns.items()}


def contract_of(
    table: TableName, configuration: TableConfiguration, stored: Schema | None, upsert_keys: Sequence[str] = ()
) -> Contract:
    """Combines the table file and the stored table, whose columns complete those of the file.

    Args:
        table: The table.
        configuration: Content of the table file.
        stored: Schema of the table; None if it does not exist or is not to be read.
        upsert_keys: Columns that identify a row; they are required.

    Raises:
        UntypedContractError: A column has no type.
        UnknownKeyColumnsError: A key is not a column.
        UnkeyableTypeError: A key has a nested type.
    """
    columns = {each.name: Column(each.field_type, each.required) for each in stored.fields} if stored else {}
    for name, declared in configuration.columns.items():
        before = columns.get(name)
        is_required = declared.required or (before is not None and before.required)
        if declared.type is not None:
            columns[name] = Column(declared_type(name, declared.type), is_required)
        elif before is not None:
            columns[name] = Column(before.type, is_required)
    untyped = [name for name in configuration.columns if name not in columns]
    if untyped or not columns:
        raise UntypedContractError(str(table), untyped)
    keys = tuple(normalized_column_name(key) for key in upsert_keys)
    for key in keys:
        if key not in columns:
            raise UnknownKeyColumnsError(str(table), key, list(columns))
        if not columns[key].type.is_primitive:
            raise UnkeyableTypeError(str(table), key, str(columns[key].type))
        columns[key] = Column(columns[key].type, required=True)
    return Contract(table, columns, keys)
