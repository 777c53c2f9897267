"""Checks whether the columns of an existing Parquet file can be those of a table, without reading its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.types import IcebergType, ListType, MapType, NestedField, StructType

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.file_partitions import FileProblem
from datalake_sdk.engine.name_mapping import has_field_ids
from datalake_sdk.engine.projection import field_id


def check_columns(parquet: pq.FileMetaData, columns: pa.Schema, layout: FileLayout) -> None:
    """Checks the structure, the field ids and the required fields of a file.

    Args:
        parquet: Footer of the file.
        columns: Schema of the file; its columns are columns of the table.
        layout: Settings for data files, with the table's schema.

    Raises:
        FileProblem: A column has another structure or other field ids, or a required field may be null.
    """
    paths = {parquet.schema.column(index).path for index in range(parquet.num_columns)}
    unknown = sorted(paths - layout.column_ids.keys())
    if unknown:
        raise FileProblem(f"column '{unknown[0]}' is nested in another structure than Iceberg's lists and maps")
    without_nulls = _fields_without_nulls(parquet, layout)
    for field in layout.metadata.schema().fields:
        position = columns.get_field_index(field.name)
        given = columns.field(position) if position >= 0 else None
        if given is not None and has_field_ids(columns):
            _check_ids(field.name, field, given)
        nullable = next(_nullable_fields(field.name, field, given, without_nulls), None)
        if nullable is not None:
            raise FileProblem(nullable)


def _fields_without_nulls(parquet: pq.FileMetaData, layout: FileLayout) -> Collection[int]:
    """Ids of the fields with values that are never null according to the statistics.

    Not of structs, lists and maps: statistics are those of the fields with values in them.
    """
    found = set()
    for index in range(parquet.num_columns):
        columns = [parquet.row_group(group).column(index) for group in range(parquet.num_row_groups)]
        statistics = [column.statistics for column in columns]
        if all(each is not None and each.has_null_count and not each.null_count for each in statistics):
            found.add(layout.column_ids[columns[0].path_in_schema])
    return found


def _check_ids(path: str, stored: NestedField, given: pa.Field) -> None:
    if field_id(given) != stored.field_id:
        raise FileProblem(f"column '{path}' has field id {field_id(given)}: the file is of another table")
    for child, given_child in _children(stored.field_type, given.type):
        if given_child is not None:
            _check_ids(f"{path}.{child.name}", child, given_child)


def _nullable_fields(
    path: str, stored: NestedField, given: pa.Field | None, without_nulls: Collection[int]
) -> Iterator[str]:
    """Descriptions of the fields that the table requires and that may be null in the file."""
    if given is None:
        if stored.required:
            yield f"has no column '{path}', which the table requires"
        return
    if stored.required and given.nullable and stored.field_id not in without_nulls:
        yield f"column '{path}' is required by the table, and the statistics of the file do not exclude nulls"
    for child, given_child in _children(stored.field_type, given.type):
        yield from _nullable_fields(f"{path}.{child.name}", child, given_child, without_nulls)


def _children(stored: IcebergType, given: pa.DataType) -> list[tuple[NestedField, pa.Field | None]]:
    """Fields of a nested type with those of the file's type; None for a field that it lacks."""
    match stored:
        case StructType():
            positions = [given.get_field_index(field.name) for field in stored.fields]
            found = [given.field(position) if position >= 0 else None for position in positions]
            return list(zip(stored.fields, found, strict=True))
        case ListType():
            return [(stored.element_field, given.value_field)]
        case MapType():
            return [(stored.key_field, given.key_field), (stored.value_field, given.item_field)]
    return []
