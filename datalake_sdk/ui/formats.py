"""Formats values for pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NONE = "\N{EN DASH}"
_STEPS = (("d", 86_400), ("h", 3_600), ("min", 60))


def number(value: float | None) -> str:
    """Formats a count, for example `1,200`; a dash if there is none."""
    return NONE if value is None else f"{value:,}"


def instant(value: str | None) -> str:
    """Formats an ISO 8601 time as date and minute in UTC; a dash if there is none."""
    return NONE if not value else f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M}"


def age(value: str, now: datetime) -> str:
    """Formats the time since an ISO 8601 time, for example `3 h ago`."""
    return f"{duration((now - datetime.fromisoformat(value)) / timedelta(seconds=1))} ago"


def duration(seconds: float | None) -> str:
    """Formats a duration in its largest unit, for example `12 s` or `3 h`; a dash if there is none."""
    if seconds is None:
        return NONE
    for unit, length in _STEPS:
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s" if 0 < seconds < 10 else f"{max(seconds, 0):.0f} s"


def dollars(value: float | None) -> str:
    """Formats an amount, for example `$0.0012`; a dash if there is none."""
    if value is None:
        return NONE
    return f"${value:,.2f}" if value >= 1 or not value else f"${value:.4f}"
