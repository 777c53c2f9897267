"""Commits a staged batch, with retries after conflicts."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata

from datalake_sdk.batches import BatchStream
from datalake_sdk.contracts.checks import CheckResult
from datalake_sdk.contracts.results import results_json
from datalake_sdk.engine.changes import Changes
from datalake_sdk.engine.checks.contract import has_rejections
from datalake_sdk.engine.column_rewrite import ColumnRewrites
from datalake_sdk.engine.ingestion_ids import was_ingested
from datalake_sdk.engine.quarantine.commit import PublishedRows, stage_quarantine
from datalake_sdk.engine.quarantine.log import QuarantineLog
from datalake_sdk.engine.schema import SchemaPlan
from datalake_sdk.engine.snapshot_summary import CHECKS_SUMMARY, INGESTION_ID_SUMMARY, MODE_SUMMARY, STRATEGY_SUMMARY
from datalake_sdk.engine.staged_batch import StagedFiles, StagedRows
from datalake_sdk.engine.staging import RowsTask, StagingArea
from datalake_sdk.engine.write_plan import WritePlan, layout_of, plan_of
from datalake_sdk.engine.write_transaction import ConflictError, Target, WriteTransaction, load_if_exists
from datalake_sdk.errors import CommitConflictError, DatalakeError, UnknownCommitStateError
from datalake_sdk.settings import IngestionMode

logger = logging.getLogger(__name__)

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
        metadata: The table's metadata after the write; None if nothing was committed.
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
    metadata: TableMetadata | None = None
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True)
class CommitLoop:
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
            if already_written(base, self.target):
                return skipped(self.target, base)
            plan = plan_of(self.catalog, base, self.target, self.stream)
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
            metadata = snapshot.commit()
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
            snapshot_id=snapshot.snapshot_id,
            strategy=changes.strategy,
            rows_quarantined=self._num_rejected,
            quarantine_is_pending=_is_pending(transaction.iceberg_transaction.table_metadata.properties),
            metadata=metadata,
            checks=checks,
        )

    def _staged_quarantine(self, transaction: WriteTransaction, changes: Changes) -> list[str]:
        published = PublishedRows(bool(changes.rows_inserted or not self._num_rejected), changes.partitions)
        layout = layout_of(self.target, transaction)
        return stage_quarantine(self.catalog, self.target, transaction, self.staging, layout, published)


def _backoff_seconds() -> Iterator[float]:
    wait = _INITIAL_BACKOFF_SECONDS
    for _ in range(_MAX_ATTEMPTS):
        yield random.uniform(0, wait)
        wait = min(wait * 1.5, _MAX_BACKOFF_SECONDS)


def already_written(table: Table | None, target: Target) -> bool:
    """Whether a table has a write with the ingestion id of a request."""
    return table is not None and was_ingested(table.metadata, target.request.ingestion_id)


def skipped(target: Target, table: Table | None) -> WriteResult:
    """The result of a write whose ingestion id is already committed."""
    logger.warning("%s: ingestion id '%s' was already written; skipped", target.name, target.request.ingestion_id)
    return WriteResult(skipped=True, quarantine_is_pending=_is_pending(table.properties if table else {}))


def _is_pending(properties: Mapping[str, str]) -> bool:
    return bool(QuarantineLog.of(properties).pending)
