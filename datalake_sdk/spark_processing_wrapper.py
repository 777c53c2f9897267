"""The public class for tasks on Spark: the methods of the native class, with Spark DataFrames."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from datalake_sdk.base_processing_wrapper import BaseProcessingWrapper
from datalake_sdk.engine.writer import Writer
from datalake_sdk.errors import AccessDeniedError
from datalake_sdk.inputs.options import input_options
from datalake_sdk.ledger.model import Engine
from datalake_sdk.operations.recorded_tables import record_read_name
from datalake_sdk.settings import TableName
from datalake_sdk.task_execution import execute_task

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class SparkProcessingWrapper(BaseProcessingWrapper):
    """Reads and writes the tables of an environment as Spark DataFrames.

    An existing session, of EMR or of a notebook, is used and left running. Otherwise the first call that needs a
    session starts one, and `close()` stops it.

    Args:
        spark_settings: Settings of the session; they override the defaults of `spark_engine.settings`.
        environment: Arguments of `BaseProcessingWrapper`.

    Example:
        >>> orders_table = {"ingestion_mode": "upsert", "upsert_keys": ["order_id"]}
        >>> job = SparkProcessingWrapper(local_root="lake", output_tables={"sales.orders": orders_table})
        >>> orders = job.read_input_dataset("orders.csv")
        >>> job.ingest("sales.orders", orders.where("amount > 10")).rows_read
        2
    """

    def __init__(self, *, spark_settings: Mapping[str, str] = NO_SETTINGS, **environment: Any) -> None:
        super().__init__(**environment)
        self._spark_settings = spark_settings
        self._owns_session = False

    @cached_property
    def spark_session(self) -> SparkSession:
        """The session, in which tables are named `glue_catalog.database.table`, with the stage's prefix.

        Raises:
            DatalakeError: Spark, Java or a jar is missing.
        """
        from datalake_sdk.spark_engine.session import session_class, spark_session

        self._owns_session = session_class().getActiveSession() is None
        return spark_session(self.platform.environment, self._spark_settings)

    @property
    def spark(self) -> SparkSession:
        """Alias of `spark_session`."""
        return self.spark_session

    def read_input_dataset(
        self, input_file_path: str | os.PathLike[str], csv_delimiter: str | None = None, **options: Any
    ) -> DataFrame:
        """Reads files of any input format, with types inferred from all of the data, as by the native wrapper.

        Args:
            input_file_path: A file, a glob pattern, a folder or an `s3://` path; a local path must exist on every
                machine of the cluster.
            csv_delimiter: Field delimiter of CSV files; by default a tab in .tsv files and a comma in others.
            options: Further fields of `InputOptions`, such as `comment="#"`.

        Raises:
            UsageError: An option is unknown or does not apply to the input format.
            DatalakeError: The input cannot be read.
        """
        from datalake_sdk.spark_engine.reading import read_files

        given = input_options({"csv_delimiter": csv_delimiter, **options})
        return read_files(self.spark_session, self.platform, os.fspath(input_file_path), given)

    def read_table(
        self,
        full_table_name: str,
        columns: Sequence[str] | None = None,
        *,
        since: str | int | None = None,
        on_rewrite: str = "fail",
    ) -> DataFrame:
        """Reads a table, or the rows that were added to it.

        Args:
            full_table_name: `database.table`, without the stage's prefix.
            columns: Columns to read; None reads all.
            since: `last_run` to read the rows added since the last successful run of this task, or the id of a snapshot
                to read those added after it; None reads all rows.
            on_rewrite: `fail`, or `read_all` to read all rows if rows were also replaced or deleted, or if the snapshot
                has expired.

        Raises:
            RewrittenRowsError: Rows were replaced or deleted.
            UnknownReadPositionError: The snapshot has expired, or the table was rolled back or created again.
            DatalakeError: The table or a column does not exist, or an argument is invalid.
        """
        from datalake_sdk.spark_engine.reading import read_table

        table = TableName.parse(full_table_name)
        snapshots = None if since is None else self._reads.range(table, since, on_rewrite)
        record_read_name(
            ".".join(table.identifier(self.platform.environment)), None if snapshots is None else snapshots.until
        )
        return read_table(self.spark_session, self.platform, table, columns, snapshots)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> DataFrame:
        """Runs a query in Athena's dialect on Spark.

        Args:
            sql: One SELECT. `{database_prefix}` is replaced with the stage's prefix. The default database is that of
                the pipeline.
            parameters: Values of further placeholders `{name}`; `{logical_date}` is predefined. Values are quoted as
                literals; `{name:identifier}` inserts a quoted name. `{{` is a literal brace.

        Raises:
            DatalakeError: The statement is invalid or fails.
        """
        return self._query_rows(sql, self._query_parameters(parameters))

    def close(self) -> None:
        """Stops the session if this object started it."""
        if self._owns_session:
            self.spark_session.stop()
            self._owns_session = False
            del self.spark_session

    @property
    def _engine(self) -> Engine:
        return Engine("Spark", version("pyspark"))

    def _writer(self) -> Writer:
        from datalake_sdk.spark_engine.writer import SparkWriter

        return SparkWriter(self.platform, self.spark_session)

    def _denial(self, error: Exception) -> AccessDeniedError | None:
        from datalake_sdk.spark_engine.failures import denial

        return super()._denial(error) or denial(error)

    def _query_rows(self, sql: str, parameters: Mapping[str, object] | None) -> DataFrame:
        from datalake_sdk.spark_engine.sql import query

        return query(self.spark_session, self.platform, sql, parameters=parameters, database=self._own_database())


if __name__ == "__main__":
    sys.exit(execute_task(SparkProcessingWrapper))
