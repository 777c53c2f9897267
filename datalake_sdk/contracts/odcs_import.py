"""Reads contracts of the Open Data Contract Standard, version 3, as fields of table files.

https://bitol-io.github.io/open-data-contract-standard/latest/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datalake_sdk.contracts.file_fields import file_fields
from datalake_sdk.contracts.odcs_export import CUSTOM_NAMES, LOGICAL_TYPES, UNVERSIONED, VENDOR
from datalake_sdk.contracts.patterns import FORMATS
from datalake_sdk.contracts.type_names import canonical_type
from datalake_sdk.errors import InvalidOdcsError
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.table_contract import Metric, Operator, Severity, SlaProperty, Unit, ValueOptions

_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("tinyint", "smallint", "int2", "int4"), "int"),
    **dict.fromkeys(("int8", "int64"), "long"),
    **dict.fromkeys(("real", "float4"), "float"),
    **dict.fromkeys(("float8", "double precision"), "double"),
    **dict.fromkeys(("text", "char", "character varying"), "string"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("varbinary", "bytea", "blob"), "binary"),
}
"""Types of other systems; `varchar` and `char` may have a length."""
_BY_LOGICAL_TYPE: Mapping[str, str] = {
    **{name: name for name in ("string", "date", "time", "timestamp", "boolean")},
    "integer": "long",
    "number": "double",
}
_DECIMAL = re.compile(r"(?:decimal|numeric)\(\s*\d+\s*,\s*\d+\s*\)")
_REFERENCE = re.compile(r"\w+(\.\w+){1,2}")


@dataclass
class ImportedTables:
    """Table files of a document of the standard.

    Args:
        tables: Fields of each table file, by `database.table`, or by `table` if the document names no database.
        notes: Parts of the document without a counterpart, and values that were converted.
    """

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def import_odcs(source: object, document: object) -> ImportedTables:
    """Converts a document to table files.

    Args:
        source: The file, for messages.
        document: Content of the file.

    Raises:
        InvalidOdcsError: The document does not follow the standard, or has no table.
    """
    _check(source, document)
    assert isinstance(document, dict)
    reader = _Reader()
    root = reader.open("", document)
    for name in ("kind", "apiVersion", "id", "name"):
        root.pop(name, None)
    shared = _shared_fields(reader, root)
    promises = list(root.pop("slaProperties", None) or ())
    for position, promise in enumerate(promises):
        reader.open(f"slaProperties[{position}]", promise)
    objects = root.pop("schema", None) or ()
    if not objects:
        raise InvalidOdcsError(source, ["schema: the document describes no table"])
    imported = ImportedTables(notes=reader.notes)
    for position, item in enumerate(objects):
        node = reader.open(f"schema[{position}]", item)
        name = str(node.pop("name"))
        physical = str(node.pop("physicalName", None) or name)
        fields = _table_fields(reader, f"schema[{position}]", node, root)
        levels = _service_levels(reader, promises, name, is_only=len(objects) == 1)
        imported.tables[physical] = {**fields, **shared, **({"slaProperties": levels} if levels else {})}
    imported.notes.extend(reader.unused())
    return imported


class _Reader:
    """Remembers which fields of a document were not read."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._open: dict[str, dict[str, Any]] = {}

    def open(self, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of a mapping; what is not removed from it is reported as unused."""
        copy = dict(values)
        self._open[path] = copy
        return copy

    def reopened(self, path: str) -> dict[str, Any]:
        """The copy of a mapping that was opened before."""
        return self._open[path]

    def unused(self) -> Iterator[str]:
        for path, values in self._open.items():
            for name in values:
                yield f"{path}.{name}".removeprefix(".") + ": has no counterpart and was not imported"


def _check(source: object, document: object) -> None:
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    if not isinstance(document, dict) or document.get("kind") != "DataContract":
        raise InvalidOdcsError(source, ["kind: it must be DataContract"])
    if not str(document.get("apiVersion", "")).startswith("v3."):
        raise InvalidOdcsError(source, [f"apiVersion: it is {document.get('apiVersion')!r}; version 3 is supported"])
    try:
        OpenDataContractStandard.model_validate(document)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise InvalidOdcsError(source, problems) from None


def _shared_fields(reader: _Reader, root: dict[str, Any]) -> dict[str, Any]:
    fields = {name: root.pop(name) for name in ("status", "version", "tags") if root.get(name) is not None}
    if fields.get("version") == UNVERSIONED:
        del fields["version"]
    team = root.pop("team", None)
    if team:
        fields["team"] = _team(reader, team)
    return fields


def _team(reader: _Reader, team: Any) -> dict[str, Any]:
    node = reader.open("team", {"members": team} if isinstance(team, list) else team)
    fields = _moved(node, "name", "description")
    members = [reader.open(f"team.members[{n}]", item) for n, item in enumerate(node.pop("members", None) or ())]
    named = [_moved(member, "username", "name", "role", "description") for member in members]
    return {**fields, **({"members": named} if named else {})}


def _table_fields(reader: _Reader, path: str, node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    for name in ("physicalType", "logicalType"):
        node.pop(name, None)
    settings = _custom(node, "on_violation", "evolution", "on_type_change", "partition_keys", "properties")
    description = node.pop("description", None) or _purpose(reader, root)
    columns, partitioned = _columns(reader, path, node)
    quality = _quality(reader, path, node)
    if partitioned:
        settings.setdefault("partition_keys", partitioned)
    return {
        **({"description": description} if description else {}),
        "schema": columns,
        **({"quality": quality} if quality else {}),
        **settings,
    }


def _purpose(reader: _Reader, root: dict[str, Any]) -> str | None:
    if not isinstance(root.get("description"), dict):
        return None
    purpose: str | None = reader.open("description", root.pop("description")).pop("purpose", None)
    return purpose


def _columns(reader: _Reader, path: str, node: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    columns: dict[str, Any] = {}
    keys: list[tuple[int, str]] = []
    for position, item in enumerate(node.pop("properties", None) or ()):
        place = f"{path}.properties[{position}]"
        values = reader.open(place, item)
        name = str(values.pop("physicalName", None) or values["name"])
        values.pop("name")
        if values.pop("partitioned", None):
            keys.append((values.pop("partitionKeyPosition", 0), normalized_column_name(name)))
        columns[name] = _column(reader, place, values)
    return columns, [name for _, name in sorted(keys, key=lambda key: key[0])]


def _column(reader: _Reader, path: str, values: dict[str, Any]) -> dict[str, Any]:
    values.pop("primaryKeyPosition", None)
    declared = _type(reader, path, values)
    enum = _enum(reader, path, values)
    options = _options(reader, path, values, declared)
    relationships = _relationships(reader, path, values)
    quality = _quality(reader, path, values)
    return {
        **({"type": declared} if declared else {}),
        **_moved(values, "description", "required", "unique", "primaryKey", "classification", "examples", "tags"),
        **({"enum": enum} if enum else {}),
        **({"logicalTypeOptions": options} if options else {}),
        **({"relationships": relationships} if relationships else {}),
        **({"quality": quality} if quality else {}),
        **_custom(values, "on_violation"),
    }


def _type(reader: _Reader, path: str, values: dict[str, Any]) -> str | None:
    logical, physical = values.pop("logicalType", None), values.pop("physicalType", None)
    if physical is None:
        return _BY_LOGICAL_TYPE.get(logical)
    text = " ".join(str(physical).lower().split())
    base = text.split("(")[0].strip()
    if _DECIMAL.fullmatch(text):
        return text.replace("numeric", "decimal")
    if base in ("varchar", "char", "character varying") or text in _TYPES:
        found = "string" if base != text else _TYPES.get(text, text)
    elif text in LOGICAL_TYPES:
        return text
    else:
        found = _BY_LOGICAL_TYPE.get(logical, "")
    if found != text:
        result = f"is imported as {found}" if found else "has no counterpart; the column has no type"
        reader.notes.append(f"{path}.physicalType: '{physical}' {result}")
    return found or None


def _enum(reader: _Reader, path: str, values: dict[str, Any]) -> list[Any]:
    items = [reader.open(f"{path}.enum[{n}]", item) for n, item in enumerate(values.pop("enum", None) or ())]
    found = [_moved(item, "value", "label", "description") for item in items]
    return [item["value"] if list(item) == ["value"] else item for item in found]


def _options(reader: _Reader, path: str, values: dict[str, Any], declared: str | None) -> dict[str, Any]:
    node = reader.open(f"{path}.logicalTypeOptions", values.pop("logicalTypeOptions", None) or {})
    is_text = declared is None or canonical_type(declared) == "string"
    is_known = not is_text or node.get("format") in FORMATS
    return _moved(node, *(name for name in file_fields(ValueOptions) if name != "format" or is_known))


def _relationships(reader: _Reader, path: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for position, item in enumerate(values.pop("relationships", None) or ()):
        node = reader.open(f"{path}.relationships[{position}]", item)
        if isinstance(node.get("to"), str) and _REFERENCE.fullmatch(node["to"]):
            node.pop("type", None)
            found.append({"to": node.pop("to"), **_custom(node, "on_violation")})
    return found


def _quality(reader: _Reader, path: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    items = enumerate(values.pop("quality", None) or ())
    opened = [(f"{path}.quality[{n}]", reader.open(f"{path}.quality[{n}]", item)) for n, item in items]
    return [found for place, item in opened if (found := _quality_item(reader, place, item))]


def _quality_item(reader: _Reader, path: str, item: dict[str, Any]) -> dict[str, Any] | None:
    """The quality item of a table file; None leaves an item of another kind to be reported."""
    kind = item.get("type") or ("sql" if "query" in item else "library")
    is_known = kind == "text" or (kind == "sql" and "query" in item) or item.get("metric") in [*Metric]
    if not is_known or kind == "custom":
        return None
    item.pop("type", None)
    severity = item.pop("severity", None)
    if severity is not None and severity not in [*Severity]:
        reader.notes.append(f"{path}.severity: '{severity}' is imported as warning")
        severity = Severity.WARNING.value
    return {"type": kind, **({"severity": severity} if severity else {}), **_quality_fields(item)}


def _quality_fields(item: dict[str, Any]) -> dict[str, Any]:
    custom = _custom(item, "on_violation", "expression", "row_check")
    if "expression" in custom:
        item.pop("query", None)
    if custom.pop("row_check", False):
        item.pop("mustBe", None)
    fields = _moved(item, "name", "description", "dimension", "metric", "arguments", "query", *Operator)
    if item.get("unit") in [*Unit]:
        fields["unit"] = item.pop("unit")
    if "query" in fields:
        fields["query"] = fields["query"].replace("{table}", "{object}").replace("{column}", "{property}")
    return {**fields, **custom}


def _service_levels(
    reader: _Reader, promises: Sequence[dict[str, Any]], table: str, is_only: bool
) -> list[dict[str, Any]]:
    """Returns the service levels of one table; those without an element apply to every table."""
    found = []
    for position, promise in enumerate(promises):
        owner, _, column = str(promise.get("element") or "").rpartition(".")
        if promise.get("element") is None or owner == table or (not owner and is_only):
            node = reader.reopened(f"slaProperties[{position}]")
            _moved(node, *file_fields(SlaProperty))
            values = {name: promise[name] for name in file_fields(SlaProperty) if promise.get(name) is not None}
            found.append({**values, **({"element": column} if column else {})})
    return found


def _moved(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """Removes fields from a mapping and returns those with a value."""
    found = {str(name): values.pop(name) for name in names if name in values}
    return {name: value for name, value in found.items() if value is not None}


def _custom(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """Removes and returns the custom properties that are fields of a table file."""
    wanted = {CUSTOM_NAMES[name]: name for name in names}
    properties = values.pop("customProperties", None) or []
    ours = [item for item in properties if item.get("vendor") == VENDOR and item.get("property") in wanted]
    others = [item for item in properties if item not in ours]
    if others:
        values["customProperties"] = others
    return {wanted[item["property"]]: item["value"] for item in ours}
