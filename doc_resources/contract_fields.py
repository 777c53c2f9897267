"""Generates the tables of fields in `contracts.md` from the model of a contract."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from datalake_sdk.contracts.file_fields import file_fields, file_name
from datalake_sdk.table_contract import (
    Bounds,
    ColumnConfiguration,
    EnumValue,
    Metric,
    MetricArguments,
    OnViolation,
    Operator,
    Quality,
    Relationship,
    Scalar,
    SlaProperty,
    TableConfiguration,
    Team,
    TeamMember,
    ValueOptions,
)
from doc_resources.docstrings import Docstring, attributes
from doc_resources.page_parts import table, with_part

PAGE = Path(__file__).parent / "contracts.md"
MODELS: Mapping[str, type] = {
    "TABLE": TableConfiguration,
    "TEAM": Team,
    "MEMBERS": TeamMember,
    "PROMISES": SlaProperty,
    "COLUMN": ColumnConfiguration,
    "OPTIONS": ValueOptions,
    "ENUM": EnumValue,
    "RELATIONSHIPS": Relationship,
    "QUALITY": Quality,
    "ARGUMENTS": MetricArguments,
}
_ENUMS: Mapping[str, tuple[str, type[StrEnum]]] = {
    "METRICS": ("metric", Metric),
    "VIOLATIONS": ("on_violation", OnViolation),
}
_TYPES: Mapping[Any, str] = {bool: "true or false", int: "whole number", str: "string", Scalar: "constant"}
_LISTS: Mapping[Any, str] = {
    str: "list of strings",
    Scalar: "list of constants",
    EnumValue: "list of constants or mappings",
}


def rewritten(page: str) -> str:
    """Returns the page with all tables regenerated.

    Raises:
        KeyError: A field or a value has no description.
        ValueError: A part of the page is missing.
    """
    for part, model in MODELS.items():
        page = with_part(page, part, table(("field", "type", "default", "description"), _rows(model)))
    for part, (title, values) in _ENUMS.items():
        page = with_part(page, part, table((title, "effect" if values is OnViolation else "counts"), _values(values)))
    return page


def _rows(model: type) -> Iterator[tuple[str, ...]]:
    types, descriptions = get_type_hints(model), Docstring.of(model).items("Args")
    for field in fields(model):
        if names := _names(model, field):
            yield names, _type(types[field.name]), _default(field), descriptions[field.name]


def _names(model: type, field: Field[Any]) -> str:
    names = [*Operator] if field.name == "bounds" else [file_name(field.name)]
    return ", ".join(f"`{name}`" for name in names if name in file_fields(model))


def _type(hint: Any) -> str:
    if hint in _TYPES:
        return _TYPES[hint]
    if isinstance(hint, UnionType):
        return _type(_without_none(hint))
    if get_origin(hint) is tuple:
        return _LISTS.get(get_args(hint)[0], "list of mappings")
    if hint is Bounds:
        return "number; for `…Between` a list of two"
    if inspect.isclass(hint) and issubclass(hint, StrEnum):
        return ", ".join(f"`{value}`" for value in hint)
    return "mapping"


def _without_none(hint: UnionType) -> Any:
    members = [member for member in get_args(hint) if member is not type(None)]
    return next((name for name in _TYPES if set(get_args(name)) == set(members)), members[0])


def _default(field: Field[Any]) -> str:
    if field.default is MISSING and field.default_factory is MISSING:
        return "required"
    is_empty = field.default in (None, (), MISSING)
    return "" if is_empty else f"`{json.dumps(field.default)}`".replace('"', "")


def _values(values: type[StrEnum]) -> Iterator[tuple[str, str]]:
    (declaration,) = ast.parse(inspect.getsource(values)).body
    assert isinstance(declaration, ast.ClassDef)
    docstrings = {each.value: each.docstring for each in attributes(declaration.body)}
    for value in values:
        yield f"`{value}`", docstrings[value]


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
