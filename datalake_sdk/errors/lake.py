"""Errors of catalogs and table lookups."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed


class MissingExtraError(UsageError):
    """The packages of an optional part of the SDK are not installed."""

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(
            f"package '{package}' is not installed (extra '{extra}')",
            hint=f"pip install 'datalake-sdk[{extra}]'",
        )


class MissingMetadataError(TerminalError):
    """The metadata file of a table does not exist."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: the metadata file named in the catalog cannot be read: {reason}",
            hint="Iceberg stores absolute paths: if the folder of the lake was moved or renamed, move it back.",
        )


class NotIcebergTableError(UsageError):
    """A table in the catalog is not an Iceberg table."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table} is not an Iceberg table: {reason}",
            hint="It can only be queried. Ingest into another table, or delete it with the tool that created it.",
        )


class UnknownCommitStateError(TransientError):
    """The response to a commit was lost, so it is unknown whether the commit succeeded."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: it is unknown whether the write was committed: {reason}",
            hint="Repeat the write with the same ingestion id: it is skipped if the commit succeeded.",
        )


class OutsideLakeError(TerminalError):
    """The location of a table is outside of the lake."""

    def __init__(self, table: str, location: str, root: object) -> None:
        super().__init__(
            f"{table}: location '{location}' is outside of the lake '{root}'; nothing was removed",
            hint="Delete the table with the tool that created it.",
        )


class SelfMaintainedError(UsageError):
    """A table is in a storage that maintains tables itself."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table}: S3 Tables compacts the table, expires its snapshots and removes unreferenced files",
            hint="Change when it does so with: aws s3tables put-table-maintenance-configuration.",
        )


class LeftoverFilesError(TerminalError):
    """A table was removed from the catalog, but some of its files could not be deleted."""

    def __init__(self, table: str, folder: object, reason: str) -> None:
        super().__init__(
            f"{table}: removed from the catalog, but files remain in '{folder}': {reason}",
            hint="Remove that folder.",
        )


class EmptyLakeError(TerminalError):
    """The stage has no tables."""

    def __init__(self, environment: str, stage: str, root: object) -> None:
        lake = f"stage '{stage}' of the lake '{root}'" if root else f"environment '{environment}'"
        settings = "path and stage" if root else "project, domain, stage and --region"
        super().__init__(f"{lake} is empty: it has no tables yet", hint=f"Ingest data first, or check {settings}.")


class UnknownDatabaseError(UsageError):
    """The environment has no such database."""

    def __init__(self, database: str, similar: Sequence[str]) -> None:
        super().__init__(f"database '{database}' does not exist", hint=_suggestion(similar, "databases"))


class UnknownTableError(UsageError):
    """The catalog has no such table."""

    def __init__(self, table: str, similar: Sequence[str]) -> None:
        super().__init__(f"table '{table}' does not exist", hint=_suggestion(similar, "tables"))


class UnknownMetadataTableError(UsageError):
    """A table has no such metadata table; `"orders$snapshots"` is an example of a valid one.

    Write one of the listed names.
    """

    def __init__(self, table: str, metadata: str, valid: Sequence[str]) -> None:
        super().__init__(
            f"{table} has no metadata table '${metadata}'; valid names are {', '.join(f'${name}' for name in valid)}"
        )


class UnknownSnapshotError(UsageError):
    """The table has no snapshot with this id."""

    def __init__(self, table: str, snapshot_id: int, last: Sequence[int]) -> None:
        known = f"its latest are {', '.join(map(str, last))}" if last else "it has no snapshots"
        super().__init__(
            f"{table} has no snapshot {snapshot_id}; {known}",
            hint="describe_table shows the latest ten with their timestamps.",
        )


class NoEarlierSnapshotError(UsageError):
    """A table has no earlier snapshot to compare with."""

    def __init__(self, table: str, snapshot_id: int | None) -> None:
        found = "it has no snapshot" if snapshot_id is None else f"snapshot {snapshot_id} has no earlier one"
        super().__init__(
            f"{table}: {found}; earlier snapshots may have expired",
            hint=f'Query "{table.rpartition(".")[2]}$snapshots" to list the snapshots, and pass two of them.',
        )


class NoSnapshotAtError(UsageError):
    """The table had no snapshot at this time.

    Choose a time after the first snapshot; earlier ones have expired.
    """

    def __init__(self, table: str, timestamp: str, first: str | None) -> None:
        known = f"its first snapshot was committed at {first}" if first else "it has no snapshots"
        super().__init__(f"{table} has no snapshot at {timestamp}; {known}")


class EqualityDeletesError(TerminalError):
    """A table has equality delete files, which Flink writes."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table} has equality deletes, which are not supported",
            hint="Compact the table with the engine that wrote it, for example Spark's rewrite_data_files.",
        )


def _suggestion(similar: Sequence[str], what: str) -> str:
    return f"Did you mean {listed(similar)}?" if similar else f"list_tables shows the existing {what}."
