"""Reads `tables_configuration/db.table.yaml`: the contract, partition keys and properties of one table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.contracts.promises import check_promises
from datalake_sdk.engine.table_properties import TABLE_PROPERTIES, check_properties
from datalake_sdk.errors import InvalidTablePropertyError, TablesConfigurationError
from datalake_sdk.output_tables import declared_as
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import TableConfiguration

DEFAULT_FOLDER = Path("tables_configuration")
_RESERVED_PROPERTIES = re.compile(
    r"comment|format-version|location"
    r"|datalake_sdk_(?:upsert_keys|pipeline_name|task_name|contract|quarantine|migrated_from|swept_ms"
    r"|(?:maintained|expired|dlt|read)_.*)"
)
"""Properties that the SDK or the catalog sets."""
_PREFIX = "datalake_sdk_"
_OWN_PROPERTIES = sorted(each.name for each in TABLE_PROPERTIES if each.name.startswith(_PREFIX))


def load_table_configuration(table: TableName, folder: Path = DEFAULT_FOLDER) -> TableConfiguration:
    """Reads the table file of a table, which is also its contract.

    Example of a file::

        description: Flights that left New York in 2013
        schema:
          arr_delay: {type: double, description: Minutes after the scheduled arrival, required: true}
        partition_keys: month(departed_at)
        properties: {write.target-file-size-bytes: "268435456"}

    Args:
        table: Table.
        folder: Folder of the files.

    Returns:
        An empty configuration, which is no contract, if the table has no file. `columns` is an alias of `schema`.

    Raises:
        TablesConfigurationError: The file is not valid YAML, or a field has an invalid value.
        UnknownFieldsError: The file has an unknown field.
    """
    path = folder / f"{table}.yaml"
    return read_table_file(path) if path.is_file() else TableConfiguration()


def read_table_file(path: Path) -> TableConfiguration:
    """Reads a table file at any path.

    Raises:
        TablesConfigurationError: The file is not valid YAML, or a field has an invalid value.
        UnknownFieldsError: The file has an unknown field.
    """
    configuration = parse_table(path, read_yaml(path))
    for name in configuration.properties:
        _check_property(path, name)
    try:
        check_properties(path.stem, configuration.properties)
    except InvalidTablePropertyError as error:
        raise TablesConfigurationError(path, error.reason, "Correct the value.") from None
    check_promises(path, configuration)
    return configuration


def _check_property(path: Path, name: str) -> None:
    if _RESERVED_PROPERTIES.fullmatch(name):
        raise TablesConfigurationError(
            path, f"property '{name}' is set by the SDK", "Remove it; set `description` for a comment."
        )
    if name.startswith(_PREFIX) and name not in _OWN_PROPERTIES:
        raise TablesConfigurationError(
            path, f"property '{name}' does not exist", f"Properties of the SDK are {', '.join(_OWN_PROPERTIES)}."
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


def read_yaml(path: Path) -> Any:
    """Reads a YAML file in which no key occurs twice.

    Raises:
        TablesConfigurationError: The file does not exist, or is not valid YAML.
    """
    import yaml

    if not path.is_file():
        raise TablesConfigurationError(path, "file not found", "Check the path.")

    try:
        content = path.read_text(encoding="utf-8")
        if (repeated := repeated_key(content)) is not None:
            raise TablesConfigurationError(path, f"key '{repeated}' occurs twice", "Keep one of the two.")
        return yaml.safe_load(content)
    # PyYAML raises ValueError for dates such as 2026-13-01. https://github.com/yaml/pyyaml/issues/382
    except (yaml.YAMLError, ValueError) as error:
        raise TablesConfigurationError(path, f"the file is not valid YAML: {error}") from None


def repeated_key(content: str) -> str | None:
    """Returns the first key that occurs more than once in a mapping of a YAML document; None if there is none.

    Raises:
        yaml.YAMLError: The content is not valid YAML.
    """
    import yaml

    return next(_repeated_keys(yaml.compose(content, Loader=yaml.SafeLoader)), None)


def _repeated_keys(node: Any) -> Iterator[str]:
    """Keys that occur more than once in a mapping; PyYAML silently keeps the last one."""
    if node is None or node.id == "scalar":
        return
    if node.id == "sequence":
        for item in node.value:
            yield from _repeated_keys(item)
        return
    counts = Counter(key.value for key, _ in node.value if key.id == "scalar")
    yield from (key for key, count in counts.items() if count > 1)
    for _, value in node.value:
        yield from _repeated_keys(value)
