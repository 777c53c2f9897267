"""Describes the constraints and quality items of a contract, one line each."""

from __future__ import annotations

from collections.abc import Iterator

from datalake_sdk.contracts.serialization import contract_fields
from datalake_sdk.table_contract import ColumnConfiguration, Quality, TableConfiguration

_SHOWN_CHARACTERS = 100


def column_requirements(column: ColumnConfiguration) -> list[str]:
    """Returns the constraints of a column, such as `required` and `minimum 0`."""
    return [*_constraints(column), *map(describe_quality, column.quality)]


def _constraints(column: ColumnConfiguration) -> Iterator[str]:
    flags = {"required": column.required, "unique": column.unique, "primary key": column.primary_key}
    yield from (name for name, is_set in flags.items() if is_set)
    if column.enum:
        yield shortened("one of " + ", ".join(str(item.value) for item in column.enum))
    fields = contract_fields(TableConfiguration(columns={"column": column}))["schema"]["column"]
    yield from (shortened(f"{name} {value}") for name, value in fields.get("logicalTypeOptions", {}).items())
    yield from (f"references {item.to}" for item in column.relationships)


def describe_quality(item: Quality) -> str:
    """Returns a quality item as one line, for example `rowCount mustBeGreaterThan 0`."""
    subject = item.metric or item.expression or item.query or item.description or ""
    bounds = "" if item.bounds is None else f" {item.bounds}" + (" percent" if item.unit == "percent" else "")
    name = f"{item.name}: " if item.name else ""
    severity = " (warning)" if item.severity == "warning" else ""
    return shortened(f"{name}{' '.join(str(subject).split())}{bounds}{severity}")


def shortened(text: str) -> str:
    """Cuts text after 100 characters."""
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"
