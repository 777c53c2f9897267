"""Calls and results of tools, and delays, on one line each."""

from __future__ import annotations

import json
from typing import Any

from datalake_sdk.datalfred_agent.conversation import Event, Throttled, ToolCall, ToolResult
from datalake_sdk.errors import counted
from datalake_sdk.terminal_text import short_label

_NAME_LENGTH, _ARGUMENTS_LENGTH, _REASON_LENGTH = 100, 2_000, 500


def tool_line(event: Event) -> str | None:
    """Formats the call or the result of a tool, or a delay, on one line; None for other events."""
    if isinstance(event, ToolCall):
        return f"> {short_label(event.name, _NAME_LENGTH)} {_arguments(event.arguments)}"
    if isinstance(event, ToolResult):
        return f"< {_summary(event)}"
    if isinstance(event, Throttled):
        return f"The model is throttled; next attempt in {event.seconds:g} s."
    return None


def _arguments(arguments: Any) -> str:
    text = json.dumps(arguments)
    return text if len(text) <= _ARGUMENTS_LENGTH else f"{text[:_ARGUMENTS_LENGTH]} … ({len(text):,} characters)"


def _summary(result: ToolResult) -> str:
    try:
        fields = json.loads(result.text)
    except ValueError:
        fields = {}
    if result.failed or not isinstance(fields, dict):
        reason = fields.get("error", result.text) if isinstance(fields, dict) else result.text
        return f"failed: {short_label(str(reason), _REASON_LENGTH)}"
    shown = []
    if "csv" in fields:
        shown.append(counted(fields["rows"], "row") + (" (more exist)" if fields["has_more_rows"] else ""))
    if fields.get("drawn"):
        shown.append(f"{counted(fields['rows'], 'row')} drawn")
    if fields.get("scanned_bytes") is not None:
        shown.append(f"{fields['scanned_bytes'] / 1e6:,.1f} MB scanned")
    return ", ".join(shown) or f"{len(result.text):,} characters"
