"""Copies a snapshot of a table to Redshift in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from pyiceberg.table import Table

from datalake_sdk.engine.scan import read_arrow
from datalake_sdk.engine.snapshot_changes import SnapshotChanges, changes_since
from datalake_sdk.engine.write_transaction import UPSERT_KEYS_PROPERTY
from datalake_sdk.errors import (
    InvalidSettingError,
    MissingCapabilityError,
    RedshiftConflictError,
    RedshiftStatementError,
    RedshiftTargetError,
)
from datalake_sdk.ledger.model import Job, Output, RunKind
from datalake_sdk.ledger.recording import part_of_run
from datalake_sdk.operations.export_redshift.staging import stage_rows
from datalake_sdk.operations.recorded_tables import record_read
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.platforms.warehouse import StagingFolder, Warehouse
from datalake_sdk.redshift.columns import RedshiftColumn, redshift_columns
from datalake_sdk.redshift.copy_columns import CopyColumn, check_types, column_changes, copy_column
from datalake_sdk.redshift.database import RedshiftDatabase
from datalake_sdk.redshift.statements import (
    GUARD_COLUMN,
    CopyName,
    Export,
    ExportMode,
    ExportRecord,
    export_statements,
    state_statements,
)
from datalake_sdk.settings import TableName, parse_keys

DEFAULT_SCHEMA = "public"
_CONFLICTS = (
    GUARD_COLUMN,
    "serializable isolation violation",
    "conflict with concurrent transaction",
    "concurrent transaction conflict",
    "deadlock",
)
"""https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation-serializable-isolation-troubleshooting.html"""
_STATE_ATTEMPTS = 3


class ExportScope(StrEnum):
    """Which rows an export loads."""

    FULL = "full"
    CHANGES = "changes"

    @classmethod
    def parse(cls, value: str) -> ExportScope:
        """Parses the name of a scope.

        Raises:
            InvalidSettingError: The scope does not exist.
        """
        if value not in list(cls):
            raise InvalidSettingError("scope", value, " or ".join(cls))
        return cls(value)


@dataclass(frozen=True)
class RedshiftExport:
    """Outcome of an export.

    Args:
        table: Name in queries, with the stage's prefix.
        target: Name of the copy, `schema.table`.
        snapshot_id: Snapshot that the copy contains; None if the table has none.
        mode: `full`, `append`, `merge`, or `none` if nothing was changed.
        rows: Rows loaded.
        deleted_keys: Keys whose rows were deleted in mode `merge`.
        reason: Why nothing was changed, or why all rows were loaded instead of the changes; empty otherwise.
        seconds: Duration.
    """

    table: str
    target: str
    snapshot_id: int | None
    mode: str
    rows: int = 0
    deleted_keys: int = 0
    reason: str = ""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def export_redshift(
    platform: Platform,
    name: TableName,
    database: RedshiftDatabase,
    *,
    target: str | None = None,
    scope: ExportScope = ExportScope.CHANGES,
) -> RedshiftExport:
    """Copies the current snapshot of a table to Redshift; a snapshot that the copy already contains is skipped.

    Args:
        platform: Platform that holds the table.
        name: Table.
        database: Database in Redshift.
        target: Copy, as `table` or `schema.table`; None is the table's name in the schema `public`.
        scope: Whether to load all rows, or only the changes since the exported snapshot if they can be read.

    Raises:
        MissingCapabilityError: The platform has no Redshift.
        UnknownTableError: The table does not exist.
        RedshiftTypeError: Redshift has no equivalent for a column.
        RedshiftValueError: Redshift cannot store a value; nothing was sent.
        RedshiftColumnError: The existing copy has a column of another type.
        RedshiftTargetError: The copy was made from another table.
        RedshiftConflictError: Another export to the copy committed first.
        RedshiftStatementError: Redshift rejected a statement; the copy is left unchanged.
    """
    started = time.monotonic()
    warehouse = platform.redshift(database)
    if warehouse is None:
        raise MissingCapabilityError("export_redshift", "Redshift", platform.environment.local_root)
    copy = parse_target(target or name.table)
    table = load_table(platform, name)
    job = Job(RunKind.EXPORT, f"export_redshift.{'.'.join(table.name())}")
    with part_of_run(platform, job) as run, platform.service_errors():
        record_read(table)
        outcome = _Exporter(warehouse, database, copy, table).export(scope)
        run.wrote(Output(f"redshift://{database.name}/{database.database}.{copy}", rows=outcome.rows))
    return replace(outcome, seconds=round(time.monotonic() - started, 3))


def parse_target(text: str) -> CopyName:
    """Parses the name of a copy, `table` or `schema.table`.

    Raises:
        InvalidSettingError: The name is invalid.
    """
    schema, dot, table = text.rpartition(".")
    copy = CopyName(schema if dot else DEFAULT_SCHEMA, table)
    valid = all(part and len(part.encode()) <= 127 and part == part.lower() for part in (copy.schema, copy.table))
    if not valid or "." in copy.schema:
        raise InvalidSettingError("target", text, "'table' or 'schema.table' in lower case, at most 127 bytes each")
    return copy


@dataclass(frozen=True)
class _State:
    """What Redshift knows about a copy before an export."""

    number: int
    snapshot_id: int | None
    columns: list[CopyColumn]


@dataclass(frozen=True)
class _Exporter:
    """Exports one table to one copy."""

    warehouse: Warehouse
    database: RedshiftDatabase
    target: CopyName
    table: Table

    def export(self, scope: ExportScope) -> RedshiftExport:
        snapshot = self.table.current_snapshot()
        if snapshot is None:
            return self._outcome(None, "none", reason="the table has no snapshot")
        columns = redshift_columns(self._source, self.table.schema())
        state = self._state()
        check_types(self.target, state.columns, columns)
        if state.columns and state.snapshot_id == snapshot.snapshot_id:
            return self._outcome(snapshot.snapshot_id, "none", reason="the copy already contains the snapshot")
        plan = self._changes(state, scope)
        with self.warehouse.staging_folder() as folder:
            export = self._staged(folder, columns, plan, state.number + 1)
            self._run(state, export)
        reason = plan if isinstance(plan, str) else ""
        deleted = export.deleted.rows if export.deleted else 0
        return self._outcome(snapshot.snapshot_id, export.record.mode, export.rows.rows, deleted, reason)

    @property
    def _source(self) -> str:
        return ".".join(self.table.name())

    def _state(self) -> _State:
        _, last, columns = self._read_state()
        number, source, snapshot_id = last[0] if last else (0, self._source, None)
        if source != self._source:
            raise RedshiftTargetError(str(self.target), source, self._source)
        return _State(number, snapshot_id, [copy_column(row) for row in columns])

    def _read_state(self) -> list[list[list[Any]]]:
        statements = state_statements(self.target)
        # IF NOT EXISTS does not prevent a conflict with a concurrent export that also creates the log.
        # https://github.com/embulk/embulk-output-jdbc/issues/243
        for _ in range(_STATE_ATTEMPTS - 1):
            with suppress(RedshiftConflictError), _conflicts(self.target):
                return self.warehouse.run(statements)
        with _conflicts(self.target):
            return self.warehouse.run(statements)

    def _changes(self, state: _State, scope: ExportScope) -> SnapshotChanges | str:
        if scope == ExportScope.FULL or state.snapshot_id is None:
            return ""
        if not state.columns:
            return f"{self.target} was dropped since the last export"
        keys = parse_keys(self.table.properties.get(UPSERT_KEYS_PROPERTY))
        return changes_since(self.table, state.snapshot_id, keys)

    def _staged(
        self, folder: StagingFolder, columns: list[RedshiftColumn], plan: SnapshotChanges | str, number: int
    ) -> Export:
        changes = None if isinstance(plan, str) else plan
        reader = read_arrow(self.table) if changes is None else changes.rows()
        rows = stage_rows(folder, "rows", self._source, columns, reader)
        keys = changes.keys if changes else ()
        deleted = None
        if changes and keys:
            key_columns = [next(column for column in columns if column.name == key) for key in keys]
            deleted = stage_rows(folder, "deleted", self._source, key_columns, changes.deleted_keys())
        mode = ExportMode.FULL if changes is None else ExportMode.MERGE if keys else ExportMode.APPEND
        snapshot = self.table.current_snapshot()
        assert snapshot is not None
        record = ExportRecord(number, self._source, snapshot.snapshot_id, mode, rows.rows)
        return Export(self.target, record, rows, self.database.copy_role_arn, keys, deleted)

    def _run(self, state: _State, export: Export) -> None:
        with _conflicts(self.target):
            if state.columns:
                for statement in column_changes(self.target, state.columns, export.rows):
                    self.warehouse.run([statement])
            self.warehouse.run(export_statements(export))

    def _outcome(
        self, snapshot_id: int | None, mode: str, rows: int = 0, deleted_keys: int = 0, reason: str = ""
    ) -> RedshiftExport:
        return RedshiftExport(self._source, str(self.target), snapshot_id, str(mode), rows, deleted_keys, reason)


@contextmanager
def _conflicts(target: CopyName) -> Iterator[None]:
    try:
        yield
    except RedshiftStatementError as error:
        if any(words in error.reason.lower() for words in _CONFLICTS):
            raise RedshiftConflictError(str(target), error.reason) from error
        raise
