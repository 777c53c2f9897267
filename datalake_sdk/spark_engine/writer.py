"""The Spark engine: Spark computes the rows and writes the files, the native engine plans and commits the write."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from datalake_sdk.batches import InMemoryStream
from datalake_sdk.contracts.checks import CheckResult
from datalake_sdk.engine.changes import Changes
from datalake_sdk.engine.classified_values import classified_values_hidden
from datalake_sdk.engine.commit_loop import WriteResult
from datalake_sdk.engine.maintenance import MaintenanceActions
from datalake_sdk.engine.staged_batch import StagedFiles, StagedRows
from datalake_sdk.engine.staging import StagedFile, StagingArea
from datalake_sdk.engine.write import write_staged
from datalake_sdk.engine.write_plan import WritePlan
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.engine.writer import ProgressReport
from datalake_sdk.inputs.options import FileInput
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import IngestionMode
from datalake_sdk.spark_engine.batch_checks import OBSERVED, BatchChecks, batch_checks, quarantine
from datalake_sdk.spark_engine.conform import conformed
from datalake_sdk.spark_engine.dataframes import spark_batch
from datalake_sdk.spark_engine.failures import spark_errors
from datalake_sdk.spark_engine.maintenance import Procedures
from datalake_sdk.spark_engine.reading import read_files
from datalake_sdk.spark_engine.staged_table import staged_table
from datalake_sdk.spark_engine.table_checks import TableEvaluation
from datalake_sdk.spark_engine.upsert import FILE, stage_upsert

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SparkWriter:
    """Writes and maintains tables with Spark.

    Args:
        platform: Platform that holds the tables.
        session: Session from `spark_session`, for the environment of the platform.
    """

    platform: Platform
    session: SparkSession

    def write(self, target: Target, rows: object, report: ProgressReport | None = None) -> WriteResult:
        """Writes a batch in one commit.

        Args:
            target: Table to write, and how.
            rows: A `FileInput`, a Spark DataFrame, or a dataframe that the native engine supports.
            report: Never called: Spark's executors write the files.

        Raises:
            DatalakeError: The batch violates the write contract or Spark failed; the table is left unchanged.
        """
        with classified_values_hidden(self.platform.catalog, target), spark_errors(target.name):
            batch = spark_batch(self.session, target.name, self._opened(rows))
            evaluation = TableEvaluation(self.session, self.platform.catalog, target)
            with ExitStack() as resources:
                stage_rows = _Staging(self.session, target, batch.dataframe, evaluation, resources).stage_rows
                return write_staged(self.platform.catalog, target, InMemoryStream(batch.schema, ()), stage_rows)

    def maintenance_actions(self, table: Table) -> MaintenanceActions:
        """Returns the maintenance actions that run as Iceberg procedures."""
        procedures = Procedures(self.session, self.platform, table)
        return MaintenanceActions(procedures.compact, procedures.remove_files)

    def _opened(self, rows: object) -> object:
        if isinstance(rows, FileInput):
            return read_files(self.session, self.platform, rows.path, rows.options)
        return rows


class _StagedBySpark(StagedFiles):
    """A batch in data files, whose table checks Spark evaluates."""

    def __init__(self, *arguments: Any, evaluation: TableEvaluation) -> None:
        super().__init__(*arguments)
        self._evaluation = evaluation

    def table_results(self, plan: WritePlan, changes: Changes) -> Sequence[CheckResult]:
        """Evaluates the table checks."""
        return self._evaluation.results(plan, changes, partial(_in_files, changes))


def _in_files(changes: Changes, rows: DataFrame) -> DataFrame:
    """Selects the rows of the added files that have rows of the batch."""
    from pyspark.sql import functions as f

    files = changes.added if changes.batch is None else changes.batch
    return rows.where(f.col(FILE).isin([file.file_path for file in files]))


@dataclass(frozen=True)
class _Staging:
    """Stages a batch for a planned write.

    Args:
        resources: Released after the write.
    """

    session: SparkSession
    target: Target
    rows: DataFrame
    evaluation: TableEvaluation
    resources: ExitStack

    def stage_rows(self, plan: WritePlan, staging: StagingArea) -> StagedRows | None:
        _warn_of_overwrite(self.target, plan)
        if plan.key_columns:
            return stage_upsert(self.evaluation, self._repeatable(plan), plan, staging, self.resources)
        files = [StagedFile(file) for file in self._added_files(plan, staging)]
        count = sum(file.data_file.record_count for file in files)
        return _StagedBySpark(self.target, staging, plan, files, count, evaluation=self.evaluation) if files else None

    def _repeatable(self, plan: WritePlan) -> DataFrame:
        """Persists the rows of an upsert if Spark reads them several times: recomputed rows could differ."""
        upsert = plan.upsert
        is_read_again = upsert.order_by is not None or upsert.flag is not None or plan.contract.checks.rows
        if is_read_again and not self.rows.is_cached:
            self.resources.callback(self.rows.persist().unpersist)
        return self.rows

    def _added_files(self, plan: WritePlan, staging: StagingArea) -> list[DataFile]:
        with staged_table(self.session, plan.transaction, has_rows=False) as table:
            rows = conformed(self.rows, plan.schema, table.rows().schema)
            checks = batch_checks(plan, plan.contract.checks.rows, table.rows())
            staging.check_log.evaluated = frozenset(plan.contract.checks.rows)
            if not checks.violated:
                table.append(rows)
                return table.files(staging).added
            observed, observation = checks.observed(rows)
            table.append(observed)
            try:
                holds = not observation.get[OBSERVED]
                is_checked = holds and not checks.expressions
                valid = None if is_checked else self._valid_files(plan, staging, checks, table.rows(), holds=holds)
            finally:
                added = table.files(staging).added
            return added if valid is None else valid

    def _valid_files(
        self, plan: WritePlan, staging: StagingArea, checks: BatchChecks, staged: DataFrame, *, holds: bool
    ) -> list[DataFile] | None:
        """Writes the rows that are not quarantined to files of their own; None if all rows remain."""
        if not checks.log_violations(staged, staging.check_log, only_expressions=holds):
            return None
        quarantine(staging).add(checks.described(checks.rejected(staged)))
        with staged_table(self.session, plan.transaction, has_rows=False) as table:
            table.append(checks.valid(staged))
            return table.files(staging).added


def _warn_of_overwrite(target: Target, plan: WritePlan) -> None:
    """Spark's own `INSERT OVERWRITE` may replace only the partitions of the batch; an overwrite here replaces them all.

    https://iceberg.apache.org/docs/latest/spark-writes/#insert-overwrite
    """
    if target.request.mode is IngestionMode.OVERWRITE and plan.base is not None and plan.base.spec().fields:
        logger.warning(
            "%s: overwrite replaces every partition; overwrite_partitions replaces only those of the batch", target.name
        )
