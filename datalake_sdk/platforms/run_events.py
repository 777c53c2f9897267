"""Storage of the run ledger: one object for each event, in a folder for each day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

FOLDER = "runs"
"""Folder in the technical bucket: `runs/date=YYYY-MM-DD/{name}`."""
DAY_PREFIX = "date="


class RunEventStore(Protocol):
    """Objects of the ledger. Names start with a time, so that their order is that of time."""

    @property
    def location(self) -> str:
        """Location of the ledger, for messages."""

    def table_identity(self, table: str) -> tuple[str, str]:
        """Returns namespace and name of a table by the naming conventions of OpenLineage; may call a service.

        Args:
            table: `database.table` with the stage's prefix.
        """

    def write(self, day: str, name: str, content: bytes) -> bool:
        """Writes an object unless it exists.

        Args:
            day: `YYYY-MM-DD`.
            name: Name of the object.
            content: Content.

        Returns:
            Whether the object was written.

        Raises:
            DatalakeError: The object cannot be written.
            OSError: The folder is not writable.
        """

    def days(self) -> list[str]:
        """Returns the days that have objects, newest first."""

    def names(self, day: str, before: str = "") -> Iterator[str]:
        """Yields the names of the events of a day, newest first.

        Args:
            day: `YYYY-MM-DD`.
            before: Only names less than this one; empty yields all.
        """

    def compacted(self, day: str) -> list[str]:
        """Returns the names of the Parquet files of a day."""

    def read(self, day: str, names: Sequence[str]) -> list[bytes | None]:
        """Reads objects; None for each one that was removed meanwhile."""

    def remove(self, day: str, names: Sequence[str]) -> None:
        """Removes objects, and the folder of the day if it is empty."""
