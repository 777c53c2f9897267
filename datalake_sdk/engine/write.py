"""Entry point of writes: checks, staging, planning by ingestion mode, one commit, retries after conflicts."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeAlias

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from datalake_sdk.batches import BatchStream, BatchTask, TypesChangedError
from datalake_sdk.contracts.checks import CheckResult, RowCheck
from datalake_sdk.contracts.results import results_json
from datalake_sdk.engine.changes import Changes, CommitAttempt, StagedBatch, plan_changes
from datalake_sdk.engine.checks.contract import NO_CONTRACT, AppliedContract, applied_contract, has_rejections
from datalake_sdk.engine.checks.staged_rows import StagedRowChecks, staged_row_checks
from datalake_sdk.engine.column_rewrite import ColumnRewrites
from datalake_sdk.engine.conform import conform
from datalake_sdk.engine.created_tables import created_first
from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.declared_partitions import DeclaredPartitions, declared_partitions
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.ingestion_ids import was_ingested
from datalake_sdk.engine.keys import KeyIndex
from datalake_sdk.engine.partitions import Partitioner, PartitionKey
from datalake_sdk.engine.quarantine.buffer import QuarantineBuffer
from datalake_sdk.engine.quarantine.commit import PublishedRows, origin_of, stage_quarantine
from datalake_sdk.engine.quarantine.log import QuarantineLog
from datalake_sdk.engine.schema import SchemaPlan, plan_schema
from datalake_sdk.engine.snapshot_summary import CHECKS_SUMMARY, INGESTION_ID_SUMMARY, MODE_SUMMARY, STRATEGY_SUMMARY
from datalake_sdk.engine.staged_rows import has_same_partitioning, is_schema_compatible, read_staged_rows
from datalake_sdk.engine.staging import RowsTask, StagedFile, StagingArea
from datalake_sdk.engine.upsert import keyed_batch
from datalake_sdk.engine.upsert_batch import FlaggedRows, UpsertBatch, with_last_rows
from datalake_sdk.engine.upsert_columns import NO_UPSERT, UpsertColumns, flag_position, upsert_columns
from datalake_sdk.engine.write_transaction import (
    ConflictError,
    Target,
    WriteTransaction,
    load_if_exists,
    open_transaction,
)
from datalake_sdk.errors import (
    CommitConflictError,
    DatalakeError,
    MissingColumnError,
    UnknownCommitStateError,
    UnpartitionedTableError,
)
from datalake_sdk.settings import IngestionMode, join_keys

logger = logging.getLogger(__name__)

_NO_KEYS = pa.table({})
_MAX_ATTEMPTS = 40
_INITIAL_BACKOFF_SECONDS = 0.02
_MAX_BACKOFF_SECONDS = 2.0


@dataclass(frozen=True)
class WriteResult:
    """Result of a write.

    Args:
        rows_read: Rows in the batch.
        files_added: Data and delete files added, including rewritten ones.
        bytes_added: Total size of the added files.
        snapshot_id: The new snapshot; None if nothing was committed.
        skipped: Whether the write was skipped because its ingestion id is already committed.
        strategy: Strategy of an upsert and its reason; empty in the other modes.
        rows_quarantined: Rows that violate checks, and are added to the quarantine instead of the table.
        quarantine_is_pending: Whether changes of the quarantine, of this or an earlier write, may not be applied yet.
        schema: Schema of the table after the write; None if nothing was committed.
        checks: Results of the checks of the contract.
    """

    rows_read: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    files_added: int = 0
    files_removed: int = 0
    bytes_added: int = 0
    snapshot_id: int | None = None
    skipped: bool = False
    strategy: str = ""
    rows_quarantined: int = 0
    quarantine_is_pending: bool = False
    schema: Schema | None = None
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True)
class WritePlan:
    """Planned changes to a table's metadata, for a dry run and as the first step of a write."""

    base: Table | None
    schema: SchemaPlan
    transaction: WriteTransaction
    upsert: UpsertColumns = NO_UPSERT
    partitions: DeclaredPartitions | None = None
    contract: AppliedContract = NO_CONTRACT

    def with_transaction(self, transaction: WriteTransaction) -> WritePlan:
        """The same plan with another transaction, and its base."""
        return (
            self if transaction is self.transaction else replace(self, base=transaction.base, transaction=transaction)
        )

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Upsert keys; empty in the other modes."""
        return self.upsert.keys

    @property
    def deferred_checks(self) -> list[RowCheck]:
        """Row checks of an upsert that depend on stored values, or on which of the rows of a key is the last one."""
        checks, missing = self.contract.checks.rows, set(self.missing)
        return [check for check in checks if self.upsert.order_by or (self.key_columns and missing & {*check.columns})]

    @property
    def missing(self) -> list[str]:
        """Columns of the table that the batch lacks."""
        return [field.name for field in self.schema.fields if field.name not in self.schema.sources]


class StagedRows(Protocol):
    """A staged batch."""

    @property
    def num_rows(self) -> int:
        """Number of rows in the batch."""

    def changes(self, plan: WritePlan) -> Changes:
        """The file changes to commit; called again with a new plan after a conflict."""

    def table_results(self, plan: WritePlan, changes: Changes) -> Sequence[CheckResult] | None:
        """Results of the table checks after these changes; None if the native engine evaluates them."""


StageRows: TypeAlias = Callable[[WritePlan, StagingArea], StagedRows | None]
"""Stages a batch; returns None if it has no rows."""


def write(
    catalog: Catalog,
    target: Target,
    stream: BatchStream,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> WriteResult:
    """Writes a stream to a table in one commit.

    Args:
        catalog: The environment's catalog.
        target: Table to write to, and the request.
        stream: Rows; restarted if values contradict the inferred types.
        on_rows: Called with the number of rows staged, from any thread.

    Raises:
        DatalakeError: The write failed or violates the write contract; the table is unchanged.
    """
    stage_rows = partial(_stage_rows, target, stream, on_rows)
    while True:
        try:
            return write_staged(catalog, target, stream, stage_rows)
        except TypesChangedError as change:
            logger.info("%s: %s; reading the whole input to determine its types", target.name, change)
            stream.resolve_types()


def write_staged(catalog: Catalog, target: Target, stream: BatchStream, stage_rows: StageRows) -> WriteResult:
    """Writes a batch that the caller stages to a table in one commit.

    Args:
        catalog: The environment's catalog.
        target: Table to write to, and the request.
        stream: Stream of the batch; only its schema is used.
        stage_rows: Stages the batch.

    Raises:
        DatalakeError: The write failed or violates the write contract; the table is unchanged.
    """
    base = load_if_exists(catalog, target.identifier)
    if _already_written(base, target):
        return _skipped(target, base)
    if not stream.schema.names and (base is None or not target.request.replaces_without_rows):
        return _unchanged(target)
    plan = _plan(catalog, base, target, stream)
    _report(target, plan)
    if base is not None or not plan.schema.fields:
        return _write_planned(catalog, target, stream, stage_rows, plan)
    with created_first(catalog, plan.transaction.table) as created:
        plan = plan if created is None else _plan(catalog, created, target, stream)
        return _write_planned(catalog, target, stream, stage_rows, plan)


def _write_planned(
    catalog: Catalog, target: Target, stream: BatchStream, stage_rows: StageRows, plan: WritePlan
) -> WriteResult:
    partitioner = _partitioner(plan.transaction)
    with (
        QuarantineBuffer(origin_of(target), list(plan.schema.sources), partitioner) as quarantine,
        StagingArea(plan.transaction.io, quarantine) as staging,
    ):
        rows = stage_rows(plan, staging) if plan.schema.fields else None
        if rows is None and quarantine.num_rows and target.replay is not None:
            return WriteResult(rows_read=quarantine.num_rows, rows_quarantined=quarantine.num_rows)
        if rows is None and quarantine.num_rows:
            logger.warning("%s: every row of the batch is quarantined; the stored rows are unchanged", target.name)
            rows = NoRows()
        if rows is None and plan.schema.fields and target.request.replaces_without_rows:
            logger.info("%s: the batch is empty and replaces the stored rows", target.name)
            rows = StagedFiles(target, staging, plan, ())
        if rows is None:
            return _unchanged(target)
        return _CommitLoop(catalog, target, stream, staging).run(plan, rows)


def _report(target: Target, plan: WritePlan) -> None:
    for change in plan.schema.changes:
        logger.info("%s: %s", target.name, change)
    for warning in plan.transaction.warnings:
        logger.warning("%s: %s", target.name, warning)


def plan_write(catalog: Catalog, target: Target, stream: BatchStream) -> WritePlan:
    """Performs all checks that do not read rows, without changing anything.

    Raises:
        DatalakeError: A column, upsert key or partition key is invalid.
    """
    return _plan(catalog, load_if_exists(catalog, target.identifier), target, stream)


def _plan(catalog: Catalog, base: Table | None, target: Target, stream: BatchStream) -> WritePlan:
    stored = base.schema() if base else None
    flag = flag_position(target.name, target.request, stream.schema)
    given, properties = target.request.configuration, base.properties if base else {}
    contract = applied_contract(target.name, given, properties, join_keys(target.request.upsert_keys))
    if target.replay is not None:
        contract = contract.quarantining()
    schema = plan_schema(target.name, stored, stream.schema, contract.with_evolution(given), flag)
    _check_partition_keys(target, schema, stream)
    transaction = open_transaction(catalog, base, target, schema)
    upsert = _upsert_columns(target, schema, transaction, flag)
    return WritePlan(base, schema, transaction, upsert, _declared_partitions(target, transaction), contract)


def _check_partition_keys(target: Target, schema: SchemaPlan, stream: BatchStream) -> None:
    is_certainly_empty = not stream.schema.names
    if is_certainly_empty and target.request.replaces_without_rows:
        return
    for key in target.request.partition_keys or ():
        column = PartitionKey.parse(key).column
        if column not in schema.sources:
            raise MissingColumnError(target.name, "partition_keys", column, list(schema.sources))


def _declared_partitions(target: Target, transaction: WriteTransaction) -> DeclaredPartitions | None:
    if target.request.partitions is None:
        return None
    return declared_partitions(target.name, target.request.partitions, transaction.spec, transaction.schema)


def _upsert_columns(
    target: Target, schema: SchemaPlan, transaction: WriteTransaction, flag: int | None
) -> UpsertColumns:
    mode = target.request.mode
    if mode is IngestionMode.OVERWRITE_PARTITIONS and transaction.spec.is_unpartitioned():
        raise UnpartitionedTableError(target.name)
    if mode is not IngestionMode.UPSERT:
        return NO_UPSERT
    return upsert_columns(target.name, target.request, schema.sources, _layout(target, transaction).schema, flag)


def _layout(target: Target, transaction: WriteTransaction) -> FileLayout:
    return FileLayout(target.name, transaction.io, transaction.metadata)


def _partitioner(transaction: WriteTransaction) -> Partitioner | None:
    return None if transaction.spec.is_unpartitioned() else Partitioner(transaction.spec, transaction.schema)


def _stage_rows(
    target: Target, stream: BatchStream, on_rows: Callable[[int], None], plan: WritePlan, staging: StagingArea
) -> StagedFiles | None:
    layout, partitioner = _layout(target, plan.transaction), _partitioner(plan.transaction)
    flagged = FlaggedRows(plan.upsert)
    tasks = _conformed(stream.tasks(), plan.schema, layout, flagged, _row_checks(plan, staging, layout))
    files = write_files(staging, tasks, layout, partitioner, plan.upsert.in_memory, on_rows)
    batch = UpsertBatch(files, flagged.keys(layout.schema))
    count = sum(file.data_file.record_count for file in files) + batch.deleted.num_rows
    if plan.upsert.order_by and count:
        batch = with_last_rows(batch, staging, layout, partitioner, plan.upsert)
    return StagedFiles(target, staging, plan, batch.files, count, batch.deleted) if count else None


def _row_checks(plan: WritePlan, staging: StagingArea, layout: FileLayout) -> StagedRowChecks:
    flagged = plan.upsert.flag is not None
    return staged_row_checks(plan.contract, staging, layout.schema, plan.deferred_checks, flagged=flagged)


def _conformed(
    tasks: Iterator[BatchTask], schema: SchemaPlan, layout: FileLayout, flagged: FlaggedRows, checks: StagedRowChecks
) -> Iterator[RowsTask]:
    for task in tasks:
        yield partial(_run_and_conform, checks.counted(task), schema, layout, flagged, checks)


def _run_and_conform(
    task: BatchTask, schema: SchemaPlan, layout: FileLayout, flagged: FlaggedRows, checks: StagedRowChecks
) -> pa.Table:
    batch = task()
    rows = conform(layout.table, batch, schema.sources, layout.schema, schema.null_only)
    return checks.checked(flagged.without(batch, rows), task)


class NoRows:
    """A batch without rows to publish, whose rows are all quarantined."""

    num_rows = 0

    def changes(self, plan: WritePlan) -> Changes:
        """No changes."""
        return Changes([])

    def table_results(self, plan: WritePlan, changes: Changes) -> None:
        """The native engine evaluates the checks."""


class StagedFiles:
    """A batch staged as complete data files.

    Args:
        target: Table to write to, and the request.
        staging: Owns the files.
        plan: Plan that the files were written for.
        files: Staged files.
        num_rows: Number of rows in the batch.
        deleted: Keys that an upsert deletes.
    """

    _complete: Sequence[StagedFile]
    _files: Sequence[StagedFile]

    def __init__(
        self,
        target: Target,
        staging: StagingArea,
        plan: WritePlan,
        files: Sequence[StagedFile],
        num_rows: int = 0,
        deleted: pa.Table = _NO_KEYS,
    ) -> None:
        self._target = target
        self._staging = staging
        self._deleted = deleted
        self._complete = files
        self.num_rows = num_rows
        self._store(plan, files)

    def begin_attempt(self) -> None:
        """Adds the rows again that the previous commit attempt rejected."""
        if self._files is not self._complete:
            self._store(self._plan, self._complete)

    def replace_rows(self, plan: WritePlan, replaced: Callable[[RowsTask], pa.Table]) -> None:
        """Rewrites the staged files for the current commit attempt.

        Args:
            plan: The plan of the attempt.
            replaced: Returns the rows to store instead of those of a task.
        """
        layout, complete = _layout(self._target, plan.transaction), self._complete
        staged = read_staged_rows(layout.table, layout.io, self._files, layout.schema, null_only=plan.schema.null_only)
        tasks = (partial(replaced, task) for task in staged)
        partitioner = _partitioner(plan.transaction)
        self._store(plan, write_files(self._staging, tasks, layout, partitioner, plan.key_columns))
        self._complete = complete

    def _store(self, plan: WritePlan, files: Sequence[StagedFile]) -> None:
        self._plan = plan
        self._complete = files
        self._files = files
        self._keys = self._indexed(plan, files) if plan.key_columns else None

    def _indexed(self, plan: WritePlan, files: Sequence[StagedFile]) -> KeyIndex:
        schema = _layout(self._target, plan.transaction).schema
        names = self._deleted.column_names
        deleted = self._deleted.cast(pa.schema([schema.field(name) for name in names]))
        return keyed_batch(self._target.name, plan.key_columns, files, deleted)

    def changes(self, plan: WritePlan) -> Changes:
        """Plans the file changes; rewrites the staged files if the schema or the partition spec has changed."""
        layout = _layout(self._target, plan.transaction)
        if plan is not self._plan and not self._is_reusable(plan, layout):
            tasks = read_staged_rows(
                layout.table, layout.io, self._files, layout.schema, null_only=plan.schema.null_only
            )
            self._store(
                plan, write_files(self._staging, tasks, layout, _partitioner(plan.transaction), plan.key_columns)
            )
        if self._complete and not self._files and not self._deleted.num_rows:
            return Changes([])
        attempt = CommitAttempt(self._staging, plan.transaction, layout, _partitioner(plan.transaction))
        batch = StagedBatch(self._files, plan.missing, self._keys, plan.partitions)
        return plan_changes(self._target.request.mode, attempt, batch)

    def table_results(self, plan: WritePlan, changes: Changes) -> Sequence[CheckResult] | None:
        """The native engine evaluates the checks."""
        return None

    def _is_reusable(self, plan: WritePlan, layout: FileLayout) -> bool:
        before = _layout(self._target, self._plan.transaction).schema
        return is_schema_compatible(before, layout.schema) and has_same_partitioning(
            self._plan.transaction.metadata, plan.transaction.metadata
        )


@dataclass(frozen=True)
class _CommitLoop:
    """Attempts to commit one staged batch until one succeeds."""

    catalog: Catalog
    target: Target
    stream: BatchStream
    staging: StagingArea

    def run(self, plan: WritePlan, rows: StagedRows) -> WriteResult:
        rewrites = ColumnRewrites(self.staging)
        for wait in _backoff_seconds():
            try:
                quarantine = self.staging.quarantine
                if quarantine is not None:
                    quarantine.begin_attempt()
                self.staging.check_log.begin_attempt()
                with rewrites.staged(plan.transaction, self._kept_columns(plan)) as transaction:
                    return self._attempt(plan.with_transaction(transaction), rows)
            except ConflictError as conflict:
                logger.info("%s: %s; retrying", self.target.name, conflict)
            time.sleep(wait)
            base = load_if_exists(self.catalog, self.target.identifier)
            if _already_written(base, self.target):
                return _skipped(self.target, base)
            plan = _plan(self.catalog, base, self.target, self.stream)
        raise CommitConflictError(self.target.name, _MAX_ATTEMPTS)

    def _attempt(self, plan: WritePlan, rows: StagedRows) -> WriteResult:
        """Checks the changes of one attempt, and commits them."""
        changes = self._accepted_changes(plan, rows)
        return self._commit(plan.transaction, rows.num_rows, changes, self._checked(plan, rows, changes))

    def _accepted_changes(self, plan: WritePlan, rows: StagedRows) -> Changes:
        """Plans the changes without rows that have to be quarantined because of other rows."""
        if not isinstance(rows, StagedFiles):
            return rows.changes(plan)
        rows.begin_attempt()
        changes, rejected = rows.changes(plan), -1
        while self._num_rejected > rejected and (without_rejected := self._rejecter(plan, changes)):
            rejected = self._num_rejected
            # Without a rejected row, an upsert keeps a stored row, which may be a duplicate of another one. A stored
            # value that an upsert keeps is in no row of the batch: the check of the changes fails the write.
            rows.replace_rows(plan, without_rejected)
            changes = rows.changes(plan)
        return changes

    @property
    def _num_rejected(self) -> int:
        return self.staging.quarantine.num_rows if self.staging.quarantine else 0

    def _rejecter(self, plan: WritePlan, changes: Changes) -> Callable[[RowsTask], pa.Table] | None:
        """Returns the function that moves rows of a task to the quarantine; None if no row has to be rejected."""
        if not has_rejections(plan.contract, self.staging.check_log):
            return None
        from datalake_sdk.engine.checks.audit import rejections
        from datalake_sdk.engine.checks.rejection import Rejecter

        log = self.staging.check_log
        found = rejections(self.catalog, self.target, plan.contract, plan.transaction, changes, log)
        return Rejecter(found, self.staging, plan.contract.identity).without_rejected if found else None

    def _checked(self, plan: WritePlan, rows: StagedRows, changes: Changes) -> tuple[CheckResult, ...]:
        if not plan.contract.checks:
            return ()
        from datalake_sdk.engine.checks.audit import check_changes

        results, log = rows.table_results(plan, changes), self.staging.check_log
        return check_changes(self.catalog, self.target, plan.contract, plan.transaction, changes, log, results)

    def _kept_columns(self, plan: WritePlan) -> SchemaPlan:
        """The columns whose stored values remain after the write."""
        replaces_all = self.target.request.mode is IngestionMode.OVERWRITE
        return replace(plan.schema, rewritten=frozenset()) if replaces_all else plan.schema

    def _commit(
        self, transaction: WriteTransaction, num_rows: int, changes: Changes, checks: tuple[CheckResult, ...]
    ) -> WriteResult:
        paths = [*transaction.rewritten_paths, *(file.file_path for file in changes.added)]
        summary = {
            INGESTION_ID_SUMMARY: self.target.request.ingestion_id,
            MODE_SUMMARY: self.target.request.mode.value,
        }
        if checks:
            summary[CHECKS_SUMMARY] = results_json(checks)
        if changes.strategy:
            summary[STRATEGY_SUMMARY] = changes.strategy
            logger.info("%s: %s", self.target.name, changes.strategy)
        paths += self._staged_quarantine(transaction, changes)
        snapshot = transaction.stage_snapshot(changes.added, changes.removed, summary)
        released = self.staging.release(paths)
        try:
            snapshot_id = snapshot.commit()
        except UnknownCommitStateError:
            raise
        except (ConflictError, DatalakeError):
            self.staging.reclaim(released)
            raise
        quarantine = self.staging.quarantine
        return WriteResult(
            rows_read=num_rows + (quarantine.num_unstaged if quarantine else 0),
            rows_inserted=changes.rows_inserted,
            rows_updated=changes.rows_updated,
            rows_deleted=changes.rows_deleted,
            files_added=len(changes.added),
            files_removed=len(changes.removed),
            bytes_added=sum(file.file_size_in_bytes for file in changes.added),
            snapshot_id=snapshot_id,
            strategy=changes.strategy,
            rows_quarantined=quarantine.num_rows if quarantine else 0,
            quarantine_is_pending=_is_pending(transaction.iceberg_transaction.table_metadata.properties),
            schema=transaction.schema,
            checks=checks,
        )

    def _staged_quarantine(self, transaction: WriteTransaction, changes: Changes) -> list[str]:
        rejected = self.staging.quarantine.num_rows if self.staging.quarantine else 0
        published = PublishedRows(bool(changes.rows_inserted or not rejected), changes.partitions)
        layout = _layout(self.target, transaction)
        return stage_quarantine(self.catalog, self.target, transaction, self.staging, layout, published)


def _backoff_seconds() -> Iterator[float]:
    wait = _INITIAL_BACKOFF_SECONDS
    for _ in range(_MAX_ATTEMPTS):
        yield random.uniform(0, wait)
        wait = min(wait * 1.5, _MAX_BACKOFF_SECONDS)


def _already_written(table: Table | None, target: Target) -> bool:
    return table is not None and was_ingested(table.metadata, target.request.ingestion_id)


def _unchanged(target: Target) -> WriteResult:
    logger.warning("%s: the batch is empty; nothing was changed", target.name)
    return WriteResult()


def _skipped(target: Target, table: Table | None) -> WriteResult:
    logger.warning("%s: ingestion id '%s' was already written; skipped", target.name, target.request.ingestion_id)
    return WriteResult(skipped=True, quarantine_is_pending=_is_pending(table.properties if table else {}))


def _is_pending(properties: Mapping[str, str]) -> bool:
    return bool(QuarantineLog.of(properties).pending)
