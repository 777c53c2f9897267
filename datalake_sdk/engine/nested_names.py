"""Checks the field names of nested columns, which every engine that reads the table has to distinguish."""

from __future__ import annotations

from collections.abc import Iterator

from pyiceberg import types as iceberg

from datalake_sdk.errors import AmbiguousFieldsError, UnnamedFieldError


def check_nested_names(table: str, column: str, data_type: iceberg.IcebergType) -> None:
    """Checks the field names of every struct in a column.

    Athena, Spark and DuckDB compare names case-insensitively, and no engine can address a field without a name. Arrow's
    C data interface ends a name at its first NUL: https://arrow.apache.org/docs/format/CDataInterface.html

    Args:
        table: Name for messages.
        column: Name of the column.
        data_type: Type of the column.

    Raises:
        AmbiguousFieldsError: Two fields have the same path, ignoring case.
        UnnamedFieldError: A field's name is empty or contains a NUL.
    """
    paths: dict[str, str] = {}
    for parent, name in _fields(column, data_type):
        path = f"{parent}.{name}"
        if not name or "\0" in name:
            raise UnnamedFieldError(table, parent, name)
        if path.lower() in paths:
            raise AmbiguousFieldsError(table, paths[path.lower()], path)
        paths[path.lower()] = path


def _fields(path: str, data_type: iceberg.IcebergType) -> Iterator[tuple[str, str]]:
    """Path of the parent and name of every field of a struct, at every depth."""
    match data_type:
        case iceberg.StructType():
            for field in data_type.fields:
                yield path, field.name
                yield from _fields(f"{path}.{field.name}", field.field_type)
        case iceberg.ListType():
            yield from _fields(f"{path}.element", data_type.element_type)
        case iceberg.MapType():
            yield from _fields(f"{path}.key", data_type.key_type)
            yield from _fields(f"{path}.value", data_type.value_type)
