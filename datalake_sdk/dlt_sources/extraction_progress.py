"""Counts the rows that dlt extracts."""

from __future__ import annotations

from collections.abc import Callable

from dlt.common.runtime.collector import NullCollector

_EXTRACT = "Extract"
_RESOURCES = "Resources"
"""Name of the counter of resources; those of rows have the names of tables."""


class RowCollector(NullCollector):
    """Reports the number of further rows.

    Args:
        report: Receives the numbers; None reports nothing.
    """

    def __init__(self, report: Callable[[int], None] | None) -> None:
        self._report = report

    def update(
        self,
        name: str,
        inc: int = 1,
        total: int | None = None,
        inc_total: int | None = None,
        message: str | None = None,
        label: str | None = None,
    ) -> None:
        is_table = self.step.startswith(_EXTRACT) and name != _RESOURCES and not name.startswith("_dlt")
        if self._report is not None and is_table:
            self._report(inc)
