"""Field ids of data files that were written without them, by a table's name mapping.

https://iceberg.apache.org/spec/#column-projection
"""

from __future__ import annotations

import pyarrow as pa
from pyiceberg.table.name_mapping import MappedField, NameMapping

from datalake_sdk.engine.projection import FIELD_ID, field_id


def has_field_ids(schema: pa.Schema) -> bool:
    """Whether any column of a file has a field id."""
    return any(field_id(field) is not None for field in schema)


def with_field_ids(schema: pa.Schema, mapping: NameMapping | None) -> pa.Schema:
    """Adds the field ids of a name mapping to the schema of a file without ids.

    Args:
        schema: Schema of the file.
        mapping: The table's name mapping; None leaves the schema unchanged.

    Returns:
        The schema with ids at every level; columns that the mapping lacks have none.
    """
    if mapping is None or has_field_ids(schema):
        return schema
    return pa.schema([_numbered(field, field.name, mapping.root) for field in schema])


def _numbered(field: pa.Field, name: str, mapping: list[MappedField]) -> pa.Field:
    found = next((entry for entry in mapping if name in entry.names), None)
    if found is None or found.field_id is None:
        return field
    return field.with_type(_nested(field.type, found.fields)).with_metadata({FIELD_ID: str(found.field_id)})


def _nested(data_type: pa.DataType, mapping: list[MappedField]) -> pa.DataType:
    if pa.types.is_struct(data_type):
        return pa.struct([_numbered(child, child.name, mapping) for child in data_type])
    if pa.types.is_list(data_type):
        return pa.list_(_numbered(data_type.value_field, "element", mapping))
    if pa.types.is_map(data_type):
        key = _numbered(data_type.key_field, "key", mapping)
        return pa.map_(key, _numbered(data_type.item_field, "value", mapping))
    return data_type
