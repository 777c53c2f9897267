"""Entry point of writes: checks, staging, planning by ingestion mode, one commit, retries after conflicts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

import pyarrow as pa
from pyiceberg.catalog import Catalog

from datalake_sdk.batches import BatchStream, BatchTask, TypesChangedError
from datalake_sdk.engine.checks.staged_rows import StagedRowChecks, staged_row_checks
from datalake_sdk.engine.classified_values import classified_values_hidden
from datalake_sdk.engine.commit_loop import CommitLoop, WriteResult, already_written, skipped
from datalake_sdk.engine.conform import conform
from datalake_sdk.engine.created_tables import created_first
from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.quarantine.buffer import QuarantineBuffer
from datalake_sdk.engine.quarantine.commit import origin_of
from datalake_sdk.engine.schema import SchemaPlan
from datalake_sdk.engine.staged_batch import NoRows, StagedFiles, StagedRows
from datalake_sdk.engine.staging import RowsTask, StagingArea
from datalake_sdk.engine.upsert_batch import FlaggedRows, UpsertBatch, with_last_rows
from datalake_sdk.engine.write_plan import WritePlan, partitioner_of, plan_of, staging_layout_of
from datalake_sdk.engine.write_transaction import Target, table_before

logger = logging.getLogger(__name__)

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
        with classified_values_hidden(catalog, target):
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
    base = table_before(catalog, target)
    if already_written(base, target):
        return skipped(target, base)
    if not stream.schema.names and (base is None or not target.request.replaces_without_rows):
        return _unchanged(target)
    plan = plan_of(catalog, base, target, stream)
    _report(target, plan)
    if base is not None or not plan.schema.fields:
        return _write_planned(catalog, target, stream, stage_rows, plan)
    with created_first(catalog, plan.transaction.table) as created:
        plan = plan if created is None else plan_of(catalog, created, target, stream)
        return _write_planned(catalog, target, stream, stage_rows, plan)


def _write_planned(
    catalog: Catalog, target: Target, stream: BatchStream, stage_rows: StageRows, plan: WritePlan
) -> WriteResult:
    partitioner = partitioner_of(plan.transaction)
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
        return CommitLoop(catalog, target, stream, staging).run(plan, rows)


def _report(target: Target, plan: WritePlan) -> None:
    for change in plan.schema.changes:
        logger.info("%s: %s", target.name, change)
    for warning in plan.transaction.warnings:
        logger.warning("%s: %s", target.name, warning)


def _stage_rows(
    target: Target, stream: BatchStream, on_rows: Callable[[int], None], plan: WritePlan, staging: StagingArea
) -> StagedFiles | None:
    layout, partitioner = staging_layout_of(target, plan), partitioner_of(plan.transaction)
    flagged = FlaggedRows(plan.upsert)
    tasks = _conformed(stream.tasks(), plan.schema, layout, flagged, _row_checks(plan, staging, layout))
    files = write_files(staging, tasks, layout, partitioner, plan.upsert.in_memory, on_rows)
    batch = UpsertBatch(files, flagged.keys(layout.schema))
    count = sum(file.data_file.record_count for file in files) + batch.deleted.num_rows
    if plan.upsert.order_by and count:
        batch = with_last_rows(batch, staging, layout, partitioner, plan.upsert)
    return StagedFiles(target, staging, plan, batch.files, count, batch.deleted) if count else None


def _row_checks(plan: WritePlan, staging: StagingArea, layout: FileLayout) -> StagedRowChecks:
    return staged_row_checks(plan.contract, staging, layout.schema, plan.deferred_checks)


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
    return checks.checked(*flagged.without(batch, rows), task)


def _unchanged(target: Target) -> WriteResult:
    logger.warning("%s: the batch is empty; nothing was changed", target.name)
    return WriteResult()
