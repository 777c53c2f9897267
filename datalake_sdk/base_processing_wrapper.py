"""Base class of the public wrappers: the methods of a task that do not depend on the engine."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from datalake_sdk.dbt_adapter.task import DbtTask
from datalake_sdk.dlt_sources import require_dlt
from datalake_sdk.dlt_sources.task_loads import TaskLoads, is_source
from datalake_sdk.engine.writer import Writer
from datalake_sdk.errors import (
    AccessDeniedError,
    DatalakeError,
    MissingCapabilityError,
    ProcessingFailed,
    TaskSourceError,
)
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.ledger.model import Engine
from datalake_sdk.ledger.recording import current_run, recorded
from datalake_sdk.operations import task_results
from datalake_sdk.operations.incremental_reads import IncrementalReads
from datalake_sdk.operations.maintain_table import native_writer
from datalake_sdk.operations.query import query
from datalake_sdk.operations.tables_configuration import DEFAULT_FOLDER, unused_files
from datalake_sdk.operations.task_code import CODE_FOLDER, load_main, load_sql
from datalake_sdk.operations.task_outputs import TaskOutputs
from datalake_sdk.operations.task_secrets import load_secrets
from datalake_sdk.operations.traced_columns import trace_columns
from datalake_sdk.output_tables import output_table_fields
from datalake_sdk.pipelines.definition import DBT, DLT
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.progress_bars import extraction_progress, ingestion_progress
from datalake_sdk.redshift_step import RedshiftStep
from datalake_sdk.runtime.arguments import settings_from_arguments
from datalake_sdk.runtime.environment import TaskSettings
from datalake_sdk.runtime.reporting import task_report
from datalake_sdk.runtime.task_runs import task_record
from datalake_sdk.settings import Environment, OutputTable, TableName
from datalake_sdk.sql.parameters import task_parameters, with_logical_date
from datalake_sdk.task_tables import TaskTables
from datalake_sdk.task_writes import TaskWrites

logger = logging.getLogger(__name__)


class BaseProcessingWrapper(RedshiftStep, TaskTables, TaskWrites):
    """Connects a task to an environment: reads its input and writes its output tables.

    In a container, all settings come from environment variables.

    Args:
        project_name: Project; `PROJECT_NAME` by default.
        domain_name: Business domain; `DOMAIN_NAME` by default.
        stage_name: Stage; `STAGE_NAME` by default.
        pipeline_name: Pipeline; its database is the default database of queries.
        task_name: Task; stored with `pipeline_name` as properties of the tables that are written.
        is_sql_job: Whether `processing_function` runs `code/main.sql`.
        input_tables: `database.table` of each table that the task reads.
        output_tables: How to write each table, by `database.table` or, for all tables of a database, `database.*`: an
            `OutputTable`, or a mapping with its fields; `OUTPUT_TABLES` by default.
        logical_date: Date or time that the run covers.
        boto_session: boto3 session with the credentials to use; by default those of the environment.
        aws_region_name: AWS region; `AWS_REGION` by default.
        local_root: Folder of an embedded lake; `DATALAKE_LOCAL_ROOT` by default.
        tables_configuration: Folder with `database.table.yaml` files: descriptions and declared types.

    Attributes:
        platform: Catalog, storage and SQL of the environment.
        project_name: Project.
        domain_name: Business domain.
        stage_name: Stage.
        long_database_prefix: Prefix of the stage's database names; empty in production.
        athena_workgroup_name: Workgroup of the environment.
        pipeline_name: None outside a pipeline.
        task_name: None outside a pipeline.
        is_sql_job: Whether the task runs `code/main.sql`.
        input_tables: `database.table` of each table that the task reads.
        output_tables: How to write each table, by `database.table`, as mappings; changes apply to later writes.
        task_additional_parameters: Additional parameters of the task, as strings by name.
        object_keys: Keys of the S3 objects whose events started the execution; empty if none did.
        logical_date: Date that the execution covers, as `YYYY-MM-DD`, the same for all of its tasks: `logical_date` or
            `time` of the execution's input, otherwise the start of the execution.
        logical_timestamp: The same as a timestamp with a time zone.
        step_function_task_token: None when no state machine waits for the task.
        step_function_execution_arn: None outside a pipeline.
        logger: Logger for the task.
    """

    ProcessingResponse = task_results.ProcessingResponse
    JobEndStatus = task_results.JobEndStatus
    ProcessingFailed = ProcessingFailed
    IngestionFailed = DatalakeError
    """Base class of the errors that `ingest` raises."""

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
        task = settings_from_arguments(
            output_tables,
            pipeline_name=pipeline_name,
            task_name=task_name,
            is_sql_job=is_sql_job,
            input_tables=input_tables,
            logical_date=logical_date,
        )
        self._set_task_attributes(task)
        environment = resolve_environment(
            project_name or os.environ.get("PROJECT_NAME"),
            domain_name or os.environ.get("DOMAIN_NAME"),
            stage_name or os.environ.get("STAGE_NAME"),
            aws_region_name or os.environ.get("AWS_REGION"),
            local_root or os.environ.get("DATALAKE_LOCAL_ROOT"),
            table_storage=os.environ.get("TABLE_STORAGE"),
        )
        self._set_environment_attributes(environment)
        self._boto_session = boto_session
        self.platform: Platform = open_platform(environment, boto_session)
        self._reads = IncrementalReads(self.platform, task, self.output_tables)
        self._outputs = TaskOutputs(
            self.platform, task, self._configuration_folder, self._writer, ingestion_progress, self._reads
        )
        state_name = "_".join(task.reader) or "task"
        self._loads = TaskLoads(self.platform, self._outputs, state_name, extraction_progress)

    def _set_environment_attributes(self, environment: Environment) -> None:
        self.project_name = environment.project_name
        self.domain_name = environment.domain_name
        self.stage_name = environment.stage_name
        self.long_database_prefix = environment.database_prefix
        self.athena_workgroup_name = environment.name

    def _set_task_attributes(self, task: TaskSettings) -> None:
        self._task = task
        self.logger = logging.getLogger("datalake_sdk.task")
        self.pipeline_name = task.pipeline_name
        self.task_name = task.task_name
        self.is_sql_job = task.is_sql_job
        self.input_tables = list(task.input_tables)
        self.redshift = dict(task.redshift)
        self.output_tables = {name: output_table_fields(output) for name, output in task.output_tables.items()}
        self.task_additional_parameters: Mapping[str, str] = task.parameters
        self.object_keys = task.object_keys
        self.logical_date: str = task.logical_date
        self.logical_timestamp: datetime = task.logical_timestamp
        self.step_function_task_token = task.token
        self.step_function_execution_arn = task.execution_arn

    @property
    def boto_session(self) -> Any:
        """boto3 session with the credentials and the region of the environment.

        Raises:
            MissingCapabilityError: The lake is embedded and no session was passed.
        """
        session = self._boto_session or self.platform.boto_session
        if session is None:
            raise MissingCapabilityError("job.boto_session", "AWS", self.platform.environment.local_root)
        return session

    def processing_function(self) -> object:
        """Runs `code/main.py`, or `code/main.sql` for a SQL task. Subclasses may override it.

        Returns:
            A `ProcessingResponse` for each output table, by `database.table`, or a dlt source; None writes nothing.

        Raises:
            TaskCodeError: The code is missing.
            MissingExtraError: A dlt task runs without dlt.
            TaskSourceError: A dlt task returned something other than a source.
            SqlTaskError: A SQL task does not have exactly one output table.

        Example:
            >>> class Totals(NativePythonProcessingWrapper):
            ...     def processing_function(self):
            ...         totals = self.query("SELECT sum(amount) AS amount FROM {database_prefix}sales.orders")
            ...         return {"sales.totals": self.ProcessingResponse(totals)}
            >>> task = Totals(local_root="lake", output_tables={"sales.totals": {"ingestion_mode": "overwrite"}})
            >>> task.execute()["tables"]["sales.totals"]["rows_inserted"]
            1
        """
        if self._task.type == DLT:
            return self._source()
        if not self.is_sql_job:
            return load_main()(self)
        table = task_results.single_output(self.output_tables)
        sql = load_sql()
        if (run := current_run()) is not None:
            run.runs_sql(sql)
        parameters = task_parameters(self.logical_date, self.task_additional_parameters)
        trace_columns(self.platform, TableName.parse(table), sql, parameters, self._own_database())
        return {table: self.ProcessingResponse(self._query_rows(sql, parameters))}

    def execute(self, processing_function: Callable[[Self], object] | None = None) -> Mapping[str, Any]:
        """Runs the task's function, writes its results, sends heartbeats meanwhile and reports the outcome.

        SIGTERM is handled only when called from the main thread, because Python handles signals only there.

        Args:
            processing_function: Called with this object; None calls the method `processing_function`. Both return a
                response for each table.

        Returns:
            JSON-serializable: for each table, the statistics of its ingestion and `job_end_message`.

        Raises:
            AccessDeniedError: AWS denied a request, of the SDK or of any other library.
            ProcessingFailed: The function raised another exception that is not an error of the SDK.
            FailedTablesError: Tables with the status `FAILURE`; all tables were written.
            TaskStopped: The process received SIGTERM, or the state machine no longer waits for the task.
            TaskExitError: The function called `sys.exit`.
            DatalakeError: A call of the SDK or a write failed.

        Example:
            >>> def main(job):
            ...     orders = job.read_input_dataset("orders.csv")
            ...     return {"sales.orders": job.ProcessingResponse(orders, job_end_message="all orders")}
            >>> result = job.execute(main)["tables"]["sales.orders"]
            >>> result["rows_updated"], result["job_end_message"]
            (3, 'all orders')
        """
        try:
            return task_report(os.environ).run(lambda: self._results(processing_function))
        finally:
            flush()

    def close(self) -> None:
        """Releases the resources of the engine; called at the end of a container's task."""

    def _results(self, function: Callable[[Self], object] | None = None) -> dict[str, Any]:
        run = task_record(self.platform, self._task, os.environ, self._engine)
        with recorded(run, whole_process=True):
            return self._written_results(function)

    def _written_results(self, function: Callable[[Self], object] | None) -> dict[str, Any]:
        self._outputs.start_run()
        for file in unused_files(self.output_tables, self._configuration_folder):
            logger.warning(
                "%s/%s matches none of the task's output tables and is ignored", self._configuration_folder, file
            )
        load_secrets(self.platform, self._task.secrets, os.environ)
        try:
            if self._task.type == DBT and function is None:
                return self._dbt_task().build()
            results = self.write_results(self._function_results(function))
            self._reads.complete()
            return results
        except AccessDeniedError:
            raise
        except Exception as error:
            denied = self._denial(error)
            if denied is None:
                raise
            raise denied from error

    def _function_results(self, function: Callable[[Self], object] | None) -> object:
        try:
            return self.processing_function() if function is None else function(self)
        except DatalakeError:
            raise
        except Exception as error:
            raise ProcessingFailed(f"{type(error).__name__}: {error}") from error

    def _dbt_task(self) -> DbtTask:
        return DbtTask(
            CODE_FOLDER,
            self.pipeline_name,
            self.input_tables,
            self.output_tables,
            self.task_additional_parameters,
            self.logical_date,
        )

    def _source(self) -> object:
        require_dlt()
        source = load_main()(self)
        if not is_source(source):
            raise TaskSourceError(source)
        return source

    @property
    def _engine(self) -> Engine:
        return Engine("DuckDB", version("duckdb"))

    def _denial(self, error: Exception) -> AccessDeniedError | None:
        return self.platform.denial(error)

    def _writer(self) -> Writer:
        return native_writer(self.platform)

    def _query_rows(self, sql: str, parameters: Mapping[str, object] | None) -> Any:
        """Streams the rows of a query in a form that the writer accepts."""
        return query(self.platform, sql, parameters=parameters, database=self._own_database())

    def _own_database(self) -> str | None:
        """The pipeline's database, unless the task declares tables and none of them is in it."""
        # A task's role has no permissions on a database without a declared table, and Athena looks up the default
        # database of every query: https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
        declared = {table.split(".")[0] for table in (*self.input_tables, *self.output_tables)}
        return self.pipeline_name if not declared or self.pipeline_name in declared else None

    def _query_parameters(self, given: Mapping[str, object] | None) -> Mapping[str, object] | None:
        return None if given is None else with_logical_date(self.logical_date, given)
