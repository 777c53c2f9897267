"""The root of the tree and its two kinds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class DatalakeError(Exception):
    """Base of all errors that the SDK raises on purpose.

    Args:
        message: What went wrong, with the field and the value received.
        hint: What to do next; shown on its own line.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors cross processes, whatever arguments their classes take."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[DatalakeError], args: tuple[Any, ...], fields: dict[str, Any]) -> DatalakeError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class TerminalError(DatalakeError):
    """The same call will fail again."""


class TransientError(DatalakeError):
    """The same call may succeed later."""


class UsageError(TerminalError):
    """The call itself is wrong: a name, an option or a combination of them."""


def listed(values: Iterable[object], limit: int = 5) -> str:
    """Up to `limit` values as `'a', 'b' and 3 more`."""
    shown = [f"'{value}'" for value in values]
    more = len(shown) - limit
    return ", ".join(shown[:limit]) + (f" and {more} more" if more > 0 else "")
