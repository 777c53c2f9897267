"""Reads `tables_configuration/db.table.yaml`: descriptions and declared types of one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from datalake_sdk.errors import TablesConfigurationError
from datalake_sdk.naming import check_fields, normalized_column_name
from datalake_sdk.settings import ColumnConfiguration, TableConfiguration, TableName

DEFAULT_FOLDER = Path("tables_configuration")
_TABLE_FIELDS = ("description", "schema", "columns")
_COLUMN_FIELDS = ("type", "description")
_CHECKS = "checks"
_NESTED_MAPPINGS = 3
"""The file, its schema and a column."""


def load_table_configuration(table: TableName, folder: Path = DEFAULT_FOLDER) -> TableConfiguration:
    """Reads a table's file.

    Example of a file::

        description: Flights that left New York in 2013
        schema:
          arr_delay: {type: double, description: Minutes after the scheduled arrival}

    Args:
        table: Table whose file is wanted.
        folder: Where the files are.

    Returns:
        An empty configuration when there is no file for the table. `columns` is another name of `schema`.

    Raises:
        TablesConfigurationError: The file is not valid YAML, or a value is not what its field holds.
        UnknownFieldsError: A field that nothing reads.
    """
    path = folder / f"{table}.yaml"
    if not path.is_file():
        return TableConfiguration()
    fields = _fields(path, "the file", _parsed(path), _TABLE_FIELDS)
    return TableConfiguration(_text(path, "the file", fields, "description"), _columns(path, fields))


def unused_files(tables: Collection[str], folder: Path = DEFAULT_FOLDER) -> list[str]:
    """Names of the files in the folder that are those of no table.

    Args:
        tables: `database.table` of the tables that are written.
        folder: Where the files are.
    """
    if not folder.is_dir():
        return []
    used = {f"{table}.yaml" for table in tables}
    return sorted(file.name for file in folder.iterdir() if file.name not in used and file.name[0] != ".")


def _parsed(path: Path) -> Any:
    import yaml

    try:
        content = path.read_text(encoding="utf-8")
        repeated = next(_repeated_keys(yaml.compose(content, Loader=yaml.SafeLoader)), None)
        if repeated is not None:
            raise TablesConfigurationError(path, f"key '{repeated}' occurs twice", "Keep one of the two.")
        return yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TablesConfigurationError(path, f"is not valid YAML: {error}") from None


def _repeated_keys(node: Any, depth: int = _NESTED_MAPPINGS) -> Iterator[str]:
    """Keys that occur more than once in a mapping, of which PyYAML silently keeps the last one."""
    if node is None or node.id != "mapping" or not depth:
        return
    counts = Counter(key.value for key, _ in node.value if key.id == "scalar")
    yield from (key for key, count in counts.items() if count > 1)
    for _, value in node.value:
        yield from _repeated_keys(value, depth - 1)


def _columns(path: Path, fields: Mapping[str, Any]) -> dict[str, ColumnConfiguration]:
    if "schema" in fields and "columns" in fields:
        raise TablesConfigurationError(path, "the file has both 'schema' and 'columns'", "Keep 'schema' only.")
    given = _mapping(path, "schema", fields.get("schema", fields.get("columns")))
    columns: dict[str, ColumnConfiguration] = {}
    for name, value in given.items():
        column = normalized_column_name(str(name))
        if column in columns:
            raise TablesConfigurationError(path, f"column '{column}' is described twice", "Keep one of the two.")
        columns[column] = _column(path, f"column '{name}'", value)
    return columns


def _column(path: Path, place: str, value: Any) -> ColumnConfiguration:
    if _CHECKS in _mapping(path, place, value):
        raise TablesConfigurationError(
            path, f"{place} has checks, which are not supported yet", "Remove them, and check the rows in the task."
        )
    fields = _fields(path, place, value, _COLUMN_FIELDS)
    return ColumnConfiguration(_text(path, place, fields, "type"), _text(path, place, fields, "description"))


def _fields(path: Path, place: str, value: Any, valid: Collection[str]) -> Mapping[str, Any]:
    fields = _mapping(path, place, value)
    check_fields(f"{path}: {place}", fields, valid)
    return fields


def _mapping(path: Path, place: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TablesConfigurationError(path, f"{place} is {value!r}; it must be a mapping")
    return value


def _text(path: Path, place: str, fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise TablesConfigurationError(path, f"{place}: {name} is {value!r}; it must be text", "Put it in quotes.")
    return value
