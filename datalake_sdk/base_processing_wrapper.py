"""What a task sees of the lake, whichever engine runs it."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from datalake_sdk.operations import task_results
from datalake_sdk.operations.ingest import IngestionResult, ingest_dataframe
from datalake_sdk.operations.maintain_table import MaintainedTable, maintain_table
from datalake_sdk.operations.query import query
from datalake_sdk.operations.tables_configuration import DEFAULT_FOLDER, load_table_configuration
from datalake_sdk.operations.task_code import CODE_FOLDER, load_main, load_sql
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.runtime.environment import OUTPUT_TABLES, TaskSettings, task_settings
from datalake_sdk.runtime.logs import show_debug_logs, start_logs
from datalake_sdk.runtime.reporting import task_report
from datalake_sdk.runtime.stopping import EXIT_CODE, TaskStopped
from datalake_sdk.settings import IngestionMode, OutputTable, TableName, output_table_from

logger = logging.getLogger(__name__)

FAILED = 1


class BaseProcessingWrapper:
    """Opens an environment and writes the task's output tables.

    In a task's container everything comes from its environment variables.

    Args:
        project_name: Project; from `PROJECT_NAME` when None.
        domain_name: Business domain; from `DOMAIN_NAME` when None.
        stage_name: Stage; from `STAGE_NAME` when None.
        output_tables: How each table is written, by `database.table`: an `OutputTable`, or a mapping with
            `ingestion_mode`, `upsert_keys` and `partition_keys`; from `OUTPUT_TABLES` when None.
        local_root: Folder of an embedded lake; from `DATALAKE_LOCAL_ROOT` when None.
        region: AWS region.
        tables_configuration: Folder with `database.table.yaml` files: declared types and descriptions.

    Attributes:
        platform: The environment's tables.
        output_tables: How each table is written.
        task_additional_parameters: The task's own parameters, as texts by name.
        logical_date: The date that the execution is about, as `YYYY-MM-DD`, the same for all of its tasks: of the
            execution's input (`logical_date`, or `time` of an event), else of the execution's start.
        logical_timestamp: The same as a time with time zone.
    """

    ProcessingResponse = task_results.ProcessingResponse

    def __init__(
        self,
        *,
        project_name: str | None = None,
        domain_name: str | None = None,
        stage_name: str | None = None,
        output_tables: Mapping[str, OutputTable | Mapping[str, Any]] | None = None,
        local_root: str | Path | None = None,
        region: str | None = None,
        tables_configuration: str | Path = DEFAULT_FOLDER,
    ) -> None:
        self._configuration_folder = Path(tables_configuration)
        self._task = _task(output_tables)
        self._writes: Counter[TableName] = Counter()
        self.output_tables = self._task.output_tables
        self.task_additional_parameters: Mapping[str, str] = self._task.parameters
        self.logical_date: str = self._task.logical_date
        self.logical_timestamp: datetime = self._task.logical_timestamp
        environment = resolve_environment(
            project_name or os.environ.get("PROJECT_NAME"),
            domain_name or os.environ.get("DOMAIN_NAME"),
            stage_name or os.environ.get("STAGE_NAME"),
            region or os.environ.get("AWS_REGION"),
            local_root or os.environ.get("DATALAKE_LOCAL_ROOT"),
        )
        self.platform: Platform = open_platform(environment)

    def execute(self, main: Callable[[Self], object]) -> Mapping[str, Any]:
        """Runs a task: its function, the writes of what it returns, heartbeats meanwhile and the report of the end.

        Outside the main thread SIGTERM is left to the program, since Python takes signals in the main thread only.

        Args:
            main: Gives a `ProcessingResponse` for each output table, by `database.table`.

        Returns:
            For each table its ingestion's figures and `job_end_message`, JSON-able.

        Raises:
            TaskStopped: The process got SIGTERM, or nobody waits for the task any more.
            TaskExitError: The function called `sys.exit`.
            Exception: Of the function, or of a write.
        """
        return task_report(os.environ).run(lambda: self.write_results(main(self)))

    def write_results(self, results: object) -> dict[str, Any]:
        """Writes what a task's function returned, one commit a table.

        Raises:
            TaskResultError: It is something else than responses by table; nothing was written.
            UndeclaredOutputError: A table is not among the output tables; nothing was written.
        """
        return task_results.write_results(results, self.output_tables, self._write)

    def ingest(self, table: str, dataframe: object, override_ingestion_mode: str | None = None) -> IngestionResult:
        """Writes a dataframe into a table in one commit.

        Args:
            table: `database.table`, without the stage's prefix. A table that is not among `output_tables` is appended
                to.
            dataframe: pandas, polars, pyarrow, a DuckDB relation, anything that streams Arrow data; on Spark also a
                Spark DataFrame.
            override_ingestion_mode: Another mode than the table's, for this call.

        Raises:
            DatalakeError: The data or the call is wrong; the table is as it was.
        """
        response = task_results.ProcessingResponse(dataframe, override_ingestion_mode=override_ingestion_mode)
        return self._write(TableName.parse(table), response)

    def perform_table_maintenance(self, table: str, force_maintenance: bool = False) -> MaintainedTable:
        """Compacts a table's files, expires old snapshots and removes files that nothing refers to.

        Writes do this by themselves when it is due.

        Args:
            table: `database.table`, without the stage's prefix.
            force_maintenance: Whether every step runs now, whatever the table's thresholds say.

        Raises:
            UnknownTableError: There is no such table.
            DatalakeError: A step failed; no row is lost.
        """
        return self._maintain(TableName.parse(table), force=force_maintenance)

    def close(self) -> None:
        """Releases what the engine holds; the container's task calls it at its end."""

    def _write(self, table: TableName, response: task_results.ProcessingResponse) -> IngestionResult:
        result = self._write_rows(
            table,
            response.dataframe,
            self._output(table, response.override_ingestion_mode),
            self._ingestion_id(table),
            self._task.producer_properties,
        )
        if response.force_maintenance:
            self._maintain(table, force=True)
        return result

    def _write_rows(
        self,
        table: TableName,
        dataframe: object,
        output: OutputTable,
        ingestion_id: str | None,
        properties: Mapping[str, str],
    ) -> IngestionResult:
        return ingest_dataframe(
            self.platform, table, dataframe, output, ingestion_id=ingestion_id, properties=properties
        )

    def _maintain(self, table: TableName, *, force: bool) -> MaintainedTable:
        return maintain_table(self.platform, table, force=force)

    def _query_rows(self, sql: str) -> object:
        """Runs a query and gives its rows as `_write_rows` takes them, without holding them all."""
        return query(self.platform, sql)

    def _ingestion_id(self, table: TableName) -> str | None:
        """A task may write a table more than once; its n-th write is the same write in each try."""
        self._writes[table] += 1
        identifier = self._task.ingestion_id(table)
        return f"{identifier}/{self._writes[table]}" if identifier and self._writes[table] > 1 else identifier

    def _output(self, table: TableName, override_ingestion_mode: str | None) -> OutputTable:
        output = self.output_tables.get(table, OutputTable())
        mode = IngestionMode.parse(override_ingestion_mode) if override_ingestion_mode else output.ingestion_mode
        configuration = load_table_configuration(table, self._configuration_folder)
        return replace(output, ingestion_mode=mode, configuration=configuration)


def run_task(wrapper: type[BaseProcessingWrapper]) -> int:
    """Runs the task of this container: `code/main.py`, or `code/main.sql` where `IS_SQL_JOB` says so.

    Args:
        wrapper: Class of the `job` that the task's function gets.

    Returns:
        Exit code of the process: 0 only on success, 143 when the container was stopped.
    """
    start_logs()
    try:
        result = task_report(os.environ).run(lambda: _run_code(wrapper))
    except TaskStopped as stopped:
        return FAILED if stopped.cause else EXIT_CODE
    except Exception:
        logger.exception("the task failed")
        return FAILED
    logger.info("the task is done: %s", result)
    return 0


def _run_code(wrapper: type[BaseProcessingWrapper]) -> dict[str, Any]:
    task = task_settings(os.environ)
    if task.is_debug:
        show_debug_logs()
    with closing(wrapper(tables_configuration=CODE_FOLDER / DEFAULT_FOLDER)) as job:
        if not task.is_sql_job:
            return job.write_results(load_main()(job))
        table = task_results.single_output(task.output_tables)
        return job.write_results({str(table): task_results.ProcessingResponse(job._query_rows(load_sql()))})


def _task(output_tables: Mapping[str, OutputTable | Mapping[str, Any]] | None) -> TaskSettings:
    if output_tables is None and os.environ.get(OUTPUT_TABLES):
        return task_settings(os.environ)
    return TaskSettings(
        {TableName.parse(name): output_table_from(name, value) for name, value in (output_tables or {}).items()}
    )
