"""What a task sees of the lake, whichever engine runs it."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from datalake_sdk.engine.writer import Writer
from datalake_sdk.errors import DatalakeError, InvalidSettingError, MissingCapabilityError, ProcessingFailed
from datalake_sdk.operations import table_metadata, task_results
from datalake_sdk.operations.ingest import IngestionResult, ingest
from datalake_sdk.operations.maintain_table import MaintainedTable, maintain_table, native_writer
from datalake_sdk.operations.query import query
from datalake_sdk.operations.tables_configuration import DEFAULT_FOLDER, load_table_configuration, unused_files
from datalake_sdk.operations.task_code import CODE_FOLDER, load_main, load_sql
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.runtime.environment import OUTPUT_TABLES, TaskSettings, parsed_timestamp, task_settings
from datalake_sdk.runtime.logs import show_debug_logs, start_logs
from datalake_sdk.runtime.reporting import task_report
from datalake_sdk.runtime.stopping import EXIT_CODE, TaskStopped
from datalake_sdk.settings import (
    IngestionMode,
    IngestionRequest,
    OutputTable,
    TableConfiguration,
    TableName,
    new_ingestion_id,
    output_table_fields,
    output_table_from,
)
from datalake_sdk.sql.parameters import task_parameters, with_logical_date

logger = logging.getLogger(__name__)

FAILED = 1
INTERRUPTED = 130
"""128 + SIGINT, as shells report it: https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html"""


class BaseProcessingWrapper:
    """Opens an environment and writes the task's output tables.

    In a task's container everything comes from its environment variables.

    Args:
        project_name: Project; from `PROJECT_NAME` when None.
        domain_name: Business domain; from `DOMAIN_NAME` when None.
        stage_name: Stage; from `STAGE_NAME` when None.
        pipeline_name: Pipeline, whose database holds tables that a query names without one.
        task_name: Task; with `pipeline_name` kept as a property of the tables that are written.
        is_sql_job: Whether `processing_function` runs `code/main.sql`.
        input_tables: `database.table` of what the task reads.
        output_tables: How each table is written, by `database.table`: an `OutputTable`, or a mapping with
            `ingestion_mode`, `upsert_keys` and `partition_keys`; from `OUTPUT_TABLES` when None.
        logical_date: Date or time that the run is about.
        boto_session: Session of boto3 with the credentials to use; those of the environment when None.
        aws_region_name: AWS region; from `AWS_REGION` when None.
        local_root: Folder of an embedded lake; from `DATALAKE_LOCAL_ROOT` when None.
        tables_configuration: Folder with `database.table.yaml` files: descriptions and declared types.

    Attributes:
        platform: The environment's tables.
        project_name: Project.
        domain_name: Business domain.
        stage_name: Stage, as database names begin with it.
        long_database_prefix: What the stage puts before each database's name; empty in production.
        athena_workgroup_name: Workgroup of the environment.
        pipeline_name: None outside a pipeline.
        task_name: None outside a pipeline.
        is_sql_job: Whether the task is `code/main.sql`.
        input_tables: `database.table` of what the task reads.
        output_tables: How each table is written, by `database.table`, as mappings; writes look at them.
        task_additional_parameters: The task's own parameters, as strings by name.
        logical_date: The date that the execution is about, as `YYYY-MM-DD`, the same for all of its tasks: of the
            execution's input (`logical_date`, or `time` of an event), else of the execution's start.
        logical_timestamp: The same as a time with time zone.
        step_function_task_token: None when no state machine waits for the task.
        step_function_execution_arn: None outside a pipeline.
        logger: For the task's own log lines.
    """

    ProcessingResponse = task_results.ProcessingResponse
    JobEndStatus = task_results.JobEndStatus
    ProcessingFailed = ProcessingFailed
    IngestionFailed = DatalakeError
    """Whatever `ingest` raises."""

    def __init__(
        self,
        *,
        project_name: str | None = None,
        domain_name: str | None = None,
        stage_name: str | None = None,
        pipeline_name: str | None = None,
        task_name: str | None = None,
        is_sql_job: bool | None = None,
        input_tables: Sequence[str] | None = None,
        output_tables: Mapping[str, OutputTable | Mapping[str, Any]] | None = None,
        logical_date: str | date | datetime | None = None,
        boto_session: Any = None,
        aws_region_name: str | None = None,
        local_root: str | Path | None = None,
        tables_configuration: str | Path = DEFAULT_FOLDER,
    ) -> None:
        self._configuration_folder = Path(tables_configuration)
        given = {
            "pipeline_name": pipeline_name,
            "task_name": task_name,
            "is_sql_job": is_sql_job if is_sql_job is None else _flag("is_sql_job", is_sql_job),
            "input_tables": None if input_tables is None else _table_names("input_tables", input_tables),
            "logical_timestamp": None if logical_date is None else _timestamp(logical_date),
        }
        self._task = _task(output_tables, {name: value for name, value in given.items() if value is not None})
        self._set_task_attributes()
        environment = resolve_environment(
            project_name or os.environ.get("PROJECT_NAME"),
            domain_name or os.environ.get("DOMAIN_NAME"),
            stage_name or os.environ.get("STAGE_NAME"),
            aws_region_name or os.environ.get("AWS_REGION"),
            local_root or os.environ.get("DATALAKE_LOCAL_ROOT"),
        )
        self.project_name = environment.project_name
        self.domain_name = environment.domain_name
        self.stage_name = environment.stage_name
        self.long_database_prefix = environment.database_prefix
        self.athena_workgroup_name = environment.name
        self._boto_session = boto_session
        self.platform: Platform = open_platform(environment, boto_session)

    def _set_task_attributes(self) -> None:
        task = self._task
        self._writes: Counter[TableName] = Counter()
        self.logger = logging.getLogger("datalake_sdk.task")
        self.pipeline_name = task.pipeline_name
        self.task_name = task.task_name
        self.is_sql_job = task.is_sql_job
        self.input_tables = list(task.input_tables)
        self.output_tables = {str(table): output_table_fields(output) for table, output in task.output_tables.items()}
        self.task_additional_parameters: Mapping[str, str] = task.parameters
        self.logical_date: str = task.logical_date
        self.logical_timestamp: datetime = task.logical_timestamp
        self.step_function_task_token = task.token
        self.step_function_execution_arn = task.execution_arn

    @property
    def boto_session(self) -> Any:
        """Session of boto3 with the credentials and the region of the environment.

        Raises:
            MissingCapabilityError: The lake is in a folder, and no session was given.
        """
        session = self._boto_session or self.platform.boto_session
        if session is None:
            raise MissingCapabilityError("job.boto_session", "AWS", self.platform.environment.local_root)
        return session

    def processing_function(self) -> object:
        """Runs the task's code: `code/main.py`, or `code/main.sql` of a SQL task. Subclasses may do something else.

        Returns:
            A `ProcessingResponse` for each output table, by `database.table`; None is nothing.

        Raises:
            TaskCodeError: The code is missing.
            SqlTaskError: A SQL task without exactly one output table.
        """
        if not self.is_sql_job:
            return load_main()(self)
        table = task_results.single_output(self.output_tables)
        parameters = task_parameters(self.logical_date, self.task_additional_parameters)
        return {table: self.ProcessingResponse(self._query_rows(load_sql(), parameters))}

    def execute(self, processing_function: Callable[[Self], object] | None = None) -> Mapping[str, Any]:
        """Runs a task: its function, the writes of what it returns, heartbeats meanwhile and the report of the end.

        Outside the main thread SIGTERM is left to the program, since Python takes signals in the main thread only.

        Args:
            processing_function: Called with this object; returns what the method `processing_function` returns, which
                runs when None.

        Returns:
            For each table its ingestion's figures and `job_end_message`, JSON-able.

        Raises:
            ProcessingFailed: The function raised something that is not an error of the SDK.
            FailedTablesError: Tables with the status `FAILURE`; all tables were written.
            TaskStopped: The process got SIGTERM, or nobody waits for the task any more.
            TaskExitError: The function called `sys.exit`.
            DatalakeError: A call of the function, or a write, failed.
        """
        return task_report(os.environ).run(lambda: self._results(processing_function))

    def write_results(self, results: object) -> dict[str, Any]:
        """Writes what a task's function returned, one commit a table.

        Raises:
            TaskResultError: It is something else than responses by table; nothing was written.
            UndeclaredOutputError: A table is not among the output tables; nothing was written.
            FailedTablesError: Tables with the status `FAILURE`; all tables were written.
        """
        return task_results.write_results(results, self.output_tables, self._apply)

    def ingest(
        self,
        full_table_name: str,
        dataframe: object,
        override_ingestion_mode: str | None = None,
        force_maintenance: bool = False,
    ) -> IngestionResult:
        """Writes a dataframe into a table in one commit.

        Args:
            full_table_name: `database.table`, without the stage's prefix. A table that is not among `output_tables` is
                appended to.
            dataframe: pandas, polars, pyarrow, a DuckDB relation, anything that streams Arrow data; on Spark also a
                Spark DataFrame.
            override_ingestion_mode: Another mode than the table's, for this call.
            force_maintenance: Whether the table is maintained now, whatever its thresholds say.

        Raises:
            DatalakeError: The data or the call is wrong; the table is as it was.
        """
        response = task_results.ProcessingResponse(
            dataframe, override_ingestion_mode=override_ingestion_mode, force_maintenance=force_maintenance
        )
        return self._write(TableName.parse(full_table_name), response)

    def perform_table_maintenance(self, full_table_name: str, force_maintenance: bool = False) -> MaintainedTable:
        """Compacts a table's files, expires old snapshots and removes files that nothing refers to.

        Writes do this by themselves when it is due.

        Args:
            full_table_name: `database.table`, without the stage's prefix.
            force_maintenance: Whether every step runs now, whatever the table's thresholds say.

        Raises:
            UnknownTableError: There is no such table.
            DatalakeError: A step failed; no row is lost.
        """
        return self._maintain(TableName.parse(full_table_name), force=force_maintenance)

    def does_table_exist(self, full_table_name: str) -> bool:
        """Whether there is a table `database.table`, named without the stage's prefix."""
        return table_metadata.table_exists(self.platform, TableName.parse(full_table_name))

    def get_long_database_and_table_name(self, full_table_name: str) -> tuple[str, str]:
        """Database, with the stage's prefix, and table of `database.table`, named without the prefix."""
        return TableName.parse(full_table_name).identifier(self.platform.environment)

    def update_table_metadata(self, full_table_name: str) -> None:
        """Stores the descriptions of the table's file, and who writes the table, without writing rows.

        Writes do this by themselves. Nothing happens when there is no table `database.table`.
        """
        table = TableName.parse(full_table_name)
        configuration = self._table_configuration(table)
        table_metadata.update_table_metadata(self.platform, table, configuration, self._task.producer_properties)

    def close(self) -> None:
        """Releases what the engine holds; the container's task calls it at its end."""

    def _results(self, function: Callable[[Self], object] | None = None) -> dict[str, Any]:
        for file in unused_files(self.output_tables, self._configuration_folder):
            logger.warning(
                "%s/%s matches none of the task's output tables and is ignored", self._configuration_folder, file
            )
        try:
            results = self.processing_function() if function is None else function(self)
        except DatalakeError:
            raise
        except Exception as error:
            raise ProcessingFailed(f"{type(error).__name__}: {error}") from error
        return self.write_results(results)

    def _apply(self, table: TableName, response: task_results.ProcessingResponse) -> Mapping[str, Any]:
        if response.dataframe is not None:
            return self._write(table, response).as_dict()
        self.update_table_metadata(str(table))
        if response.force_maintenance and self.does_table_exist(str(table)):
            self._maintain(table, force=True)
        return {}

    def _write(self, table: TableName, response: task_results.ProcessingResponse) -> IngestionResult:
        request = self._request(table, response.override_ingestion_mode)
        result = ingest(self.platform, request, response.dataframe, writer=self._writer())
        if response.force_maintenance:
            self._maintain(table, force=True)
        return result

    def _maintain(self, table: TableName, *, force: bool) -> MaintainedTable:
        return maintain_table(self.platform, table, force=force, writer=self._writer())

    def _writer(self) -> Writer:
        return native_writer(self.platform)

    def _query_rows(self, sql: str, parameters: Mapping[str, object] | None) -> Any:
        """Runs a query and gives its rows as `_write_rows` takes them, without holding them all."""
        return query(self.platform, sql, parameters=parameters, database=self._own_database())

    def _own_database(self) -> str | None:
        """The pipeline's database, unless the task declares tables and none of them is in it."""
        # A role has no permission on databases of which its task declares no table, and Athena looks up the database of
        # a query's context: https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
        declared = {table.split(".")[0] for table in (*self.input_tables, *self.output_tables)}
        return self.pipeline_name if not declared or self.pipeline_name in declared else None

    def _query_parameters(self, given: Mapping[str, object] | None) -> Mapping[str, object] | None:
        return None if given is None else with_logical_date(self.logical_date, given)

    def _ingestion_id(self, table: TableName) -> str:
        """Numbers the task's writes of a table, so that a retry of the task repeats the same ids."""
        self._writes[table] += 1
        identifier = self._task.ingestion_id(table)
        if identifier is None:
            return new_ingestion_id()
        return f"{identifier}/{self._writes[table]}" if self._writes[table] > 1 else identifier

    def _request(self, table: TableName, override_ingestion_mode: str | None) -> IngestionRequest:
        output = output_table_from(str(table), self.output_tables.get(str(table), {}))
        return IngestionRequest(
            table,
            IngestionMode.parse(override_ingestion_mode) if override_ingestion_mode else output.ingestion_mode,
            output.upsert_keys,
            output.partition_keys,
            self._table_configuration(table),
            self._ingestion_id(table),
            self._task.producer_properties,
        )

    def _table_configuration(self, table: TableName) -> TableConfiguration:
        return load_table_configuration(table, self._configuration_folder)


def execute_task(wrapper: type[BaseProcessingWrapper]) -> int:
    """Runs the task of this container: `code/main.py`, or `code/main.sql` where `IS_SQL_JOB` says so.

    Args:
        wrapper: Class of the `job` that the task's function gets.

    Returns:
        Exit code of the process: 0 only on success, 143 when the container was stopped, 130 after Ctrl-C.
    """
    start_logs()
    try:
        result = task_report(os.environ).run(lambda: _run_code(wrapper))
    except TaskStopped as stopped:
        return FAILED if stopped.cause else EXIT_CODE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        logger.exception("the task failed")
        return FAILED
    logger.info("the task is done: %s", result)
    return 0


def _run_code(wrapper: type[BaseProcessingWrapper]) -> dict[str, Any]:
    if task_settings(os.environ).is_debug:
        show_debug_logs()
    with closing(wrapper(tables_configuration=CODE_FOLDER / DEFAULT_FOLDER)) as job:
        return job._results()


def _task(
    output_tables: Mapping[str, OutputTable | Mapping[str, Any]] | None, given: Mapping[str, Any]
) -> TaskSettings:
    if output_tables is None and os.environ.get(OUTPUT_TABLES):
        return replace(task_settings(os.environ), **given)
    tables = {TableName.parse(name): output_table_from(name, value) for name, value in (output_tables or {}).items()}
    return TaskSettings(tables, **given)


def _flag(setting: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidSettingError(setting, value, "True or False")
    return value


def _table_names(setting: str, value: Sequence[str]) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(name, str) for name in value):
        raise InvalidSettingError(setting, value, "a list of database.table")
    return tuple(value)


def _timestamp(value: str | date | datetime) -> datetime:
    try:
        return parsed_timestamp(value)
    except ValueError as error:
        raise InvalidSettingError("logical_date", value, "a date or a time in ISO 8601") from error
