"""Upserts: stages the rows of a batch as data files, then deletes the stored rows that they replace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from datalake_sdk.contracts.checks import CheckResult
from datalake_sdk.engine.changes import Changes
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.position_deletes import is_file_scoped
from datalake_sdk.engine.staged_batch import are_reusable
from datalake_sdk.engine.staging import StagingArea
from datalake_sdk.engine.table_properties import COPY_ON_WRITE, MERGE_ON_READ
from datalake_sdk.engine.upsert import KeyMatches
from datalake_sdk.engine.upsert_policy import choose_strategy
from datalake_sdk.engine.write_plan import WritePlan
from datalake_sdk.engine.write_transaction import WriteTransaction
from datalake_sdk.spark_engine.conform import conformed
from datalake_sdk.spark_engine.key_range import UNBOUNDED, key_range
from datalake_sdk.spark_engine.keys import checked_rows
from datalake_sdk.spark_engine.staged_table import ChangedFiles, StagedTable, staged_table, with_optional_columns
from datalake_sdk.spark_engine.table_checks import TableEvaluation
from datalake_sdk.spark_engine.upsert_batch import IS_DELETED, given_batch, with_last_rows
from datalake_sdk.spark_engine.upsert_checks import checked_batch, log_final_violations

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

FILE, _POSITION = "_file", "_pos"
"""Iceberg's metadata columns: https://iceberg.apache.org/docs/1.10.1/spark-queries/#metadata-columns"""
_STORED = "stored row"
"""Contains a space, unlike any stored column name."""


@dataclass(frozen=True)
class _Matches:
    """Stored rows whose key occurs in the batch.

    Args:
        rows_by_file: Number of matching rows by file path.
        updated: Number of distinct keys that match a row to store.
        deleted: Number of stored rows to delete.
    """

    rows_by_file: Mapping[str, int]
    updated: int = 0
    deleted: int = 0


_NO_MATCHES = _Matches({})


def stage_upsert(
    evaluation: TableEvaluation, rows: DataFrame, plan: WritePlan, staging: StagingArea, resources: ExitStack
) -> StagedUpsert | None:
    """Writes the rows of a batch to data files, and checks its keys.

    Args:
        evaluation: Evaluates the table checks of the write.
        rows: Batch; read once, unless rows have to be checked, selected or deleted.
        plan: First plan of the write.
        staging: Staging area that owns the files.
        resources: Closes the table with the staged rows after the write.

    Returns:
        None when the batch is empty.

    Raises:
        NullKeysError: Rows have a null key.
        DuplicateKeysError: Rows share a key, and duplicates are refused.
        AmbiguousDuplicatesError: Different rows of a key are equally the last one.
    """
    name, keys, selects_last = evaluation.target.name, plan.key_columns, plan.upsert.order_by is not None
    transaction = with_optional_columns(plan.transaction)
    table = resources.enter_context(staged_table(evaluation.session, transaction, has_rows=False))
    schema = table.rows().schema
    batch, count = checked_batch(given_batch(rows, plan), plan, table.rows(), staging), 0
    if selects_last:
        count = checked_rows(name, keys, batch.keys(plan, schema), are_unique=False)
        batch = with_last_rows(name, batch, plan, schema)
    table.append(batch.stored(plan, schema))
    staged = _StagedBatch(plan, table.files(staging).added, table.rows(), batch.deleted_keys(plan, schema))
    if not selects_last:
        count = checked_rows(name, keys, staged.keys, are_unique=True)
    return StagedUpsert(evaluation, staged, count, staging) if count else None


@dataclass(frozen=True)
class _StagedBatch:
    """A batch with unique keys.

    Args:
        plan: Plan that the files were written for.
        files: Data files with the rows to store.
        rows: The rows to store; columns that the batch lacks are null.
        deleted: Keys to delete; None if there are none.
    """

    plan: WritePlan
    files: Sequence[DataFile]
    rows: DataFrame
    deleted: DataFrame | None

    @property
    def num_rows(self) -> int:
        """Number of rows to store."""
        return sum(file.record_count for file in self.files)

    @property
    def may_lack_values(self) -> bool:
        """Whether required columns may contain nulls."""
        required = [field.field_id for field in self.plan.transaction.schema.fields if field.required]
        return any((file.null_value_counts or {}).get(field_id) != 0 for file in self.files for field_id in required)

    @property
    def keys(self) -> DataFrame:
        """All keys, with the column `IS_DELETED`."""
        from pyspark.sql import functions as f

        keys = self.rows.select(*self.plan.key_columns, f.lit(False).alias(IS_DELETED))
        return keys if self.deleted is None else keys.unionAll(self.deleted.withColumn(IS_DELETED, f.lit(True)))

    @property
    def key_range(self) -> str:
        """Condition that all keys satisfy."""
        if self.deleted is not None:
            return UNBOUNDED
        return key_range(self.plan.transaction.schema, self.plan.key_columns, self.files)


class StagedUpsert:
    """A batch with unique keys, merged into the base snapshot of each commit attempt.

    Args:
        evaluation: Evaluates the table checks of the write.
        batch: Rows to store and keys to delete.
        num_rows: Number of rows in the batch.
        staging: Staging area that owns the files.
    """

    def __init__(self, evaluation: TableEvaluation, batch: _StagedBatch, num_rows: int, staging: StagingArea) -> None:
        self._evaluation = evaluation
        self._session = evaluation.session
        self._batch = batch
        self._staging = staging
        self.num_rows = num_rows

    def changes(self, plan: WritePlan) -> Changes:
        """Replaces the stored rows with a key of the batch in the base snapshot of a plan."""
        with staged_table(self._session, plan.transaction) as table:
            stored = table.rows().where(self._batch.key_range)
            self._check_final(plan, stored)
            matches = _find(stored, self._batch.keys, plan.key_columns) if plan.base else _NO_MATCHES
            files = self._files(plan, stored, matches)
            if plan.base and matches.rows_by_file:
                return self._replaced(table, plan, plan.base, matches, files)
            return Changes(files, rows_inserted=self._batch.num_rows)

    def table_results(self, plan: WritePlan, changes: Changes) -> Sequence[CheckResult]:
        """Evaluates the table checks."""
        keys = list(plan.key_columns)
        stored = self._batch.rows.select(*keys)
        return self._evaluation.results(plan, changes, lambda rows: rows.join(stored, keys, "left_semi"))

    def _check_final(self, plan: WritePlan, stored: DataFrame) -> None:
        """Evaluates the checks that depend on stored values."""
        if plan.deferred_checks:
            final = _completed(stored, self._batch.rows, plan) if plan.base else self._batch.rows
            log_final_violations(final, plan, stored, self._staging)

    def _files(self, plan: WritePlan, stored: DataFrame, matches: _Matches) -> Sequence[DataFile]:
        """Returns the staged files, rewritten if stored values or the changes of another writer make that necessary."""
        is_incomplete = bool(plan.missing and matches.updated) or self._batch.may_lack_values
        if not is_incomplete and are_reusable(self._evaluation.target, self._batch.plan, plan):
            return self._batch.files
        with staged_table(self._session, plan.transaction, has_rows=False) as table:
            table.append(_completed(stored, self._batch.rows, plan))
            return table.files(self._staging).added

    def _replaced(
        self, table: StagedTable, plan: WritePlan, base: Table, matches: _Matches, files: Sequence[DataFile]
    ) -> Changes:
        tasks = list(plan_files(base))
        mode, reason = _strategy(plan.transaction, tasks, matches)
        table.delete(self._batch.keys.select(*plan.key_columns), self._batch.key_range, mode)
        changed = table.files(self._staging)
        return Changes(
            [*files, *changed.added],
            [*changed.removed, *_orphaned_deletes(tasks, changed)],
            rows_inserted=self._batch.num_rows - matches.updated,
            rows_updated=matches.updated,
            rows_deleted=matches.deleted,
            strategy=f"{mode}: {reason}",
            batch=files,
        )


def _find(stored: DataFrame, batch_keys: DataFrame, keys: Sequence[str]) -> _Matches:
    """Finds the stored rows with a key of the batch; reads only the key columns of the table."""
    from pyspark.sql import functions as f

    matches = stored.select(*keys, FILE).join(batch_keys, list(keys))
    by_key = matches.groupBy(*keys, IS_DELETED).agg(f.first(FILE).alias("file"), f.count("*").alias("rows"))
    updated = f.count_if(~f.col(IS_DELETED))
    deleted = f.sum(f.when(f.col(IS_DELETED), f.col("rows")).otherwise(0))
    by_file = by_key.groupBy("file").agg(f.sum("rows"), updated, deleted).collect()
    rows_by_file = {file: rows for file, rows, _, _ in by_file}
    return _Matches(rows_by_file, *(sum(file[position] for file in by_file) for position in (2, 3)))


def _strategy(transaction: WriteTransaction, tasks: Sequence[FileScanTask], matches: _Matches) -> tuple[str, str]:
    """Chooses like the native engine; if the choice differs between files, uses the one that covers more bytes."""
    rows = matches.rows_by_file
    key_matches = [
        KeyMatches(task, np.empty(rows[task.file.file_path]), np.empty(0))
        for task in tasks
        if task.file.file_path in rows
    ]
    strategy = choose_strategy(transaction.name, key_matches, transaction.metadata)
    is_merge_on_read = _size(strategy.merge_on_read) > _size(strategy.copy_on_write)
    return MERGE_ON_READ if is_merge_on_read else COPY_ON_WRITE, strategy.reason


def _size(key_matches: Sequence[KeyMatches]) -> int:
    return sum(match.task.file.file_size_in_bytes for match in key_matches)


def _completed(stored: DataFrame, batch: DataFrame, plan: WritePlan) -> DataFrame:
    """Fills in the columns that a batch lacks with the values of the last stored row of each key."""
    from pyspark.sql import functions as f

    given = _given(batch, plan, stored.schema)
    if not plan.missing:
        return given
    keys = list(plan.key_columns)
    matches = stored.select(*stored.columns, FILE, _POSITION).join(given.select(*keys), keys)
    last = f.max_by(f.struct(*plan.missing), f.struct(FILE, _POSITION))
    stored_rows = matches.groupBy(*keys).agg(last.alias(_STORED))
    completed = given.join(stored_rows, keys, "left")
    return completed.select(*given.columns, *(completed[_STORED][name].alias(name) for name in plan.missing))


def _given(batch: DataFrame, plan: WritePlan, table: StructType) -> DataFrame:
    """Projects staged rows to the columns that the batch has, in the types of the table."""
    names = list(plan.schema.sources)
    sources = {name: position for position, name in enumerate(names)}
    return conformed(batch.select(*names), replace(plan.schema, sources=sources), table, complete=False)


def _orphaned_deletes(tasks: Sequence[FileScanTask], files: ChangedFiles) -> list[DataFile]:
    """Delete files that refer only to removed data files; Spark leaves their removal to maintenance."""
    removed = {file.file_path for file in files.removed}
    deletes = [(task, file) for task in tasks if task.file.file_path in removed for file in task.delete_files]
    return [file for task, file in deletes if is_file_scoped(file, task.file) and file.file_path not in removed]
