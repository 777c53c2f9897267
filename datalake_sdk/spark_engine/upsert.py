"""Upserts with MERGE: checks and looks up the keys, then updates and inserts in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from datalake_sdk.contracts.checks import CheckResult
from datalake_sdk.engine.changes import Changes
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.position_deletes import is_file_scoped
from datalake_sdk.engine.staging import StagingArea
from datalake_sdk.engine.upsert import KeyMatches
from datalake_sdk.engine.upsert_policy import COPY_ON_WRITE, MERGE_ON_READ, MODE_PROPERTY, choose_strategy
from datalake_sdk.engine.write_plan import WritePlan
from datalake_sdk.spark_engine.conform import conformed
from datalake_sdk.spark_engine.keys import checked_rows
from datalake_sdk.spark_engine.staged_table import ChangedFiles, StagedTable, staged_table
from datalake_sdk.spark_engine.table_checks import TableEvaluation
from datalake_sdk.spark_engine.upsert_batch import IS_DELETED, UpsertBatch, given_batch, with_last_rows
from datalake_sdk.spark_engine.upsert_checks import checked_batch, log_final_violations

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FILE, _POSITION = "_file", "_pos"
"""Iceberg's metadata columns: https://iceberg.apache.org/docs/1.10.1/spark-queries/#metadata-columns"""
_STORED, _INSERTED = "stored row", "is inserted"
"""Contain a space, unlike any stored column name."""


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
    evaluation: TableEvaluation, rows: DataFrame, plan: WritePlan, staging: StagingArea
) -> StagedUpsert | None:
    """Checks the keys of a batch.

    Args:
        evaluation: Evaluates the table checks of the write.
        rows: Batch, which is read several times.
        plan: First plan of the write.
        staging: Staging area that owns the files.

    Returns:
        None when the batch is empty.

    Raises:
        NullKeysError: Rows have a null key.
        DuplicateKeysError: Rows share a key, and duplicates are refused.
        AmbiguousDuplicatesError: Different rows of a key are equally the last one.
    """
    table_name = evaluation.target.name
    with staged_table(evaluation.session, plan.transaction) as table:
        stored_schema = table.rows().schema
        batch = checked_batch(given_batch(rows, plan), plan, table.rows(), staging)
        conformed_rows = conformed(batch.rows, plan.schema, stored_schema, complete=False)
        are_unique = plan.upsert.order_by is None
        count = checked_rows(table_name, plan.key_columns, conformed_rows, are_unique=are_unique)
    if not count:
        return None
    batch = batch if are_unique else with_last_rows(table_name, batch, plan, stored_schema)
    stored = count if plan.upsert.flag is None and are_unique else batch.count_stored()
    return StagedUpsert(evaluation, batch, count, stored, staging)


class StagedUpsert:
    """A batch with unique keys, merged into the base snapshot of each commit attempt.

    Args:
        evaluation: Evaluates the table checks of the write.
        batch: Rows to store and keys to delete.
        num_rows: Number of rows in the batch.
        num_stored: Number of rows to store.
        staging: Staging area that owns the files.
    """

    def __init__(
        self, evaluation: TableEvaluation, batch: UpsertBatch, num_rows: int, num_stored: int, staging: StagingArea
    ) -> None:
        self._evaluation = evaluation
        self._session = evaluation.session
        self._batch = batch
        self._staging = staging
        self._num_stored = num_stored
        self.num_rows = num_rows

    def changes(self, plan: WritePlan) -> Changes:
        """Merges the batch into the base snapshot of a plan."""
        with staged_table(self._session, plan.transaction) as table:
            schema = table.rows().schema
            self._check_final(plan, table.rows())
            matches = _NO_MATCHES
            if plan.base:
                matches = _find(table.rows(), self._batch.keys(plan, schema), plan.key_columns)
            if plan.base and matches.rows_by_file:
                return self._merged(plan, plan.base, matches)
            if not self._num_stored:
                return Changes([])
            table.append(self._batch.stored(plan, schema, complete=True))
            return Changes(table.files(self._staging).added, rows_inserted=self._num_stored)

    def table_results(self, plan: WritePlan, changes: Changes) -> Sequence[CheckResult]:
        """Evaluates the table checks."""

        def stored(rows: DataFrame) -> DataFrame:
            keys = list(plan.key_columns)
            batch = self._batch.stored(plan, rows.schema, complete=False).select(*keys)
            return rows.join(batch, keys, "left_semi")

        return self._evaluation.results(plan, changes, stored)

    def _check_final(self, plan: WritePlan, stored: DataFrame) -> None:
        """Evaluates the checks that depend on stored values."""
        if not plan.deferred_checks:
            return
        rows = self._batch.stored(plan, stored.schema, complete=plan.base is None)
        final = _completed(stored, rows, plan) if plan.base else rows
        log_final_violations(final, plan, stored, self._staging)

    def _merged(self, plan: WritePlan, base: Table, matches: _Matches) -> Changes:
        tasks = list(plan_files(base))
        mode, reason = _strategy(tasks, matches, plan.transaction.metadata.properties)
        with staged_table(self._session, plan.transaction, {MODE_PROPERTY: mode}) as table:
            schema = table.rows().schema
            batch = _completed(table.rows(), self._batch.stored(plan, schema, complete=False), plan)
            _merge(table, batch, self._batch.keys(plan, schema), plan.key_columns)
            files = table.files(self._staging)
        return Changes(
            files.added,
            [*files.removed, *_orphaned_deletes(tasks, files)],
            rows_inserted=self._num_stored - matches.updated,
            rows_updated=matches.updated,
            rows_deleted=matches.deleted,
            strategy=f"{mode}: {reason}",
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


def _strategy(tasks: Sequence[FileScanTask], matches: _Matches, properties: Mapping[str, str]) -> tuple[str, str]:
    """Chooses like the native engine; if the choice differs between files, uses the one that covers more bytes."""
    rows = matches.rows_by_file
    key_matches = [
        KeyMatches(task, np.empty(rows[task.file.file_path]), np.empty(0))
        for task in tasks
        if task.file.file_path in rows
    ]
    strategy = choose_strategy(key_matches, properties)
    is_merge_on_read = _size(strategy.merge_on_read) > _size(strategy.copy_on_write)
    return MERGE_ON_READ if is_merge_on_read else COPY_ON_WRITE, strategy.reason


def _size(key_matches: Sequence[KeyMatches]) -> int:
    return sum(match.task.file.file_size_in_bytes for match in key_matches)


def _completed(stored: DataFrame, batch: DataFrame, plan: WritePlan) -> DataFrame:
    """Adds the columns that a batch lacks, with the values of the last stored row of each key."""
    from pyspark.sql import functions as f

    if not plan.missing:
        return batch
    keys = list(plan.key_columns)
    matches = stored.select(*stored.columns, FILE, _POSITION).join(batch.select(*keys), keys)
    last = f.max_by(f.struct(*plan.missing), f.struct(FILE, _POSITION))
    stored_rows = matches.groupBy(*keys).agg(last.alias(_STORED))
    completed = batch.join(stored_rows, keys, "left")
    return completed.select(*batch.columns, *(completed[_STORED][name].alias(name) for name in plan.missing))


def _merge(table: StagedTable, batch: DataFrame, batch_keys: DataFrame, keys: Sequence[str]) -> None:
    """Deletes all stored rows with a key of the batch and inserts its rows, which also removes duplicate keys."""
    from pyspark.sql import functions as f

    deleted = batch_keys.select(*keys, f.lit(False).alias(_INSERTED))
    source = batch.withColumn(_INSERTED, f.lit(True)).unionByName(deleted, allowMissingColumns=True)
    session, view = table.session_of(source), f"datalake_sdk_batch_{uuid4().hex}"
    source.createOrReplaceTempView(view)
    try:
        session.sql(_merge_statement(table.name, view, batch.columns, keys))
    finally:
        session.catalog.dropTempView(view)


def _merge_statement(table: str, view: str, columns: Sequence[str], keys: Sequence[str]) -> str:
    matching = " AND ".join(f"t.`{key}` = s.`{key}`" for key in keys)
    names, values = (", ".join(f"{prefix}`{column}`" for column in columns) for prefix in ("", "s."))
    return (
        f"MERGE INTO {table} AS t USING {view} AS s ON {matching} AND NOT s.`{_INSERTED}` "
        f"WHEN MATCHED THEN DELETE "
        f"WHEN NOT MATCHED AND s.`{_INSERTED}` THEN INSERT ({names}) VALUES ({values})"
    )


def _orphaned_deletes(tasks: Sequence[FileScanTask], files: ChangedFiles) -> list[DataFile]:
    """Delete files that refer only to removed data files; Spark leaves their removal to maintenance."""
    removed = {file.file_path for file in files.removed}
    deletes = [(task, file) for task in tasks if task.file.file_path in removed for file in task.delete_files]
    return [file for task, file in deletes if is_file_scoped(file, task.file) and file.file_path not in removed]
