"""The one entry for writes: checks, staging, dispatch by mode, ONE commit, retry on conflict."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from datalake_sdk.batches import BatchStream, BatchTask, TypesChangedError
from datalake_sdk.engine.changes import Attempt, Batch, Changes, plan_changes
from datalake_sdk.engine.conform import conform
from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.draft import ConflictError, Draft, Target, load, open_draft
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.ingestion_ids import was_ingested
from datalake_sdk.engine.partitions import Partitioner, PartitionKey
from datalake_sdk.engine.restage import fits, same_partitioning, staged_rows
from datalake_sdk.engine.schema import SchemaPlan, plan_schema
from datalake_sdk.engine.snapshot_summary import INGESTION_ID_SUMMARY, MODE_SUMMARY, STRATEGY_SUMMARY
from datalake_sdk.engine.stage import RowsTask, Stage
from datalake_sdk.engine.upsert import key_columns, keyed_batch
from datalake_sdk.errors import (
    CommitConflictError,
    DatalakeError,
    MissingColumnError,
    UnknownCommitStateError,
    UnpartitionedTableError,
)
from datalake_sdk.settings import IngestionMode

logger = logging.getLogger(__name__)

_TRIES = 40
_FIRST_WAIT_SECONDS = 0.02
_LONGEST_WAIT_SECONDS = 2.0


@dataclass(frozen=True)
class WriteResult:
    """What a write did.

    Args:
        rows_read: Rows of the batch.
        files_added: Data files that came, rewritten ones among them.
        bytes_added: Their size.
        snapshot_id: None when nothing was committed.
        skipped: The ingestion id was committed before.
        strategy: How an upsert took the replaced rows out, and why; empty in the other modes.
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


@dataclass(frozen=True)
class WritePlan:
    """What a write would do to the table beside its rows: for a dry run and as the first step of a write."""

    base: Table | None
    schema: SchemaPlan
    draft: Draft
    key_columns: tuple[str, ...]


def write(
    catalog: Catalog,
    target: Target,
    stream: BatchStream,
    ingestion_id: str,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> WriteResult:
    """Writes a stream into a table in one commit.

    Args:
        catalog: The environment's catalog.
        target: Table, mode, keys.
        stream: Rows; read again from the start when they contradict their inferred types.
        ingestion_id: A write with an id that the table has seen is skipped.
        on_rows: Told how many rows were staged, from any thread.

    Raises:
        DatalakeError: One of the write contract's checks failed; the table is as it was.
    """
    while True:
        base = load(catalog, target.identifier)
        if _already_written(base, ingestion_id):
            return _skipped(target, ingestion_id)
        plan = _plan(catalog, base, target, stream)
        _report(target, plan)
        try:
            return _stage_and_commit(catalog, target, stream, plan, ingestion_id, on_rows)
        except TypesChangedError as change:
            logger.info("%s: %s; reading the input for its final types", target.name, change)
            stream.settle()


def _report(target: Target, plan: WritePlan) -> None:
    for change in plan.schema.changes:
        logger.info("%s: %s", target.name, change)
    for warning in plan.draft.warnings:
        logger.warning("%s: %s", target.name, warning)


def plan_write(catalog: Catalog, target: Target, stream: BatchStream) -> WritePlan:
    """Checks everything that can be checked before a row is read, and changes nothing.

    Raises:
        DatalakeError: A column, key or partition key does not fit.
    """
    return _plan(catalog, load(catalog, target.identifier), target, stream)


def _plan(catalog: Catalog, base: Table | None, target: Target, stream: BatchStream) -> WritePlan:
    stored = base.schema() if base else None
    schema = plan_schema(target.name, stored, stream.schema, target.output.configuration)
    for key in target.output.partition_keys or ():
        if PartitionKey.parse(key).column not in schema.sources:
            raise MissingColumnError(target.name, "partition_keys", key, list(schema.sources))
    draft = open_draft(catalog, base, target, schema)
    return WritePlan(base, schema, draft, _checked_keys(target, schema, draft))


def _checked_keys(target: Target, schema: SchemaPlan, draft: Draft) -> tuple[str, ...]:
    mode = target.output.ingestion_mode
    if mode is IngestionMode.OVERWRITE_PARTITIONS and draft.spec.is_unpartitioned():
        raise UnpartitionedTableError(target.name)
    if mode is not IngestionMode.UPSERT:
        return ()
    return key_columns(target.name, target.output.upsert_keys, schema.sources, _layout(target, draft).schema)


def _layout(target: Target, draft: Draft) -> FileLayout:
    return FileLayout(target.name, draft.io, draft.metadata)


def _partitioner(draft: Draft) -> Partitioner | None:
    return None if draft.spec.is_unpartitioned() else Partitioner(draft.spec, draft.schema)


def _stage_and_commit(
    catalog: Catalog,
    target: Target,
    stream: BatchStream,
    plan: WritePlan,
    ingestion_id: str,
    on_rows: Callable[[int], None],
) -> WriteResult:
    layout = _layout(target, plan.draft)
    with Stage(layout.io) as stage:
        tasks = _conformed(target.name, stream.tasks(), plan.schema, layout)
        files = write_files(stage, tasks, layout, _partitioner(plan.draft), plan.key_columns, on_rows)
        if not files:
            logger.warning("%s: the batch is empty; nothing was changed", target.name)
            return WriteResult()
        keys = keyed_batch(target.name, plan.key_columns, files) if plan.key_columns else None
        missing = [field.name for field in plan.schema.fields if field.name not in plan.schema.sources]
        return _Commit(catalog, target, stream, stage, ingestion_id).run(plan, Batch(files, missing, keys))


def _conformed(table: str, tasks: Iterator[BatchTask], schema: SchemaPlan, layout: FileLayout) -> Iterator[RowsTask]:
    for task in tasks:
        yield partial(_run_and_conform, table, task, schema, layout)


def _run_and_conform(table: str, task: BatchTask, schema: SchemaPlan, layout: FileLayout) -> pa.Table:
    return conform(table, task(), schema.sources, layout.schema)


@dataclass(frozen=True)
class _Commit:
    """The tries to commit one staged batch."""

    catalog: Catalog
    target: Target
    stream: BatchStream
    stage: Stage
    ingestion_id: str

    def run(self, plan: WritePlan, batch: Batch) -> WriteResult:
        staged = plan
        for wait in _waits():
            attempt = Attempt(self.stage, plan.draft, _layout(self.target, plan.draft), _partitioner(plan.draft))
            changes = plan_changes(self.target.output.ingestion_mode, attempt, batch)
            try:
                return self._commit(plan.draft, batch, changes)
            except ConflictError as conflict:
                logger.info("%s: %s; trying again", self.target.name, conflict)
            time.sleep(wait)
            base = load(self.catalog, self.target.identifier)
            if _already_written(base, self.ingestion_id):
                return _skipped(self.target, self.ingestion_id)
            plan = _plan(self.catalog, base, self.target, self.stream)
            batch, staged = self._refitted(batch, staged, plan)
        raise CommitConflictError(self.target.name, _TRIES)

    def _commit(self, draft: Draft, batch: Batch, changes: Changes) -> WriteResult:
        paths = [file.file_path for file in changes.added]
        summary = {
            INGESTION_ID_SUMMARY: self.ingestion_id,
            MODE_SUMMARY: self.target.output.ingestion_mode.value,
        }
        if changes.strategy:
            summary[STRATEGY_SUMMARY] = changes.strategy
            logger.info("%s: %s", self.target.name, changes.strategy)
        snapshot = draft.stage_snapshot(changes.added, changes.removed, summary)
        self.stage.keep(paths)
        try:
            snapshot_id = snapshot.commit()
        except UnknownCommitStateError:
            raise
        except (ConflictError, DatalakeError):
            self.stage.give_back(paths)
            raise
        return WriteResult(
            rows_read=batch.num_rows,
            rows_inserted=changes.rows_inserted,
            rows_updated=changes.rows_updated,
            rows_deleted=changes.rows_deleted,
            files_added=len(changes.added),
            files_removed=len(changes.removed),
            bytes_added=sum(file.file_size_in_bytes for file in changes.added),
            snapshot_id=snapshot_id,
            strategy=changes.strategy,
        )

    def _refitted(self, batch: Batch, staged: WritePlan, plan: WritePlan) -> tuple[Batch, WritePlan]:
        """The batch as the table now needs it; written once more when its schema or spec has changed meanwhile."""
        layout = _layout(self.target, plan.draft)
        before = _layout(self.target, staged.draft)
        missing = [field.name for field in plan.schema.fields if field.name not in plan.schema.sources]
        if fits(before.schema, layout.schema) and same_partitioning(staged.draft.metadata, plan.draft.metadata):
            return replace(batch, missing=missing), staged
        tasks = staged_rows(layout.io, batch.files, layout.schema)
        files = write_files(self.stage, tasks, layout, _partitioner(plan.draft), plan.key_columns)
        keys = keyed_batch(self.target.name, plan.key_columns, files) if plan.key_columns else None
        return Batch(files, missing, keys), plan


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT_SECONDS
    for _ in range(_TRIES):
        yield random.uniform(0, wait)
        wait = min(wait * 1.5, _LONGEST_WAIT_SECONDS)


def _already_written(table: Table | None, ingestion_id: str) -> bool:
    return table is not None and was_ingested(table.metadata, ingestion_id)


def _skipped(target: Target, ingestion_id: str) -> WriteResult:
    logger.warning("%s: ingestion id '%s' was written before; skipped", target.name, ingestion_id)
    return WriteResult(skipped=True)
