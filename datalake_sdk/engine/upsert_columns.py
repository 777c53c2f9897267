"""The columns of a batch that control an upsert: keys, order of duplicates, and flag of deletions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa

from datalake_sdk.engine.types import format_type, iceberg_type
from datalake_sdk.errors import (
    FlagColumnError,
    MissingColumnError,
    MissingUpsertKeysError,
    UnkeyableTypeError,
    UnorderableTypeError,
)
from datalake_sdk.inputs.type_names import type_name
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.settings import IngestionRequest


@dataclass(frozen=True)
class UpsertColumns:
    """Columns that control an upsert.

    Args:
        keys: Upsert keys, as named in the table.
        order_by: Column that decides which row of a key is the last one; None refuses duplicate keys.
        flag: Position in the batch of the boolean column that flags deletions.
    """

    keys: tuple[str, ...] = ()
    order_by: str | None = None
    flag: int | None = None

    @property
    def in_memory(self) -> list[str]:
        """Columns whose values are kept in memory."""
        return list(dict.fromkeys([*self.keys, self.order_by] if self.order_by else self.keys))


NO_UPSERT = UpsertColumns()


def flag_position(table: str, request: IngestionRequest, batch: pa.Schema) -> int | None:
    """Position in the batch of the column that flags deletions; None without one.

    Raises:
        MissingColumnError: The batch does not have the column.
        FlagColumnError: The column is not boolean.
    """
    if request.delete_when is None:
        return None
    names = [normalized_column_name(name) for name in batch.names]
    flag = normalized_column_name(request.delete_when)
    if flag not in names:
        raise MissingColumnError(table, "delete_when", request.delete_when, names)
    position = names.index(flag)
    given = batch.field(position).type
    if not (pa.types.is_boolean(given) or pa.types.is_null(given)):
        raise FlagColumnError(table, request.delete_when, f"has type {type_name(given)}")
    return position


def upsert_columns(
    table: str, request: IngestionRequest, sources: Collection[str], schema: pa.Schema, flag: int | None
) -> UpsertColumns:
    """Checks the columns that control an upsert.

    Args:
        table: Name for messages.
        request: Upsert keys and options.
        sources: Names of the batch's columns in the table.
        schema: Arrow schema of the data files.
        flag: Position of the column that flags deletions.

    Raises:
        MissingUpsertKeysError: No keys are given.
        MissingColumnError: The batch does not have a key column or the ordering column.
        UnkeyableTypeError: A key column is nested.
        UnorderableTypeError: The ordering column is nested.
    """
    keys = _key_columns(table, request.upsert_keys, sources, schema)
    if request.order_by is None:
        return UpsertColumns(keys, flag=flag)
    order_by = normalized_column_name(request.order_by)
    if order_by not in sources:
        raise MissingColumnError(table, "order_by", request.order_by, list(sources))
    if pa.types.is_nested(schema.field(order_by).type):
        raise UnorderableTypeError(table, order_by, _type_name(table, schema.field(order_by)))
    return UpsertColumns(keys, order_by, flag)


def _key_columns(table: str, keys: Sequence[str], sources: Collection[str], schema: pa.Schema) -> tuple[str, ...]:
    if not keys:
        raise MissingUpsertKeysError(table)
    columns = {normalized_column_name(key): key for key in keys}
    for column, key in columns.items():
        if column not in sources:
            raise MissingColumnError(table, "upsert_keys", key, list(sources))
        if pa.types.is_nested(schema.field(column).type):
            raise UnkeyableTypeError(table, column, _type_name(table, schema.field(column)))
    return tuple(columns)


def _type_name(table: str, field: pa.Field) -> str:
    return format_type(iceberg_type(table, field.name, field.type))
