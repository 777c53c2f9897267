"""Base classes of all errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


class DatalakeError(Exception):
    """Base class of the errors that the SDK raises.

    Args:
        message: The failure, with the field and the value received.
        hint: What to do next; shown on a separate line.

    Example:
        >>> try:
        ...     job.read_table("sales.order")
        ... except errors.DatalakeError as error:
        ...     print(error.message)
        ...     print(error.hint)
        table 'sales.order' does not exist
        Did you mean 'sales.orders', 'raw.orders', 'sales.totals'?
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles an error without calling its class, whose arguments differ from those of the exception."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[DatalakeError], args: tuple[Any, ...], fields: dict[str, Any]) -> DatalakeError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class TerminalError(DatalakeError):
    """Repeating the call fails again.

    Example:
        >>> issubclass(errors.UnknownTableError, errors.TerminalError)
        True
    """


class ValuesError(TerminalError):
    """Base class of errors whose messages show values of rows.

    Args:
        before: The message up to the values.
        values: The values; empty if there are none to show.
        after: The message after the values.
        columns: Columns of the values; empty if they may be of any column.
        hint: What to do next.
    """

    def __init__(self, before: str, values: str, after: str = "", *, columns: Sequence[str], hint: str = "") -> None:
        super().__init__(f"{before}{values}{after}", hint=hint)
        self.columns = tuple(columns)
        self._without_values = f"{before}***{after}" if values else self.message

    def hide_values(self) -> None:
        """Replaces the values in the message, and removes the cause, whose message may show them too."""
        self.message = self._without_values
        self.args = (self.message,)
        self.__cause__ = None
        self.__suppress_context__ = True


class TransientError(DatalakeError):
    """Repeating the call later may succeed.

    Example:
        >>> issubclass(errors.CommitConflictError, errors.TransientError)
        True
    """


class UsageError(TerminalError):
    """The call is invalid: a name, an option or a combination of options.

    Example:
        >>> try:
        ...     job.ingest("sales.orders", orders, "replace")
        ... except errors.UsageError as error:
        ...     print(error)
        ingestion_mode is 'replace'; it must be one of overwrite, overwrite_partitions, append, upsert
    """


def counted(count: int, noun: str) -> str:
    """Formats a number with its noun, for example `1 row` or `1,200 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(values: Iterable[object], limit: int = 5) -> str:
    """Formats up to `limit` values, for example `'a', 'b' and 3 more`."""
    shown = [f"'{value}'" for value in values]
    more = len(shown) - limit
    return ", ".join(shown[:limit]) + (f" and {more} more" if more > 0 else "")
