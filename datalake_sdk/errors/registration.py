"""Errors of registering existing tables in the catalog."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, UsageError, listed


class TableExistsError(UsageError):
    """A table of this name is already in the catalog."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table} is already in the catalog; nothing was registered",
            hint="If a task created it again after the catalog was lost, do not delete it with delete_table, which "
            "removes all files in its location: remove it from the catalog only, then pass --metadata-file.",
        )


class NoRegistrationError(UsageError):
    """The storage of the environment cannot register tables."""

    def __init__(self, target: str) -> None:
        super().__init__(
            f"{target}: tables in a table bucket of S3 Tables cannot be registered",
            hint="Ingest or migrate their rows into a new table.",
        )


class NoMetadataError(UsageError):
    """A location has no metadata file."""

    def __init__(self, location: str) -> None:
        super().__init__(
            f"'{location}' contains no Iceberg metadata file",
            hint="Pass the location of the table, the folder that contains `metadata`, as --location.",
        )


class UnreadableMetadataError(TerminalError):
    """A metadata file cannot be read."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"metadata file '{file}' cannot be read: {reason}",
            hint="Pass an earlier metadata file of the table as --metadata-file.",
        )


class MissingSnapshotError(TerminalError):
    """The current snapshots of all metadata files are lost."""

    def __init__(self, location: str, files: Sequence[str]) -> None:
        super().__init__(
            f"'{location}' has metadata files, but the manifest lists of their current snapshots do not exist: "
            f"{listed(files)}",
            hint="Restore the files snap-*.avro in `metadata`, for example from old versions of the bucket's objects.",
        )


class AmbiguousMetadataError(TerminalError):
    """Several metadata files may be the newest, for example because the table was created again."""

    def __init__(self, location: str, files: Sequence[str]) -> None:
        super().__init__(
            f"'{location}' has several metadata files that may be the current one: {listed(files)}",
            hint="Compare them with --metadata-file FILE --dry-run, then register one of them.",
        )


class ForeignLocationError(UsageError):
    """A table's location belongs to another database or another table.

    Args:
        table: Table to register, with the stage's prefix.
        location: Location in its metadata.
        reason: What the location belongs to.
    """

    def __init__(self, table: str, location: str, reason: str) -> None:
        super().__init__(
            f"{table}: location '{location}' {reason}; nothing was registered",
            hint="Use the database and name that the table was written with, and absolute locations. Metadata files "
            "contain absolute locations too: move files back that were moved or copied.",
        )
