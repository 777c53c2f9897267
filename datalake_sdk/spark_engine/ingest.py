"""Ingests files with Spark."""

from __future__ import annotations

from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.operations.ingest import IngestionResult, typed_options
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import OutputTable, TableName
from datalake_sdk.spark_engine.reading import read_files
from datalake_sdk.spark_engine.session import spark_session
from datalake_sdk.spark_engine.write import ingest_spark_dataframe


def ingest_spark_files(
    platform: Platform,
    table: TableName,
    path: str,
    output: OutputTable,
    options: InputOptions,
    *,
    ingestion_id: str | None = None,
) -> IngestionResult:
    """Does what `operations.ingest.ingest_files` does, with Spark; the session stays for the process's next call.

    Args:
        platform: Where the table is.
        table: Table to write.
        path: A file, a glob, a folder or an `s3://` path.
        output: Mode, keys and declared types.
        options: How to read the input.
        ingestion_id: A second ingestion with the same id is skipped; random when None.

    Raises:
        DatalakeError: The input or the call is wrong, or Spark cannot be started; the table is as it was.
    """
    session = spark_session(platform.environment)
    rows = read_files(session, platform, path, typed_options(platform, table, output, options))
    return ingest_spark_dataframe(platform, session, table, rows, output, ingestion_id=ingestion_id)
