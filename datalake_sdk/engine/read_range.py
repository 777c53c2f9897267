"""A part of the history of a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadRange:
    """Part of a table's history.

    Args:
        after: Snapshot whose rows are left out; None reads all rows.
        until: Last snapshot; None if the table is empty.
    """

    after: int | None
    until: int | None

    @property
    def is_empty(self) -> bool:
        """Whether the range has no snapshot."""
        return self.after == self.until
