"""Errors of quarantined rows."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TransientError, UsageError, ValuesError, counted, listed


class ReservedTableError(UsageError):
    """A task or an ingestion is to write a quarantine."""

    def __init__(self, field: str, table: str, base: str) -> None:
        super().__init__(
            f"{field} is '{table}'; the suffix '__quarantine' is reserved for the rows that violate the contract "
            f"of '{base}'",
            hint=f"Choose another name, or write '{base}' with `on_violation: quarantine` in its table file.",
        )


class NoQuarantineError(UsageError):
    """A table has no quarantined rows, or none that are selected.

    Args:
        table: The table, not its quarantine.
        selection: Description of the selected rows; empty for all.
    """

    def __init__(self, table: str, selection: str = "") -> None:
        super().__init__(
            f"{table}: no quarantined row has {selection}" if selection else f"{table}: no rows are quarantined",
            hint="`datalake_sdk quarantine list` shows the ingestions with quarantined rows, and their checks.",
        )


class UnreadableQuarantineError(ValuesError):
    """A quarantined row does not fit the columns of its table."""

    def __init__(self, table: str, quarantine_id: str, column: str, problem: str) -> None:
        super().__init__(
            f"{table}: quarantined row '{quarantine_id}': column '{column}' ",
            problem,
            columns=[column],
            hint="The type of the column has changed since the row was quarantined. Correct the row in its source and "
            "ingest it again, then remove it with `datalake_sdk quarantine drop`.",
        )


class UnpublishedOverwriteError(UsageError):
    """Quarantined rows were to replace stored rows, which the table still has."""

    def __init__(self, table: str, ingestion_ids: Sequence[str]) -> None:
        super().__init__(
            f"{table}: ingestion {listed(ingestion_ids)} was to overwrite stored rows, but all of its rows, or all of "
            "a partition, are quarantined; a replay would add them to the stored rows",
            hint="Correct the contract or the rows and repeat the write: it replaces the stored rows and removes these "
            "from the quarantine. Or remove them with `datalake_sdk quarantine drop`.",
        )


class QuarantineChangedError(TransientError):
    """Another process changed the quarantined rows during a replay."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table}: the quarantined rows changed during the replay; nothing was written",
            hint="Run the replay again.",
        )


class UnfinishedQuarantineError(TransientError):
    """The rows of a committed write could not be added to the quarantine."""

    def __init__(self, table: str, rows: int, reason: str) -> None:
        super().__init__(
            f"{table}: a write is committed, but {counted(rows, 'row')} could not be added to the quarantine: {reason}",
            hint="No row is lost: the next write of the table, or `datalake_sdk quarantine list`, adds them.",
        )
