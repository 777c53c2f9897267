"""Finds the data files whose columns DuckDB has to match by name, because they have no field ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from datalake_sdk.engine.duckdb_storage import connect, duckdb_path


def names_without_ids(table: Table, files: Sequence[DataFile]) -> Mapping[str, frozenset[str]]:
    """Reads the footers of the files of a table with a name mapping.

    Args:
        table: The table; without a name mapping, no footer is read.
        files: Data files, without nested columns.

    Returns:
        Column names of each file without field ids, by location.
    """
    if not files or table.name_mapping() is None:
        return {}
    locations = {duckdb_path(file.file_path): file.file_path for file in files}
    footers = (
        "SELECT file_name, list(name) FILTER (type IS NOT NULL) FROM parquet_schema($paths) "
        "GROUP BY file_name HAVING NOT bool_or(field_id IS NOT NULL)"
    )
    found = connect(table).execute(footers, {"paths": list(locations)}).fetchall()
    return {locations[path]: frozenset(names) for path, names in found}


def columns_by_id(table: Table, columns: Collection[str]) -> Mapping[int, str]:
    """Maps field ids to the columns of a file, by the table's name mapping."""
    mapping = table.name_mapping()
    fields = mapping.root if mapping else []
    found = ((field.field_id, next((name for name in field.names if name in columns), None)) for field in fields)
    return {field_id: name for field_id, name in found if field_id is not None and name is not None}
