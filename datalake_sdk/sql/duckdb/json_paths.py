"""Parses and evaluates SQL/JSON paths such as `lax $.a[0]`.

https://trino.io/docs/current/functions/json.html#json-path-language
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_MODE = re.compile(r"\s*(lax|strict)\s+\$")
_MEMBER = re.compile(r"\s*\.\s*(?:(?P<any>\*)|(?P<name>[A-Za-z_]\w*)(?!\s*\()|\"(?P<quoted>(?:[^\"]|\"\")*)\")")
_ELEMENTS = re.compile(r"\s*\[\s*(?P<list>\*|[^\[\]]+?)\s*\]")
_INDEX = r"(?:\d+|last(?:\s*-\s*\d+)?)"
_RANGE = re.compile(rf"({_INDEX})(?:\s+to\s+({_INDEX}))?")


class UnsupportedPathError(ValueError):
    """Raised for a path with steps other than members and elements, such as filters or methods."""


class PathEvaluationError(ValueError):
    """Raised if a document lacks a member or element of a strict path."""


@dataclass(frozen=True)
class Member:
    """Member accessor; a wildcard if the name is None."""

    name: str | None


@dataclass(frozen=True)
class Elements:
    """Array accessor with ranges of zero-based subscripts; a wildcard without ranges."""

    ranges: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Path:
    """Mode and steps of a path."""

    strict: bool
    steps: tuple[Member | Elements, ...]


@lru_cache(maxsize=256)
def parsed_path(text: str) -> Path:
    """Parses a path.

    Raises:
        UnsupportedPathError: The path has steps other than members and elements, or no mode.
    """
    mode = _MODE.match(text)
    if mode is None:
        raise UnsupportedPathError(text)
    position, steps = mode.end(), []
    while text[position:].strip():
        step, position = _step(text, position)
        steps.append(step)
    return Path(mode[1] == "strict", tuple(steps))


def items(document: Any, path: Path) -> list[Any]:
    """Returns the items that a path selects.

    Raises:
        PathEvaluationError: The path is strict and the document lacks a member or element.
    """
    found = [document]
    for step in path.steps:
        found = [item for value in found for item in _followed(value, step, path.strict)]
    return found


def _followed(value: Any, step: Member | Elements, strict: bool) -> Iterator[Any]:
    return _members(value, step, strict) if isinstance(step, Member) else _elements(value, step, strict)


def _step(text: str, position: int) -> tuple[Member | Elements, int]:
    if member := _MEMBER.match(text, position):
        quoted = member["quoted"]
        return Member(member["name"] if quoted is None else quoted.replace('""', '"')), member.end()
    elements = _ELEMENTS.match(text, position)
    if elements is None:
        raise UnsupportedPathError(text)
    if elements["list"] == "*":
        return Elements(()), elements.end()
    ranges = [_RANGE.fullmatch(part.strip()) for part in elements["list"].split(",")]
    if None in ranges:
        raise UnsupportedPathError(text)
    return Elements(tuple((found[1], found[2] or found[1]) for found in ranges if found)), elements.end()


def _members(value: Any, step: Member, strict: bool) -> Iterator[Any]:
    candidates = value if isinstance(value, list) and not strict else [value]
    for candidate in candidates:
        if isinstance(candidate, dict) and step.name is None:
            yield from candidate.values()
        elif isinstance(candidate, dict) and step.name in candidate:
            yield candidate[step.name]
        elif strict:
            raise PathEvaluationError


def _elements(value: Any, step: Elements, strict: bool) -> Iterator[Any]:
    if not isinstance(value, list):
        if strict:
            raise PathEvaluationError
        value = [value]
    if not step.ranges:
        yield from value
    for first, last in step.ranges:
        start, end = _index(first, len(value)), _index(last, len(value))
        if strict and not 0 <= start <= end < len(value):
            raise PathEvaluationError
        yield from value[max(start, 0) : end + 1] if end >= 0 else []


def _index(text: str, length: int) -> int:
    if text.isdigit():
        return int(text)
    before = re.search(r"\d+", text)
    return length - 1 - (int(before[0]) if before else 0)
