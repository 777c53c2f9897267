"""Macros defined in `athena_*.sql`, and the definitions that a query needs."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

_COMMON = "athena_functions.sql"
_MACRO = re.compile(r"^CREATE MACRO (\w+).*?;$", re.MULTILINE | re.DOTALL)
_PARAMETERS = re.compile(r"(?:MACRO \w+|,)\s*\(([^()]*)\) AS\b")
_NAME = re.compile(r"\b(?:athena|sdk)_\w+", re.IGNORECASE)


@cache
def macro_functions() -> frozenset[str]:
    """Returns the names of functions that are implemented by a macro."""
    return frozenset(name.removeprefix("athena_") for name in _statements() if name.startswith("athena_"))


@cache
def parameter_counts(name: str) -> frozenset[int]:
    """Returns the numbers of parameters that the macro of a function accepts."""
    lists = _PARAMETERS.findall(_statements()[f"athena_{name}"])
    return frozenset(len(parameters.split(",")) if parameters.strip() else 0 for parameters in lists)


def definitions(sql: str) -> str:
    """Returns the statements that create the macros of a query, including transitive ones."""
    needed: set[str] = set()
    found = _names(sql)
    while found:
        needed |= found
        found = {name for macro in found for name in _names(_statements()[macro])} - needed
    return "\n".join(statement for name, statement in _statements().items() if name in needed)


def _order(file: Traversable) -> tuple[bool, str]:
    """Sorts the common macros first: a macro must be created after those it calls."""
    return file.name != _COMMON, file.name


@cache
def _statements() -> dict[str, str]:
    sources = [file for file in files(__package__).iterdir() if re.fullmatch(r"athena_\w+\.sql", file.name)]
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(sources, key=_order))
    return {match[1]: match[0].replace("CREATE", "CREATE OR REPLACE TEMP", 1) for match in _MACRO.finditer(text)}


def _names(sql: str) -> set[str]:
    return {name for name in map(str.lower, _NAME.findall(sql)) if name in _statements()}
