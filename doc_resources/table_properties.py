"""Generates the tables of `table-properties.md` from the declarations in the package."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datalake_sdk
from datalake_sdk.engine.table_properties import (
    MAINTENANCE_LIMITS,
    MAINTENANCE_THRESHOLDS,
    WRITE_PROPERTIES,
    TableProperty,
)
from doc_resources.docstrings import attributes
from doc_resources.page_parts import table, with_part

PAGE = Path(__file__).parent / "table-properties.md"
PACKAGE = Path(datalake_sdk.__file__).parent
_SETTINGS = {"WRITES": WRITE_PROPERTIES, "THRESHOLDS": MAINTENANCE_THRESHOLDS, "LIMITS": MAINTENANCE_LIMITS}
PROPERTIES = re.compile(r"PROPERTY(_PREFIX)?$")
SUMMARIES = re.compile(r"_SUMMARY$")


@dataclass(frozen=True)
class Constant:
    """A constant of the package with the name of a property.

    Args:
        place: Module and line, for messages.
        name: Name of the property; `*` at its end stands for any text.
        description: The docstring below the constant.
    """

    place: str
    name: str
    description: str


def rewritten(page: str) -> str:
    """Returns the page with all tables regenerated.

    Raises:
        ValueError: A part of the page is missing, or a constant has no docstring.
    """
    for part, settings in _SETTINGS.items():
        page = with_part(page, part, _settings(settings))
    page = with_part(page, "INTERNAL", _constants("property", PROPERTIES))
    return with_part(page, "SUMMARIES", _constants("entry", SUMMARIES))


def constants(suffix: re.Pattern[str]) -> Iterator[Constant]:
    """Yields the constants of the package whose names end with a suffix."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for each in attributes(ast.parse(file.read_text(encoding="utf-8")).body):
            if suffix.search(each.name):
                shown = f"{each.value}*" if each.name.endswith("_PREFIX") else each.value
                yield Constant(f"{file.relative_to(PACKAGE)}:{each.line}", shown, each.docstring)


def _settings(settings: Sequence[TableProperty[Any]]) -> str:
    rows = [(f"`{each.name}`", each.type.description, _default(each), each.description) for each in settings]
    return table(("property", "values", "default", "description"), rows)


def _default(setting: TableProperty[Any]) -> str:
    default = "" if setting.default is None else json.dumps(setting.default).strip('"').removesuffix(".0")
    is_different = setting.initial is not None and setting.initial != default
    return f"{default}; new tables: {setting.initial}" if is_different else default


def _constants(title: str, suffix: re.Pattern[str]) -> str:
    return table((title, "description"), _rows(constants(suffix)))


def _rows(found: Iterable[Constant]) -> Iterator[tuple[str, str]]:
    for each in sorted(found, key=lambda constant: constant.name):
        if not each.description:
            raise ValueError(f"datalake_sdk/{each.place}: {each.name} has no docstring")
        yield f"`{each.name}`", each.description


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
