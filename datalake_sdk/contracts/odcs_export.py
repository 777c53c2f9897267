"""Writes a contract in the Open Data Contract Standard, version 3.

https://bitol-io.github.io/open-data-contract-standard/latest/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from datalake_sdk.contracts.serialization import contract_fields
from datalake_sdk.errors import UntypedColumnsError
from datalake_sdk.table_contract import TableConfiguration

API_VERSION = "v3.2.0"
LOGICAL_TYPES: Mapping[str, str] = {
    "boolean": "boolean",
    **dict.fromkeys(("int", "integer", "long", "bigint"), "integer"),
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    **dict.fromkeys(("string", "varchar", "uuid", "binary"), "string"),
    "date": "date",
    "time": "time",
    **dict.fromkeys(("timestamp", "timestamptz", "timestamp with time zone"), "timestamp"),
}
"""Logical type of each declared type, without the digits of decimals."""
_TABLE_SETTINGS = ("on_violation", "evolution", "on_type_change", "partition_keys", "properties")
UNVERSIONED = "0.0.0"
"""Version of a contract without one: the standard requires a version."""
_NESTED_TYPES = {"list": "array", "array": "array"}
VENDOR = "datalake-sdk"
"""Vendor of the custom properties that are fields of a table file."""
CUSTOM_NAMES: Mapping[str, str] = {
    "on_violation": "onViolation",
    "evolution": "evolution",
    "on_type_change": "onTypeChange",
    "partition_keys": "partitionKeys",
    "properties": "tableProperties",
    "expression": "expression",
    "row_check": "rowCheck",
}
"""Custom property of each field. `rowCheck` marks a quality item without a bound, which the standard requires."""


def odcs_document(name: str, contract: TableConfiguration) -> dict[str, Any]:
    """Returns a contract as a document of the standard.

    Args:
        name: `database.table`.
        contract: Contract of the table.

    Raises:
        UntypedColumnsError: A column has no type, which the JSON schema of the standard requires.
    """
    untyped = [column for column, values in contract.columns.items() if values.type is None]
    if untyped:
        raise UntypedColumnsError(name, untyped)
    fields = contract_fields(contract)
    document: dict[str, Any] = {
        "version": fields.get("version", UNVERSIONED),
        "kind": "DataContract",
        "apiVersion": API_VERSION,
        "id": name,
        "name": name,
    }
    for field in ("status", "tags", "team"):
        if field in fields:
            document[field] = fields[field]
    table = name.split(".")[-1]
    document["schema"] = [_schema_object(name, table, fields)]
    if "slaProperties" in fields:
        document["slaProperties"] = [_qualified(table, item) for item in fields["slaProperties"]]
    return document


def _schema_object(name: str, table: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    keys = [column for column, values in fields.get("schema", {}).items() if values.get("primaryKey")]
    columns = [_property(column, values, keys) for column, values in fields.get("schema", {}).items()]
    return {
        "name": table,
        "physicalName": name,
        "physicalType": "table",
        "logicalType": "object",
        **_chosen(fields, "description"),
        "properties": columns,
        **_quality(fields),
        **_custom({field: fields[field] for field in _TABLE_SETTINGS if field in fields}),
    }


def _property(name: str, values: Mapping[str, Any], keys: list[str]) -> dict[str, Any]:
    kept = ("description", "required", "unique", "primaryKey", "logicalTypeOptions", "classification")
    base = re.split(r"[(<]", values["type"].lower())[0].strip()
    enum = [item if isinstance(item, dict) else {"value": item} for item in values.get("enum", ())]
    return {
        "name": name,
        "logicalType": LOGICAL_TYPES.get(base) or _NESTED_TYPES.get(base, "object"),
        "physicalType": values["type"],
        **_chosen(values, *kept),
        **({"primaryKeyPosition": keys.index(name) + 1} if name in keys else {}),
        **({"enum": enum} if enum else {}),
        **({"relationships": list(map(_relationship, values["relationships"]))} if "relationships" in values else {}),
        **_chosen(values, "examples", "tags"),
        **_quality(values),
        **_custom(_chosen(values, "on_violation")),
    }


def _relationship(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "foreignKey", **_chosen(item, "to"), **_custom(_chosen(item, "on_violation"))}


def _quality(values: Mapping[str, Any]) -> dict[str, Any]:
    items = [_quality_item(item) for item in values.get("quality", ())]
    return {"quality": items} if items else {}


def _quality_item(item: Mapping[str, Any]) -> dict[str, Any]:
    item = dict(item)
    custom: dict[str, Any] = {field: item.pop(field) for field in ("on_violation", "expression") if field in item}
    kind = item.setdefault("type", "library")
    if "expression" in custom:
        item["query"] = _count_of_violations(custom["expression"], item.get("unit"))
    if kind != "text" and not any(field.startswith("must") for field in item):
        item["mustBe"] = 0
        custom["row_check"] = True
    return {**item, **_custom(custom)}


def _count_of_violations(expression: str, unit: str | None) -> str:
    violations = f"count_if(NOT ({expression}))"
    return f"SELECT {f'100.0 * {violations} / count(*)' if unit == 'percent' else violations} FROM {{object}}"


def _qualified(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, **({"element": f"{table}.{item['element']}"} if "element" in item else {})}


def _chosen(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _custom(values: Mapping[str, Any]) -> dict[str, Any]:
    properties = [{"property": CUSTOM_NAMES[name], "value": value, "vendor": VENDOR} for name, value in values.items()]
    return {"customProperties": properties} if properties else {}
