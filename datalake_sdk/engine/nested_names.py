"""Names of the fields within a nested column: what every engine that reads the table can tell apart."""

from __future__ import annotations

from collections import defaultdict

from pyiceberg import types as iceberg

from datalake_sdk.errors import AmbiguousFieldsError, UnnamedFieldError


def check_nested_names(table: str, path: str, data_type: iceberg.IcebergType) -> None:
    """Checks the field names of every struct in a column.

    Athena, Spark and DuckDB compare names without case, and no engine can address a field without a name. Arrow's C
    interface ends a name at its first NUL: https://arrow.apache.org/docs/format/CDataInterface.html

    Args:
        table: Name for messages.
        path: Column, or the path of a nested field.
        data_type: Type of it.

    Raises:
        AmbiguousFieldsError: Two fields of a struct differ only in case.
        UnnamedFieldError: A field has no name, or a NUL in it.
    """
    match data_type:
        case iceberg.StructType():
            _check_struct(table, path, data_type)
            for field in data_type.fields:
                check_nested_names(table, f"{path}.{field.name}", field.field_type)
        case iceberg.ListType():
            check_nested_names(table, f"{path}.element", data_type.element_type)
        case iceberg.MapType():
            check_nested_names(table, f"{path}.key", data_type.key_type)
            check_nested_names(table, f"{path}.value", data_type.value_type)


def _check_struct(table: str, path: str, struct: iceberg.StructType) -> None:
    spellings: dict[str, list[str]] = defaultdict(list)
    for field in struct.fields:
        if not field.name or "\0" in field.name:
            raise UnnamedFieldError(table, path, field.name)
        spellings[field.name.lower()].append(field.name)
    for names in spellings.values():
        if len(names) > 1:
            raise AmbiguousFieldsError(table, path, names)
