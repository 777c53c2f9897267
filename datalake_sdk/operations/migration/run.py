"""Copies planned tables in sequence, each in one commit, and verifies each copy."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pyarrow as pa
from pyiceberg.table import Table

from datalake_sdk import naming
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.engine.writer import Progress, ProgressReport
from datalake_sdk.errors import DatalakeError, IncrementalMigrationError, counted
from datalake_sdk.ledger.model import Input, Job, RunKind
from datalake_sdk.ledger.recording import RunRecord, new_run, recorded
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.maintain_table import maintain_after_write
from datalake_sdk.operations.migration.origin import Origin
from datalake_sdk.operations.migration.plan import MigrationPlan, TableMigration
from datalake_sdk.operations.migration.verify import verify
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import IngestionMode

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MigratedTable:
    """Outcome of the migration of one table.

    Args:
        source: Name with the source stage's prefix.
        target: Name with the target stage's prefix.
        snapshot_id: Snapshot of the source that was read; None when the table was skipped.
        rows: Rows read.
        rows_inserted: Rows inserted into the target.
        rows_updated: Rows updated in the target.
        verified: Whether row count and checksums of all columns were compared and are equal.
        owner_role: IAM role that was granted permissions on the table, if any.
        seconds: Duration.
        warnings: Warnings for the user.
        error: Why the migration failed; empty on success.
    """

    source: str
    target: str
    snapshot_id: int | None = None
    rows: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    verified: bool = False
    owner_role: str | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def migrate(
    target: Platform, plan: MigrationPlan, progress: Callable[[TableMigration, int], None]
) -> Iterator[MigratedTable]:
    """Copies tables; a failure does not affect the other tables.

    Args:
        target: Platform to copy to.
        plan: Result of `plan_migration`.
        progress: Called from any thread with a table and the number of rows written since the last call for it.

    Yields:
        The outcome of each table as soon as it is known; skipped tables first.
    """
    for table in plan.skipped:
        warnings = (table.warning,) if table.warning else ()
        yield MigratedTable(table.source, table.target, warnings=warnings, error=table.error)
    for migration in plan.tables:
        start = time.monotonic()
        source = ".".join(migration.selection.table.name())
        goal = ".".join(migration.target.identifier(target.environment))
        try:
            run = RunRecord(target, new_run(Job(RunKind.MIGRATION, f"migrate_data.{goal}")))
            run.read(Input(source, snapshot_id=migration.selection.snapshot_id))
            with recorded(run), target.service_errors():
                outcome = _migrate(target, migration, progress)
        except (DatalakeError, OSError, ValueError, pa.ArrowException) as error:
            logger.debug("%s could not be migrated", source, exc_info=True)
            outcome = {"error": str(error)}
        seconds = round(time.monotonic() - start, 3)
        yield MigratedTable(source, goal, migration.selection.snapshot_id, seconds=seconds, **outcome)


def _migrate(
    target: Platform, migration: TableMigration, progress: Callable[[TableMigration, int], None]
) -> dict[str, Any]:
    before = load_if_exists(target.catalog, migration.target.identifier(target.environment))
    _check_unchanged(migration, before)
    rows = migration.selection.stream()
    result = ingest(target, migration.request, rows, progress=_increments(partial(progress, migration)), maintain=False)
    warnings = [migration.note]
    if result.skipped and migration.incremental:
        raise _another_migration(result.table)
    if result.skipped:
        warnings.append("this snapshot was already appended; nothing was written")
    elif result.snapshot_id is None:
        warnings.append("there was nothing to copy")
    elif result.rows_quarantined:
        rejected = counted(result.rows_quarantined, "row")
        warnings.append(f"{rejected} violate the contract of the target and are quarantined; the copy was not verified")
        maintain_after_write(target, migration.target)
    else:
        warnings.append(verify(target, migration, result.snapshot_id, existed=before is not None))
        maintain_after_write(target, migration.target)
    role, unowned = _grant(target, migration) if before or result.snapshot_id is not None else (None, "")
    return {
        "rows": result.rows_read,
        "rows_inserted": result.rows_inserted,
        "rows_updated": result.rows_updated,
        "verified": result.snapshot_id is not None and not warnings[-1],
        "owner_role": role,
        "warnings": tuple(filter(None, [*warnings, unowned])),
    }


def _increments(report: Callable[[int], None]) -> ProgressReport:
    """Reports the rows written since the previous report."""
    reported = 0

    def advance(progress: Progress) -> None:
        nonlocal reported
        report(progress.rows - reported)
        reported = progress.rows

    return advance


def _check_unchanged(migration: TableMigration, before: Table | None) -> None:
    """Checks that no migration has run since an incremental append was planned; its rows would be appended twice."""
    is_append = migration.request.mode is IngestionMode.APPEND
    if is_append and migration.incremental and Origin.recorded(before) != migration.recorded:
        raise _another_migration(str(migration.target))


def _another_migration(table: str) -> IncrementalMigrationError:
    return IncrementalMigrationError(
        f"{table}: another migration wrote the table since this one was planned; nothing was written",
        "Run the migration again to copy the later changes.",
    )


def _grant(target: Platform, migration: TableMigration) -> tuple[str | None, str]:
    if target.permissions is None:
        return None, ""
    if migration.owner is None:
        return (
            None,
            "the task that owns the table is unknown: pass --owner-job pipeline/task to grant permissions to its role",
        )
    role = naming.task_role_name(target.environment.name, migration.owner.pipeline, migration.owner.task)
    target.permissions.grant_owner(migration.target.identifier(target.environment), role)
    return role, ""
