"""Text for terminals: untrusted characters removed, calls of tools on one line."""

from __future__ import annotations

import json
import re
from typing import Any

from datalake_sdk.datalfred_agent.conversation import Event, ToolCall, ToolResult

_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Control characters, and characters that hide or reorder text: https://www.unicode.org/reports/tr36/"""
_ARGUMENTS_LENGTH = 2_000


def printable(text: str) -> str:
    """Removes control characters, except for line feeds and tabs, and characters that hide or reorder text."""
    return _INVISIBLE.sub("", text)


def tool_line(event: Event) -> str | None:
    """Formats the call or the result of a tool on one line; None for other events."""
    if isinstance(event, ToolCall):
        return f"> {printable(event.name)} {_arguments(event.arguments)}"
    if isinstance(event, ToolResult):
        return f"< {_summary(event)}"
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
        return f"failed: {printable(str(reason)).splitlines()[0]}"
    shown = (
        [f"{fields['rows']:,} rows" + (" (more exist)" if fields["has_more_rows"] else "")] if "csv" in fields else []
    )
    if fields.get("scanned_bytes") is not None:
        shown.append(f"{fields['scanned_bytes'] / 1e6:,.1f} MB scanned")
    return ", ".join(shown) or f"{len(result.text):,} characters"
