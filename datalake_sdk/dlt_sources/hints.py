"""Translates the hints of a dlt table to an output table of the write contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datalake_sdk.errors import ConflictingHintError, UnsupportedHintError
from datalake_sdk.settings import DuplicateKeys, IngestionMode, OutputTable

_MODES = {"append": IngestionMode.APPEND, "replace": IngestionMode.OVERWRITE, "merge": IngestionMode.UPSERT}


def output_from_hints(table: object, hints: Mapping[str, Any], declared: OutputTable) -> OutputTable:
    """Returns how to write a table of a dlt source.

    The write disposition decides the mode: append, replace (overwrite) or merge (upsert by `primary_key`). A key that
    a merge receives more than once is resolved by `dedup_sort`, else by the cursor of `incremental`; without either,
    the rows of a key must be equal. Partition keys come from the output table, else from the hint `partition`.

    Args:
        table: Name for messages.
        hints: Schema of the table, in dlt's form.
        declared: Output table of the task.

    Raises:
        UnsupportedHintError: The write contract has no equivalent of a hint.
        ConflictingHintError: The output table declares another mode or other keys.
    """
    disposition = hints.get("write_disposition", "append")
    if disposition not in _MODES:
        raise UnsupportedHintError(table, "write_disposition", disposition, ", ".join(_MODES))
    mode = _MODES[disposition]
    if declared.ingestion_mode not in (mode, OutputTable.ingestion_mode):
        raise ConflictingHintError(table, "ingestion_mode", declared.ingestion_mode, "write_disposition", mode)
    partitions = declared.partition_keys or tuple(_columns(hints, "partition")) or None
    if mode is IngestionMode.UPSERT:
        return _upsert(table, hints, declared, partitions)
    empty = declared.empty if mode is IngestionMode.OVERWRITE else OutputTable.empty
    return OutputTable(mode, partition_keys=partitions, empty=empty)


def reject_nested_table(hints: Mapping[str, Any]) -> None:
    """Checks that a table has no parent: a parent and its children could not be written in one commit.

    Raises:
        UnsupportedHintError: The table contains nested values of another table.
    """
    if "parent" in hints:
        supported = "0, which keeps nested values in their row"
        raise UnsupportedHintError(hints["name"], "max_table_nesting", "greater than 0", supported)


def _upsert(
    table: object, hints: Mapping[str, Any], declared: OutputTable, partitions: tuple[str, ...] | None
) -> OutputTable:
    strategy = hints.get("x-merge-strategy", "upsert")
    if strategy != "upsert":
        raise UnsupportedHintError(table, "strategy of write_disposition", strategy, "upsert")
    upsert_keys = tuple(_columns(hints, "primary_key"))
    if not upsert_keys:
        raise UnsupportedHintError(table, "primary_key", "", "the columns that identify a row, required by merge")
    if declared.upsert_keys and set(declared.upsert_keys) != set(upsert_keys):
        raise ConflictingHintError(
            table, "upsert_keys", ", ".join(declared.upsert_keys), "primary_key", ", ".join(upsert_keys)
        )
    return OutputTable(
        IngestionMode.UPSERT,
        upsert_keys,
        partitions,
        on_duplicate=DuplicateKeys.LAST,
        order_by=declared.order_by or _order(table, hints) or upsert_keys[0],
        delete_when=declared.delete_when or _flag(table, hints),
    )


def _order(table: object, hints: Mapping[str, Any]) -> str | None:
    columns = _columns(hints, "dedup_sort")
    for name, direction in columns.items():
        if direction != "desc":
            raise UnsupportedHintError(table, f"dedup_sort of column '{name}'", direction, "desc")
    return next(iter([*columns, *_columns(hints, "incremental")]), None)


def _flag(table: object, hints: Mapping[str, Any]) -> str | None:
    for name in _columns(hints, "hard_delete"):
        data_type = hints["columns"][name].get("data_type")
        if data_type != "bool":
            raise UnsupportedHintError(table, f"data_type of the hard_delete column '{name}'", data_type, "bool")
        return name
    return None


def _columns(hints: Mapping[str, Any], hint: str) -> dict[str, Any]:
    return {name: column[hint] for name, column in hints.get("columns", {}).items() if column.get(hint)}
