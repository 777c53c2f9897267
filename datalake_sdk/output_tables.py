"""The output tables of a task, as its `OUTPUT_TABLES` define them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from datalake_sdk import naming
from datalake_sdk.errors import InvalidSettingError
from datalake_sdk.settings import DuplicateKeys, EmptyBatch, IngestionMode, OutputTable, TableName, choice, parse_keys

OUTPUT_FIELDS = (
    "ingestion_mode",
    "upsert_keys",
    "partition_keys",
    "empty",
    "on_duplicate",
    "order_by",
    "delete_when",
)


def output_name(name: str) -> str:
    """Checks the name of an output table, or the pattern `database.*` for all tables of a database.

    Raises:
        UsageError: The name is neither a table nor a pattern, or is that of a quarantine.
    """
    if is_pattern(name):
        naming.check_identifier("database_name", name.removesuffix(".*"))
        return name
    table = TableName.parse(name)
    naming.check_not_quarantine("output table", table.table)
    return str(table)


def is_pattern(name: str) -> bool:
    """Whether the name of an output table stands for all tables of a database."""
    return name.endswith(".*")


def pattern_of(table: str) -> str:
    """Returns the pattern for all tables of the database of `database.table`."""
    return f"{table.partition('.')[0]}.*"


def declared_as(table: str, declared: Container[str]) -> str | None:
    """Returns the output table, or the pattern, that declares a table.

    Args:
        table: `database.table`.
        declared: Output tables and patterns.
    """
    return next((name for name in (table, pattern_of(table)) if name in declared), None)


def output_table_fields(output: OutputTable) -> dict[str, Any]:
    """Converts an output table to the mapping that `output_table_from` parses; options that are not set are absent."""
    given = {
        "ingestion_mode": output.ingestion_mode.value,
        "upsert_keys": list(output.upsert_keys),
        "partition_keys": None if output.partition_keys is None else list(output.partition_keys),
    }
    options = {name: getattr(output, name) for name in OUTPUT_FIELDS if name not in given}
    return given | {name: str(value) for name, value in options.items() if value != getattr(OutputTable, name)}


def output_table_from(name: str, value: OutputTable | Mapping[str, Any]) -> OutputTable:
    """Parses an output table, for example from the `OUTPUT_TABLES` of a task.

    Args:
        name: Table name for messages.
        value: Mapping with the fields of an `OutputTable`; keys are lists or `"a,b"`.

    Raises:
        UnknownFieldsError: A field does not exist.
        InvalidSettingError: The value is not a mapping, or a field has an invalid value.
    """
    if isinstance(value, OutputTable):
        return value
    setting = f"output_tables['{name}']"
    if not isinstance(value, Mapping):
        raise InvalidSettingError(setting, value, f"an object with {' and '.join(OUTPUT_FIELDS)}")
    naming.check_fields(setting, value, OUTPUT_FIELDS)
    return OutputTable(
        ingestion_mode=IngestionMode.parse(value.get("ingestion_mode", IngestionMode.APPEND)),
        upsert_keys=_keys(setting, "upsert_keys", value) or (),
        partition_keys=_keys(setting, "partition_keys", value),
        empty=choice(f"{setting}.empty", value.get("empty"), EmptyBatch.IGNORE),
        on_duplicate=choice(f"{setting}.on_duplicate", value.get("on_duplicate"), DuplicateKeys.REFUSE),
        order_by=_column(setting, "order_by", value),
        delete_when=_column(setting, "delete_when", value),
    )


def _column(setting: str, field: str, value: Mapping[str, Any]) -> str | None:
    column = value.get(field)
    if column is not None and not (isinstance(column, str) and column):
        raise InvalidSettingError(f"{setting}.{field}", column, "the name of a column")
    return column


def _keys(setting: str, field: str, value: Mapping[str, Any]) -> tuple[str, ...] | None:
    given = value.get(field)
    is_sequence = isinstance(given, Sequence) and all(isinstance(key, str) for key in given)
    if given is not None and not is_sequence:
        raise InvalidSettingError(f"{setting}.{field}", given, "a list of column names")
    return None if given is None else parse_keys(given)
