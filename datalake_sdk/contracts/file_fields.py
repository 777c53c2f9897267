"""Names of the fields of a table file, derived from the model of a contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache

from datalake_sdk.table_contract import Operator

_NAMES = {
    "columns": "schema",
    "sla_properties": "slaProperties",
    "primary_key": "primaryKey",
    "logical_type_options": "logicalTypeOptions",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "missing_values": "missingValues",
    "valid_values": "validValues",
}
"""Names in a file that differ from those of the model."""
_NOT_IN_FILES = ("is_contract",)


def file_name(field: str) -> str:
    """Returns the name in a file of a field of the model."""
    return _NAMES.get(field, field)


@cache
def file_fields(model: type) -> tuple[str, ...]:
    """Returns the names of the fields that a mapping in a file may have.

    Args:
        model: The class of the mapping, for example `ColumnConfiguration`.
    """
    return tuple(_file_fields(model))


def _file_fields(model: type) -> Iterator[str]:
    for field in fields(model):
        if field.name == "bounds":
            yield from Operator
        elif field.name not in _NOT_IN_FILES:
            yield file_name(field.name)
