"""Interface of a database in Redshift, to which tables are exported."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem


@dataclass(frozen=True)
class StagingFolder:
    """A temporary folder from which a service loads files.

    Args:
        filesystem: File system that contains it.
        path: Path in the file system, `bucket/prefix`.
    """

    filesystem: S3FileSystem
    path: str


class Warehouse(Protocol):
    """A database in Redshift."""

    def run(self, statements: Sequence[str]) -> list[list[list[Any]]]:
        """Runs statements in one transaction, or one statement without a transaction block.

        Cancels the execution if the caller is interrupted.

        Args:
            statements: From 1 to 40 statements.

        Returns:
            Rows of each statement; no rows for a statement without a result.

        Raises:
            RedshiftStatementError: A statement failed; the transaction was rolled back.
            RedshiftCancelledError: A user cancelled the execution.
            DatalakeError: The service rejected the call.
        """

    def staging_folder(self) -> AbstractContextManager[StagingFolder]:
        """Returns a new folder for files that COPY loads; it is removed with its files on exit."""
