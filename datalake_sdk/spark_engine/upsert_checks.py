"""Row checks of an upsert: of the batch, and of the rows that depend on stored values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalake_sdk.engine.staging import StagingArea
from datalake_sdk.engine.write_plan import WritePlan
from datalake_sdk.spark_engine.batch_checks import batch_checks, quarantine
from datalake_sdk.spark_engine.upsert_batch import GIVEN, UpsertBatch, with_given

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def checked_batch(batch: UpsertBatch, plan: WritePlan, table: DataFrame, staging: StagingArea) -> UpsertBatch:
    """Checks the rows of a batch, except for checks that depend on stored values.

    Args:
        batch: Rows of the batch, which are the same each time they are read.
        plan: Plan of the write.
        table: A DataFrame with the columns of the table.
        staging: Receives the violations and the rows to quarantine.

    Returns:
        The rows that are not quarantined. Rows that flag deletions are not checked.
    """
    staging.check_log.evaluated = frozenset(plan.contract.checks.rows)
    checks = [check for check in plan.contract.checks.rows if check not in plan.deferred_checks]
    translated = batch_checks(plan, checks, table)
    rows = with_given(batch.to_store(), plan, table.schema)
    if not translated.log_violations(rows, staging.check_log):
        return batch
    quarantine(staging).add(translated.described(translated.rejected(rows)))
    return UpsertBatch(translated.valid(rows).select(f"`{GIVEN}`.*").unionAll(batch.to_delete()), batch.flag)


def log_final_violations(final: DataFrame, plan: WritePlan, table: DataFrame, staging: StagingArea) -> None:
    """Counts the violations of the checks that depend on stored values.

    Args:
        final: The rows of the batch as the upsert stores them.
        plan: Plan of the commit attempt.
        table: A DataFrame with the columns of the table.
        staging: Receives the violations.
    """
    checks = batch_checks(plan, plan.deferred_checks, table)
    checks.log_violations(final, staging.check_log, in_attempt=True)
