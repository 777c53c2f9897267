"""Upsert by MERGE: the keys are checked and looked up first, then one statement updates and inserts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from datalake_sdk.engine.changes import Changes
from datalake_sdk.engine.position_deletes import is_file_scoped
from datalake_sdk.engine.staging import StagingArea
from datalake_sdk.engine.upsert import KeyMatches
from datalake_sdk.engine.upsert_policy import COPY_ON_WRITE, MERGE_ON_READ, MODE_PROPERTY, choose_strategy
from datalake_sdk.engine.write import WritePlan
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.spark_engine.conform import conformed
from datalake_sdk.spark_engine.keys import checked_rows
from datalake_sdk.spark_engine.staged_table import ChangedFiles, StagedTable, staged_table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_FILE, _POSITION = "_file", "_pos"
"""Iceberg's metadata columns: https://iceberg.apache.org/docs/1.10.1/spark-queries/#metadata-columns"""
_KEPT, _COMES = "kept row", "comes in"
"""No stored column has a space in its name."""


@dataclass(frozen=True)
class _Matches:
    """Which rows of a table have a key of the batch.

    Args:
        rows_by_file: Rows by the path of a file with their key.
        keys: Distinct keys that were found.
    """

    rows_by_file: Mapping[str, int]
    keys: int


_NOTHING = _Matches({}, 0)


def stage_upsert(
    session: SparkSession, target: Target, rows: DataFrame, plan: WritePlan, staging: StagingArea
) -> StagedUpsert | None:
    """Checks the keys of a batch.

    Args:
        session: Spark's session.
        target: What to write.
        rows: The batch, which is read several times.
        plan: The first plan of the write.
        staging: Owns the files.

    Returns:
        None when the batch is empty.

    Raises:
        NullKeysError: A row has a null key.
        DuplicateKeysError: Two rows have the same key.
    """
    with staged_table(session, plan.transaction) as table:
        batch = conformed(rows, plan.schema, table.rows().schema, complete=False)
        count = checked_rows(target.name, plan.key_columns, batch)
    return StagedUpsert(session, rows, count, staging) if count else None


class StagedUpsert:
    """A batch of rows with keys of their own, merged into whatever snapshot is there."""

    def __init__(self, session: SparkSession, rows: DataFrame, num_rows: int, staging: StagingArea) -> None:
        self._session = session
        self._rows = rows
        self._staging = staging
        self.num_rows = num_rows

    def changes(self, plan: WritePlan) -> Changes:
        """What the batch changes in the plan's base snapshot."""
        with staged_table(self._session, plan.transaction) as table:
            matches = _find(table.rows(), self._batch(plan, table), plan.key_columns) if plan.base else _NOTHING
            if plan.base and matches.keys:
                return self._merged(plan, plan.base, matches)
            table.append(conformed(self._rows, plan.schema, table.rows().schema))
            return Changes(table.files(self._staging).added, rows_inserted=self.num_rows)

    def _batch(self, plan: WritePlan, table: StagedTable) -> DataFrame:
        return conformed(self._rows, plan.schema, table.rows().schema, complete=False)

    def _merged(self, plan: WritePlan, base: Table, matches: _Matches) -> Changes:
        tasks = list(base.scan().plan_files())
        mode, reason = _strategy(tasks, matches, plan.transaction.metadata.properties)
        with staged_table(self._session, plan.transaction, {MODE_PROPERTY: mode}) as table:
            batch = _completed(table.rows(), self._batch(plan, table), plan)
            _merge(table, batch, plan.key_columns)
            files = table.files(self._staging)
        return Changes(
            files.added,
            [*files.removed, *_orphaned_deletes(tasks, files)],
            rows_inserted=self.num_rows - matches.keys,
            rows_updated=matches.keys,
            strategy=f"{mode}: {reason}",
        )


def _find(stored: DataFrame, batch: DataFrame, keys: Sequence[str]) -> _Matches:
    """Reads only the key columns of the table."""
    from pyspark.sql import functions as f

    found = stored.select(*keys, _FILE).join(batch.select(*keys), list(keys))
    by_key = found.groupBy(*keys).agg(f.first(_FILE).alias("file"), f.count("*").alias("rows"))
    by_file = by_key.groupBy("file").agg(f.sum("rows"), f.count("*")).collect()
    return _Matches({file: rows for file, rows, _ in by_file}, sum(keys for _, _, keys in by_file))


def _strategy(tasks: Sequence[FileScanTask], matches: _Matches, properties: Mapping[str, str]) -> tuple[str, str]:
    """The native engine's choice; where that differs from file to file, the one for most of the bytes."""
    rows = matches.rows_by_file
    key_matches = [
        KeyMatches(task, np.empty(rows[task.file.file_path]), np.empty(0))
        for task in tasks
        if task.file.file_path in rows
    ]
    strategy = choose_strategy(key_matches, properties)
    marks = _size(strategy.merge_on_read) > _size(strategy.copy_on_write)
    return MERGE_ON_READ if marks else COPY_ON_WRITE, strategy.reason


def _size(key_matches: Sequence[KeyMatches]) -> int:
    return sum(match.task.file.file_size_in_bytes for match in key_matches)


def _completed(stored: DataFrame, batch: DataFrame, plan: WritePlan) -> DataFrame:
    """Gives a batch the stored values of columns that it lacks; of rows with one key, those of the last file."""
    from pyspark.sql import functions as f

    if not plan.missing:
        return batch
    keys = list(plan.key_columns)
    found = stored.select(*stored.columns, _FILE, _POSITION).join(batch.select(*keys), keys)
    last = f.max_by(f.struct(*plan.missing), f.struct(_FILE, _POSITION))
    kept = found.groupBy(*keys).agg(last.alias(_KEPT))
    completed = batch.join(kept, keys, "left")
    return completed.select(*batch.columns, *(completed[_KEPT][name].alias(name) for name in plan.missing))


def _merge(table: StagedTable, batch: DataFrame, keys: Sequence[str]) -> None:
    """Takes all rows out that have a key of the batch, and puts the batch in: a key that stood twice stands once."""
    from pyspark.sql import functions as f

    out = batch.select(*keys, f.lit(False).alias(_COMES))
    source = batch.withColumn(_COMES, f.lit(True)).unionByName(out, allowMissingColumns=True)
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
        f"MERGE INTO {table} AS t USING {view} AS s ON {matching} AND NOT s.`{_COMES}` "
        f"WHEN MATCHED THEN DELETE "
        f"WHEN NOT MATCHED AND s.`{_COMES}` THEN INSERT ({names}) VALUES ({values})"
    )


def _orphaned_deletes(tasks: Sequence[FileScanTask], files: ChangedFiles) -> list[DataFile]:
    """Delete files that mark rows of none but removed files, which Spark leaves to maintenance."""
    removed = {file.file_path for file in files.removed}
    deletes = [(task, file) for task in tasks if task.file.file_path in removed for file in task.delete_files]
    return [file for task, file in deletes if is_file_scoped(file, task.file) and file.file_path not in removed]
