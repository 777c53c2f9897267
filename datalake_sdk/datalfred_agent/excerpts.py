"""Excerpts of results that may be of any size, so that they fit into the context window of a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from datalake_sdk.datalfred_agent.masking import masked
from datalake_sdk.operations.investigate.report import FailureReport

_TEXT_LENGTH, _LISTED_LENGTH = 300, 40_000
"""Of a type, a comment or a property, and of all listed entries, in characters."""
_LINE_LENGTH, _LOG_LENGTH = 500, 5_000
"""Of a line and of the end of a log, in characters."""


def first_entries(name: str, entries: Sequence[Mapping[str, Any]], limit: int) -> dict[str, Any]:
    """Returns the first entries and the number of omitted ones, as fields of a result.

    Args:
        name: Name of the field.
        entries: All entries, JSON-serializable.
        limit: Maximum number of entries; fewer are returned if they are long.
    """
    shown: list[Mapping[str, Any]] = []
    length = 0
    for entry in entries[:limit]:
        length += len(json.dumps(entry))
        if length > _LISTED_LENGTH:
            break
        shown.append(entry)
    omitted = len(entries) - len(shown)
    return {name: shown} | ({f"omitted_{name}": omitted} if omitted else {})


def with_short_strings(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an entry whose strings are shortened, for example the type of a column with thousands of fields."""
    # A part of a secret may not look like one.
    return {name: _shortened(value) if isinstance(value, str) else value for name, value in masked(entry).items()}


def report_excerpt(report: FailureReport, tasks: int) -> dict[str, Any]:
    """Returns the fields of a report without most of its logs.

    Args:
        report: Report of a failure.
        tasks: Maximum number of tasks.
    """
    fields = report.as_dict()
    shortened = [task | {"log_lines": _last_lines(task["log_lines"])} for task in fields["tasks"]]
    return fields | first_entries("tasks", shortened, tasks)


def _last_lines(lines: Sequence[str]) -> list[str]:
    shown: list[str] = []
    length = 0
    for line in map(_shortened_line, reversed(lines)):
        length += len(line)
        if length > _LOG_LENGTH:
            break
        shown.insert(0, line)
    return shown


def _shortened_line(line: str) -> str:
    return line if len(line) <= _LINE_LENGTH else f"{line[:_LINE_LENGTH]}…"


def _shortened(text: str) -> str:
    return text if len(text) <= _TEXT_LENGTH else f"{text[:_TEXT_LENGTH]}… ({len(text):,} characters)"
