"""Adds the tables and files that an operation reads and writes to the current run of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pyiceberg.table import Table

from datalake_sdk.contracts.checks import CheckResult
from datalake_sdk.engine.types import format_type
from datalake_sdk.engine.write import WriteResult
from datalake_sdk.errors import ContractViolatedError
from datalake_sdk.inputs.paths import STANDARD_INPUT
from datalake_sdk.ledger.model import Check, Column, Input, Output
from datalake_sdk.ledger.recording import RunRecord, current_run
from datalake_sdk.platforms.base import QueryStatistics, StatisticsReport

_REMOTE = "://"


def record_read(table: Table, snapshot_id: int | None = None) -> None:
    """Adds a table that is read.

    Args:
        table: The table.
        snapshot_id: Snapshot that is read; None is the current one.
    """
    if (run := current_run()) is not None:
        run.read(Input(".".join(table.name()), snapshot_id=snapshot_id or table.metadata.current_snapshot_id))


def record_read_name(table: str, snapshot_id: int | None = None) -> None:
    """Adds a table that is not loaded by this process.

    Args:
        table: `database.table` with the stage's prefix.
        snapshot_id: Snapshot that is read; None if unknown.
    """
    if (run := current_run()) is not None:
        run.read(Input(table, snapshot_id))


def record_files(run: RunRecord, path: str) -> None:
    """Adds the files of an input, by the path that names them."""
    if path != STANDARD_INPUT:
        run.read(Input(path if _REMOTE in path else str(Path(path).absolute())))


def record_write(run: RunRecord, table: str, written: WriteResult) -> None:
    """Adds a write. One that was skipped has no counts: an earlier run has written the rows.

    Args:
        run: The run.
        table: Name in the catalog.
        written: Result of the write.
    """
    if written.skipped:
        run.wrote(Output(table))
        return
    columns = () if written.schema is None else written.schema.fields
    run.wrote(
        Output(
            table,
            written.snapshot_id,
            written.rows_read,
            written.bytes_added,
            written.files_added,
            tuple(Column(each.name, format_type(each.field_type), each.doc or "") for each in columns),
            checks=tuple(map(_check, written.checks)),
        )
    )


@contextmanager
def recorded_violations(run: RunRecord, table: str) -> Iterator[None]:
    """Adds the results of the checks if the block fails because of them."""
    try:
        yield
    except ContractViolatedError as error:
        run.wrote(Output(table, checks=tuple(map(_check, error.results))))
        raise


def _check(result: CheckResult) -> Check:
    return Check(
        result.name,
        result.column or "",
        result.severity.value,
        result.on_violation.value,
        result.violations,
        result.passed,
    )


def counted_query(report: StatisticsReport | None) -> Callable[[QueryStatistics], None] | None:
    """Adds the bytes that a query scans to the current run, before `report` is called."""
    run = current_run()
    if run is None:
        return report

    def count(statistics: QueryStatistics) -> None:
        run.scanned(statistics.scanned_bytes)
        if report is not None:
            report(statistics)

    return count
