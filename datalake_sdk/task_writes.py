"""The methods of a task that write rows to its output tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from datalake_sdk.dlt_sources.task_loads import TaskLoads, is_source
from datalake_sdk.operations import task_results
from datalake_sdk.operations.ingest import IngestionResult
from datalake_sdk.operations.task_outputs import TaskOutputs
from datalake_sdk.output_tables import declared_as, output_table_from
from datalake_sdk.settings import OutputTable, TableName

NO_PROPERTIES: Mapping[str, str] = MappingProxyType({})


class TaskWrites:
    """Part of the `job` of a task.

    Attributes:
        output_tables: How to write each table, by `database.table`, as mappings; changes apply to later writes.
    """

    output_tables: dict[str, dict[str, Any]]
    _outputs: TaskOutputs
    _loads: TaskLoads

    def write_results(self, results: object) -> dict[str, Any]:
        """Writes the results of a task's function, one commit per table.

        A dlt source, or a list of sources or resources, is loaded as by `ingest_source`.

        Raises:
            TaskResultError: The results are not responses by table; nothing was written.
            UndeclaredOutputError: A table is not among the output tables; nothing was written.
            FailedTablesError: Tables with the status `FAILURE`; all tables were written.

        Example:
            >>> results = job.write_results({"sales.orders": job.ProcessingResponse(orders)})
            >>> results["tables"]["sales.orders"]["rows_updated"]
            3
        """
        if is_source(results):
            loaded = self._loads.load_tables(results, self.output_tables)
            return {"tables": {str(table): result.as_dict() for table, result in loaded.items()}}
        return task_results.write_results(results, self.output_tables, self._applied, self._outputs.written)

    def ingest(
        self,
        full_table_name: str,
        dataframe: object,
        override_ingestion_mode: str | None = None,
        force_maintenance: bool = False,
        *,
        empty: str | None = None,
        partitions: Mapping[str, object] | None = None,
        properties: Mapping[str, str] = NO_PROPERTIES,
    ) -> IngestionResult:
        """Writes a dataframe to a table in one commit.

        Args:
            full_table_name: `database.table`, without the stage's prefix. Rows are appended if the table is not among
                `output_tables`.
            dataframe: pandas, polars, pyarrow, a DuckDB relation or anything else that streams Arrow data; on Spark
                also a Spark DataFrame. A dlt resource decides itself how the table is written.
            override_ingestion_mode: Mode for this call instead of the table's.
            force_maintenance: Whether to maintain the table even if no threshold is reached.
            empty: `ignore` or `replace` for this call instead of the table's.
            partitions: Partitions to replace with `overwrite_partitions`, even those without rows in the dataframe: by
                partition key, a value, a list of values or an interval without its end, for example
                `{"day(ordered_at)": {"from": "2026-01-01", "to": "2026-02-01"}}`.
            properties: Table properties to set in the same commit.

        Raises:
            DatalakeError: The call or the data are invalid; the table is left unchanged.

        Example:
            >>> job.ingest("sales.orders", orders).rows_updated
            3
            >>> job.ingest("raw.orders", orders, "overwrite").rows_inserted
            3
        """
        table = TableName.parse(full_table_name)
        response = task_results.ProcessingResponse(
            dataframe,
            override_ingestion_mode=override_ingestion_mode,
            force_maintenance=force_maintenance,
            empty=empty,
            partitions=partitions,
            properties=properties,
        )
        return self._written(table, response)

    def ingest_source(self, source: object) -> list[IngestionResult]:
        """Loads a dlt source: each of its tables into the output table of the same name, in one commit.

        Write dispositions decide the modes: `append`, `replace` (overwrite) and `merge` (upsert by `primary_key`).
        Incremental state is stored in the tables by the commits of their rows.

        Args:
            source: A dlt source, a dlt resource or a list of them.

        Returns:
            Statistics of each table with rows.

        Raises:
            UndeclaredSourceTableError: A table is not among the output tables; nothing was written.
            DatalakeError: The source or a write failed; tables written before are complete, and the next load continues
                after them.

        Example:
            >>> import dlt
            >>> rows = [{"order_id": 4, "country": "be", "amount": 1.5}]
            >>> source = dlt.resource(rows, name="orders", primary_key="order_id", write_disposition="merge")
            >>> [result.rows_inserted for result in job.ingest_source(source)]
            [1]
        """
        return list(self._loads.load_tables(source, self.output_tables).values())

    def _applied(self, table: TableName, response: task_results.ProcessingResponse) -> Mapping[str, Any]:
        if is_source(response.dataframe):
            return self._written(table, response).as_dict()
        return self._outputs.apply(table, self._output(table), response)

    def _written(self, table: TableName, response: task_results.ProcessingResponse) -> IngestionResult:
        write = self._loads.load_table if is_source(response.dataframe) else self._outputs.write
        return write(table, self._output(table), response)

    def _output(self, table: TableName) -> OutputTable:
        declared = declared_as(str(table), self.output_tables)
        return OutputTable() if declared is None else output_table_from(declared, self.output_tables[declared])
