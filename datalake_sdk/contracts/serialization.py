"""Writes a contract with the fields of a table file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from typing import Any

from datalake_sdk.contracts.file_fields import file_name
from datalake_sdk.table_contract import Bounds, EnumValue, TableConfiguration

_NOT_STORED = ("properties",)


def contract_fields(contract: TableConfiguration) -> dict[str, Any]:
    """Returns a contract as in a table file, without fields that have their default value."""
    return {name: value for name, value in _record(contract).items() if name != "is_contract"}


def contract_json(contract: TableConfiguration) -> str:
    """Returns a contract as the value of the table property that stores it, without the table's properties."""
    stored = {name: value for name, value in contract_fields(contract).items() if name not in _NOT_STORED}
    return json.dumps(stored, separators=(",", ":"), ensure_ascii=False)


def _record(item: Any) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for field in fields(item):
        value = getattr(item, field.name)
        if isinstance(value, Bounds):
            record[value.operator.value] = _bound(value)
        elif value != _default(field):
            record[file_name(field.name)] = _written(value)
    return record


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _bound(bounds: Bounds) -> float | list[float]:
    return bounds.values[0] if len(bounds.values) == 1 else list(bounds.values)


def _written(value: Any) -> Any:
    if isinstance(value, EnumValue) and value == EnumValue(value.value):
        return value.value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return [_written(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _written(item) for name, item in value.items()}
    return _record(value) if is_dataclass(value) else value
