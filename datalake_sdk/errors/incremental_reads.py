"""Errors of reads that continue after a snapshot."""

from __future__ import annotations

from datalake_sdk.errors.base import TerminalError, UsageError

_READ_ALL = 'Pass on_rewrite="read_all" to read all rows of the table in this case'


class RewrittenRowsError(TerminalError):
    """Rows were replaced or deleted since the snapshot after which a read continues."""

    def __init__(self, table: str, since: int, rewrite: int) -> None:
        super().__init__(
            f"{table}: snapshot {rewrite} replaced or deleted rows after snapshot {since}, so the added rows are not "
            "the only changes",
            hint=f"{_READ_ALL}, and write them with overwrite or upsert.",
        )


class UnknownReadPositionError(TerminalError):
    """The history of a table does not lead back to the snapshot after which a read continues."""

    def __init__(self, table: str, since: int) -> None:
        super().__init__(
            f"{table}: the history does not lead back to snapshot {since}: it has expired, or the table was rolled "
            "back or created again",
            hint=f"{_READ_ALL}. To keep snapshots longer, set history.expire.max-snapshot-age-ms and "
            "datalake_sdk_max_snapshots.",
        )


class MissingReadStateError(UsageError):
    """A task without output tables has nowhere to store up to which snapshot it has read."""

    def __init__(self) -> None:
        super().__init__(
            "since is 'last_run', but the task declares no output table, with which the last snapshot read is stored",
            hint="Declare the tables that the task writes as output_tables, by name, or pass a snapshot id as since.",
        )
