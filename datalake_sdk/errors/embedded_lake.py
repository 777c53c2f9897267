"""Errors of the folder and the catalog file of an embedded lake."""

from __future__ import annotations

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError


class LakeRootError(UsageError):
    """A folder cannot hold an embedded lake."""

    def __init__(self, root: object, reason: str) -> None:
        super().__init__(
            f"--local is '{root}'; {reason}", hint="Choose a folder, existing or new, that you can write to."
        )


class NotWritableLakeError(UsageError):
    """An embedded lake cannot be created or written to."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            f"cannot write to '{path}': {reason}", hint="Grant write access to the folder, or use another one."
        )


class LakeBusyError(TransientError):
    """Other processes kept the catalog locked."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            f"catalog '{path}' is still locked by other processes ({reason})",
            hint="Wait until the other commands on this lake have ended, and run the command again.",
        )


class CorruptCatalogError(TerminalError):
    """SQLite cannot read the catalog file."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            f"'{path}' is not a catalog: {reason}",
            hint="Restore the file from a backup, or use another folder; the files of the tables are unchanged.",
        )


class CopiedLakeError(TerminalError):
    """The catalog of an embedded lake refers to the files of another folder."""

    def __init__(self, table: str, location: str, root: object) -> None:
        super().__init__(
            f"{table}: the catalog of the lake '{root}' refers to '{location}', which is outside of the lake",
            hint="Use the lake in its original folder: Iceberg stores absolute paths, so a copy would write there.",
        )
