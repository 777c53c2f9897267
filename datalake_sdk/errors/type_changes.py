"""Errors about changed columns and types of a table."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, ValuesError


class FrozenColumnsError(TerminalError):
    """A batch changes the columns of a table whose contract has `evolution: freeze`.

    Args:
        table: Name of the table in queries.
        changes: The refused changes, for example `add column note string`.
    """

    def __init__(self, table: str, changes: Sequence[str]) -> None:
        super().__init__(
            f"{table}: the contract has 'evolution: freeze', but the batch would {', '.join(changes)}; "
            "nothing was written",
            hint="Remove the columns from the input, or cast them. To change the table, declare the columns with their "
            "types in the schema of its table file.",
        )


class UnrewritableColumnError(TerminalError):
    """`on_type_change: rewrite` does not apply to a column."""

    def __init__(self, table: str, column: str, reason: str) -> None:
        super().__init__(
            f"{table}: column '{column}' cannot be rewritten in its declared type: {reason}; nothing was written",
            hint=f"Declare the stored type of '{column}', or write the rows to a new table.",
        )


class InexactRewriteError(ValuesError):
    """The declared type of a column cannot represent a stored value.

    Args:
        table: Name of the table in queries.
        column: Column with `on_type_change: rewrite`.
        stored: Stored type.
        declared: Type in the table file.
        values: Some of the values; empty if the types themselves are incompatible.
    """

    def __init__(self, table: str, column: str, stored: str, declared: str, values: Sequence[str] = ()) -> None:
        super().__init__(
            f"{table}: column '{column}' is {stored} and has stored values that {declared} cannot hold exactly"
            f"{': ' if values else ''}",
            ", ".join(values),
            "; nothing was written",
            columns=[column],
            hint=f"Correct the stored rows, or declare a type that holds all values of '{column}'.",
        )
