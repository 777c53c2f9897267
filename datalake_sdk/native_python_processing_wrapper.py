"""The public class for tasks on one machine, with pandas dataframes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from datalake_sdk.base_processing_wrapper import BaseProcessingWrapper
from datalake_sdk.errors import UnrepresentableDateError
from datalake_sdk.inputs.options import input_options
from datalake_sdk.operations.read import read_files, read_range, read_table
from datalake_sdk.settings import TableName
from datalake_sdk.task_execution import execute_task

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class NativePythonProcessingWrapper(BaseProcessingWrapper):
    """Reads and writes the tables of an environment as pandas dataframes.

    Example:
        >>> orders_table = {"ingestion_mode": "upsert", "upsert_keys": ["order_id"]}
        >>> job = NativePythonProcessingWrapper(local_root="lake", output_tables={"sales.orders": orders_table})
        >>> orders = job.read_input_dataset("orders.csv")
        >>> job.ingest("sales.orders", orders).rows_inserted
        3
    """

    def read_input_dataset(
        self, input_file_path: str | os.PathLike[str], csv_delimiter: str | None = None, **options: Any
    ) -> pd.DataFrame:
        """Reads files of any input format, with types inferred from all of the data.

        Args:
            input_file_path: A file, a glob pattern, a folder or an `s3://` path.
            csv_delimiter: Field delimiter of CSV files; by default a tab in .tsv files and a comma in others.
            options: Further fields of `InputOptions`, such as `comment="#"`.

        Raises:
            UsageError: An option is unknown or does not apply to the input format.
            DatalakeError: The input cannot be read.

        Example:
            >>> len(job.read_input_dataset("orders.csv"))
            3
        """
        given = input_options({"csv_delimiter": csv_delimiter, **options})
        return _to_pandas(read_files(self.platform, os.fspath(input_file_path), given))

    def read_table(
        self,
        full_table_name: str,
        columns: Sequence[str] | None = None,
        *,
        since: str | int | None = None,
        on_rewrite: str = "fail",
    ) -> pd.DataFrame:
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

        Example:
            >>> job.read_table("sales.orders", columns=["country"])["country"].tolist()
            ['fr', 'it', 'fr']
        """
        table = TableName.parse(full_table_name)
        if since is None:
            return _to_pandas(read_table(self.platform, table, columns))
        return _to_pandas(read_range(self.platform, table, columns, self._reads.range(table, since, on_rewrite)))

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
        """Runs a query in Athena's dialect.

        Args:
            sql: One SELECT. `{database_prefix}` is replaced with the stage's prefix. The default database is that of
                the pipeline.
            parameters: Values of further placeholders `{name}`; `{logical_date}` is predefined. Values are quoted as
                literals; `{name:identifier}` inserts a quoted name. `{{` is a literal brace.

        Raises:
            DatalakeError: The statement is invalid or fails.

        Example:
            >>> sql = "SELECT sum(amount) AS amount FROM {database_prefix}sales.orders WHERE country = {country}"
            >>> job.query(sql, {"country": "fr"})["amount"].item()
            42.75
        """
        return _to_pandas(self._query_rows(sql, self._query_parameters(parameters)))


def _to_pandas(rows: pa.RecordBatchReader) -> pd.DataFrame:
    """Converts rows so that they can be ingested again: integers and booleans with nulls keep their type."""
    import pandas as pd
    import pyarrow as pa

    table = rows.read_all()
    nullable = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    with_nulls = {column.type for column in table.columns if column.null_count}
    dtypes = {data_type: dtype for data_type, dtype in nullable.items() if data_type in with_nulls}
    try:
        frame: pd.DataFrame = table.to_pandas(types_mapper=dtypes.get)
    except ValueError as error:
        if columns := [name for name in table.column_names if not _has_valid_dates(table[name])]:
            raise UnrepresentableDateError(columns) from error
        raise
    return frame


def _has_valid_dates(column: pa.ChunkedArray) -> bool:
    """Whether pandas can hold the dates of a column, of which it makes objects."""
    try:
        column.to_pandas()
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(execute_task(NativePythonProcessingWrapper))
