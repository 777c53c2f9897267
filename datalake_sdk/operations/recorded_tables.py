"""Adds the tables and files that an operation reads and writes to the current run of the ledger."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from datalake_sdk.contracts.checks import CheckResult
from datalake_sdk.engine.commit_loop import WriteResult
from datalake_sdk.engine.types import format_type
from datalake_sdk.errors import ContractViolatedError, DatalakeError
from datalake_sdk.inputs.paths import STANDARD_INPUT
from datalake_sdk.ledger.model import Check, Column, Input, Output
from datalake_sdk.ledger.recording import RunRecord, current_run
from datalake_sdk.platforms.base import Platform, QueryStatistics, StatisticsReport

logger = logging.getLogger(__name__)

_REMOTE = "://"
_METADATA_MARK = "$"
"""Separates a table and its metadata table: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-table-metadata.html"""


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
    columns = () if written.metadata is None else written.metadata.schema().fields
    run.wrote(
        Output(
            table,
            written.snapshot_id,
            written.rows_read - written.rows_quarantined,
            written.bytes_added,
            written.files_added,
            tuple(Column(each.name, format_type(each.field_type), each.doc or "") for each in columns),
            checks=tuple(map(_check, written.checks)),
        )
    )


def record_query(platform: Platform, statement: str, database: str | None) -> None:
    """Adds the tables of a query that a service runs, with their snapshots, which are read in the background.

    Args:
        platform: Platform that runs the query.
        statement: The query.
        database: Its default database, with the stage's prefix.
    """
    run = current_run()
    if run is None or not platform.capabilities.remote:
        return
    from datalake_sdk.sql.athena import parse_query
    from datalake_sdk.sql.tables import lake_tables

    try:
        found = lake_tables(parse_query(statement), database)
    except DatalakeError:
        # The query fails with the same error.
        return
    tables = dict.fromkeys((table.db.lower(), table.name.lower()) for table in found)
    names = [name for name in tables if _METADATA_MARK not in name[1]]
    for name in names:
        run.read(Input(".".join(name)))
    Thread(target=_record_snapshots, args=(platform, run, names), name="ledger-inputs", daemon=True).start()


def _record_snapshots(platform: Platform, run: RunRecord, names: Sequence[tuple[str, str]]) -> None:
    for name in names:
        try:
            with platform.service_errors():
                table = platform.catalog.load_table(name)
        except (DatalakeError, NoSuchTableError) as error:
            logger.debug("the snapshot of %s is not recorded: %s", ".".join(name), error)
            continue
        run.read(Input(".".join(name), table.metadata.current_snapshot_id))


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
