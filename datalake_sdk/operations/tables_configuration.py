"""Reads `tables_configuration/db.table.yaml`: declared types and descriptions of one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datalake_sdk.errors import TablesConfigurationError
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.settings import ColumnConfiguration, TableConfiguration, TableName

DEFAULT_FOLDER = Path("tables_configuration")


def load_table_configuration(table: TableName, folder: Path = DEFAULT_FOLDER) -> TableConfiguration:
    """Reads a table's file.

    Example of a file::

        description: Flights that left New York in 2013
        columns:
          arr_delay: {type: double, description: Minutes after the scheduled arrival}

    Args:
        table: Table whose file is wanted.
        folder: Where the files are.

    Returns:
        An empty configuration when there is no file for the table.

    Raises:
        TablesConfigurationError: The file is no YAML, or has a field that nothing reads.
    """
    path = folder / f"{table}.yaml"
    if not path.is_file():
        return TableConfiguration()
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TablesConfigurationError(path, f"is not valid YAML: {error}") from None
    fields = _checked(path, "the file", content, {"description", "columns"})
    columns = _checked(path, "columns", fields.get("columns") or {}, None)
    return TableConfiguration(
        description=fields.get("description"),
        columns={normalized_column_name(str(name)): _column(path, name, value) for name, value in columns.items()},
    )


def _column(path: Path, name: str, value: Any) -> ColumnConfiguration:
    fields = _checked(path, f"column '{name}'", value or {}, {"type", "description"})
    return ColumnConfiguration(type=fields.get("type"), description=fields.get("description"))


def _checked(path: Path, where: str, value: Any, valid: set[str] | None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TablesConfigurationError(path, f"{where} is {value!r}; it must be a mapping")
    unknown = set(value) - valid if valid is not None else set()
    if unknown:
        raise TablesConfigurationError(path, f"{where} has unknown field(s) {', '.join(sorted(map(str, unknown)))}")
    return value
