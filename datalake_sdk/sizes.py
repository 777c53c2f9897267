"""Sizes in bytes as text."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB", "PB")


def size_text(size: int) -> str:
    """Formats a number of bytes, for example `1.2 MB`."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    exponent = min((len(str(size)) - 1) // 3, len(_UNITS))
    return f"{size / 1000**exponent:,.1f} {_UNITS[exponent - 1]}"
