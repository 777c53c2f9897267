"""Reads `tables_configuration/db.table.yaml`: types, descriptions, partition keys and properties of one table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from datalake_sdk.errors import TablesConfigurationError
from datalake_sdk.naming import check_fields, normalized_column_name
from datalake_sdk.output_tables import declared_as
from datalake_sdk.settings import ColumnConfiguration, TableConfiguration, TableName, parse_keys

DEFAULT_FOLDER = Path("tables_configuration")
_TABLE_FIELDS = ("description", "schema", "columns", "partition_keys", "properties")
_RESERVED_PROPERTIES = re.compile(
    r"comment|format-version|location"
    r"|datalake_sdk_(?:upsert_keys|pipeline_name|task_name|migrated_from|swept_ms|(?:maintained|expired|dlt|read)_.*)"
)
"""Properties that the SDK or the catalog sets."""
_COLUMN_FIELDS = ("type", "description", "required")
_CHECKS = "checks"
_MAPPING_DEPTH = 3
"""Levels of mappings in a file: the file, its schema, a column."""


def load_table_configuration(table: TableName, folder: Path = DEFAULT_FOLDER) -> TableConfiguration:
    """Reads the configuration file of a table.

    Example of a file::

        description: Flights that left New York in 2013
        schema:
          arr_delay: {type: double, description: Minutes after the scheduled arrival}
        partition_keys: month(departed_at)
        properties: {write.target-file-size-bytes: "268435456"}

    Args:
        table: Table.
        folder: Folder of the files.

    Returns:
        An empty configuration if the table has no file. `columns` is an alias of `schema`.

    Raises:
        TablesConfigurationError: The file is not valid YAML, or a field has a value of the wrong type.
        UnknownFieldsError: The file has an unknown field.
    """
    path = folder / f"{table}.yaml"
    if not path.is_file():
        return TableConfiguration()
    fields = _fields(path, "the file", _parsed(path), _TABLE_FIELDS)
    return TableConfiguration(
        _string(path, "the file", fields, "description"),
        _columns(path, fields),
        _partition_keys(path, fields.get("partition_keys")),
        _properties(path, fields.get("properties")),
    )


def unused_files(tables: Collection[str], folder: Path = DEFAULT_FOLDER) -> list[str]:
    """Returns the names of the files that belong to none of the tables.

    Args:
        tables: `database.table` of the tables that are written, or patterns `database.*`.
        folder: Folder of the files.
    """
    if not folder.is_dir():
        return []
    names = sorted(file.name for file in folder.iterdir() if file.name[0] != ".")
    return [name for name in names if not name.endswith(".yaml") or not declared_as(name[: -len(".yaml")], tables)]


def _parsed(path: Path) -> Any:
    import yaml

    try:
        content = path.read_text(encoding="utf-8")
        repeated = next(_repeated_keys(yaml.compose(content, Loader=yaml.SafeLoader)), None)
        if repeated is not None:
            raise TablesConfigurationError(path, f"key '{repeated}' occurs twice", "Keep one of the two.")
        return yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TablesConfigurationError(path, f"the file is not valid YAML: {error}") from None


def _repeated_keys(node: Any, depth: int = _MAPPING_DEPTH) -> Iterator[str]:
    """Keys that occur more than once in a mapping; PyYAML silently keeps the last one."""
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
            raise TablesConfigurationError(path, f"column '{column}' occurs twice", "Keep one of the two.")
        columns[column] = _column(path, f"column '{name}'", value)
    return columns


def _column(path: Path, location: str, value: Any) -> ColumnConfiguration:
    if _CHECKS in _mapping(path, location, value):
        raise TablesConfigurationError(
            path, f"{location} has checks, which are not supported yet", "Remove them and check the rows in the task."
        )
    fields = _fields(path, location, value, _COLUMN_FIELDS)
    return ColumnConfiguration(
        _string(path, location, fields, "type"),
        _string(path, location, fields, "description"),
        _boolean(path, location, fields, "required"),
    )


def _partition_keys(path: Path, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, str | list) or not all(isinstance(key, str) for key in value):
        raise TablesConfigurationError(
            path,
            f"partition_keys is {value!r}; it must be a string or a list of strings",
            'For example "day(sold_at)".',
        )
    return parse_keys(value)


def _properties(path: Path, value: Any) -> dict[str, str]:
    properties = _mapping(path, "properties", value)
    for name, text in properties.items():
        if not isinstance(text, str):
            raise TablesConfigurationError(path, f"property '{name}' is {text!r}; it must be a string", "Quote it.")
        if _RESERVED_PROPERTIES.fullmatch(name):
            raise TablesConfigurationError(
                path, f"property '{name}' is set by the SDK", "Remove it; set `description` for a comment."
            )
    return dict(properties)


def _fields(path: Path, location: str, value: Any, valid: Collection[str]) -> Mapping[str, Any]:
    fields = _mapping(path, location, value)
    check_fields(f"{path}: {location}", fields, valid)
    return fields


def _mapping(path: Path, location: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TablesConfigurationError(path, f"{location} is {value!r}; it must be a mapping")
    return value


def _string(path: Path, location: str, fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise TablesConfigurationError(path, f"{location}: {name} is {value!r}; it must be a string", "Quote it.")
    return value


def _boolean(path: Path, location: str, fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise TablesConfigurationError(path, f"{location}: {name} is {value!r}; it must be true or false")
    return value
