"""The write contract on Spark: Spark computes and writes the files, the native engine plans and commits them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from datalake_sdk.batches import InMemoryStream
from datalake_sdk.engine.staging import StagedFile, StagingArea
from datalake_sdk.engine.write import StagedFiles, StagedRows, WritePlan, WriteResult, write_staged
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.operations.ingest import NO_PROPERTIES, IngestionResult, write_with
from datalake_sdk.operations.maintain_table import maintain_after_write
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import IngestionMode, OutputTable, TableName
from datalake_sdk.spark_engine.conform import conformed
from datalake_sdk.spark_engine.dataframes import SparkBatch, spark_batch
from datalake_sdk.spark_engine.failures import spark_errors
from datalake_sdk.spark_engine.maintenance import maintain_spark_table
from datalake_sdk.spark_engine.staged_table import staged_table
from datalake_sdk.spark_engine.upsert import stage_upsert

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

logger = logging.getLogger(__name__)


def ingest_spark_dataframe(
    platform: Platform,
    session: SparkSession,
    table: TableName,
    dataframe: object,
    output: OutputTable,
    *,
    ingestion_id: str | None = None,
    properties: Mapping[str, str] = NO_PROPERTIES,
) -> IngestionResult:
    """Ingests a DataFrame of Spark, or anything that `ingest_dataframe` takes, in one commit.

    Args:
        platform: Where the table is.
        session: From `spark_session`, for the environment of the platform.
        table: Table to write.
        dataframe: Rows; those of an upsert are computed once and kept until the commit.
        output: Mode, keys and declared types.
        ingestion_id: A second ingestion with the same id is skipped; random when None.
        properties: Table properties that this write sets.

    Raises:
        DatalakeError: The data or the call is wrong, or Spark failed; the table is as it was.
    """
    writing = partial(_write, platform, session, dataframe)
    result = write_with(platform, table, output, ingestion_id, properties, writing)
    if result.snapshot_id is not None:
        maintain_after_write(platform, table, partial(maintain_spark_table, session))
    return result


def _write(
    platform: Platform, session: SparkSession, dataframe: object, target: Target, ingestion_id: str
) -> WriteResult:
    with spark_errors(target.name):
        batch = spark_batch(session, target.name, dataframe)
        with _kept(batch, target.output.ingestion_mode) as rows:
            staging = _Staging(session, target, rows)
            stream = InMemoryStream(batch.schema, ())
            return write_staged(platform.catalog, target, stream, ingestion_id, staging.stage_rows)


@contextmanager
def _kept(batch: SparkBatch, mode: IngestionMode) -> Iterator[DataFrame]:
    """Keeps the rows of an upsert, which are read more than once: computed again, they might not be the same."""
    rows = batch.dataframe
    if mode is not IngestionMode.UPSERT or rows.is_cached:
        yield rows
        return
    rows.persist()
    try:
        yield rows
    finally:
        rows.unpersist()


@dataclass(frozen=True)
class _Staging:
    """How a batch is staged."""

    session: SparkSession
    target: Target
    rows: DataFrame

    def stage_rows(self, plan: WritePlan, staging: StagingArea) -> StagedRows | None:
        _warn_of_overwrite(self.target, plan)
        if plan.key_columns:
            return stage_upsert(self.session, self.target, self.rows, plan, staging)
        with staged_table(self.session, plan.transaction) as table:
            table.append(conformed(self.rows, plan.schema, table.rows().schema))
            files = [StagedFile(file) for file in table.files(staging).added]
        return StagedFiles(self.target, staging, plan, files) if files else None


def _warn_of_overwrite(target: Target, plan: WritePlan) -> None:
    """Spark's own `INSERT OVERWRITE` may replace only the partitions of the batch; an overwrite here replaces them all.

    https://iceberg.apache.org/docs/latest/spark-writes/#insert-overwrite
    """
    if target.output.ingestion_mode is IngestionMode.OVERWRITE and plan.base is not None and plan.base.spec().fields:
        logger.warning(
            "%s: overwrite replaces every partition; overwrite_partitions replaces only those of the batch", target.name
        )
