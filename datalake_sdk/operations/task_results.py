"""Checks and writes the results of a task."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from datalake_sdk.errors import FailedTablesError, SqlTaskError, TaskResultError, UndeclaredOutputError
from datalake_sdk.output_tables import declared_as, is_pattern
from datalake_sdk.settings import EmptyBatch, IngestionMode, TableName, checked_properties, choice, partition_selection

logger = logging.getLogger(__name__)


class JobEndStatus(StrEnum):
    """Outcome of a task for one of its tables."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


@dataclass(frozen=True)
class ProcessingResponse:
    """Result of a task for one of its output tables.

    Args:
        dataframe: pandas, polars, pyarrow, a DuckDB relation or anything else that streams Arrow data; on Spark also a
            Spark DataFrame. None writes no rows and updates the descriptions of the table.
        job_end_message: Reported with the result of the task.
        override_ingestion_mode: Mode for this run instead of the table's.
        force_maintenance: Whether to maintain the table even if no threshold is reached.
        job_end_status: `FAILURE` fails the task after all of its tables were written.
        empty: `ignore` or `replace` for this run instead of the table's.
        partitions: Partitions to replace with `overwrite_partitions`, by partition key: a value, a list of values, or
            an interval with `from` and `to`, without its end.
        properties: Table properties to set in the same commit.

    Example:
        >>> response = job.ProcessingResponse(orders, job_end_message="all orders", override_ingestion_mode="overwrite")
        >>> job.execute(lambda job: {"sales.orders": response})["tables"]["sales.orders"]["mode"]
        'overwrite'
    """

    dataframe: object = None
    job_end_message: str = ""
    override_ingestion_mode: str | None = None
    force_maintenance: bool = False
    job_end_status: JobEndStatus | str = JobEndStatus.SUCCESS
    empty: str | None = None
    partitions: Mapping[str, object] | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

    JobEndStatus: ClassVar[type[JobEndStatus]] = JobEndStatus


Apply = Callable[[TableName, ProcessingResponse], Mapping[str, Any]]
"""Applies a response to its table and returns JSON-serializable statistics."""


def write_results(
    results: object, declared: Collection[str], apply: Apply, written: Collection[TableName] = ()
) -> dict[str, Any]:
    """Checks all results of a task, then writes them table by table.

    Args:
        results: Return value of the task's function; None writes nothing.
        declared: Output tables of the task.
        apply: Writes one table in one commit.
        written: Tables that the task's code has already written itself.

    Returns:
        JSON-serializable: for each table, the statistics of its ingestion and `job_end_message`.

    Raises:
        TaskResultError: The results are not responses by table; nothing was written.
        UndeclaredOutputError: A table is not an output table of the task; nothing was written.
        UnknownIngestionModeError: A response has an unknown mode; nothing was written.
        InvalidSettingError: `empty`, `partitions` or `properties` of a response is invalid; nothing was written.
        FailedTablesError: Responses with status `FAILURE`; all tables were written.
        DatalakeError: A write failed; the tables before it are written, and a retry skips them.
    """
    responses = _checked({} if results is None else results, declared)
    for table in sorted(set(declared) - {declared_as(str(table), declared) for table in (*responses, *written)}):
        logger.warning("%s: the task returned no response for this output table and did not write it", table)
    tables = {str(table): _applied(table, response, apply) for table, response in responses.items()}
    failed = {
        str(table): response.job_end_message
        for table, response in responses.items()
        if response.job_end_status == JobEndStatus.FAILURE
    }
    if failed:
        raise FailedTablesError(failed)
    return {"tables": tables}


def single_output(declared: Collection[str]) -> str:
    """Returns the output table of a SQL task.

    Raises:
        SqlTaskError: The task does not have exactly one output table.
    """
    if len(declared) != 1 or any(map(is_pattern, declared)):
        names = ", ".join(declared) or "none"
        raise SqlTaskError(f"a SQL task must have exactly one output table; declared: {names}")
    return next(iter(declared))


def _checked(results: object, declared: Collection[str]) -> dict[TableName, ProcessingResponse]:
    if not isinstance(results, Mapping):
        raise TaskResultError(
            f"main(job) returned {type(results).__name__}; it must return a dictionary of responses by table"
        )
    for name, response in results.items():
        if not isinstance(response, ProcessingResponse):
            raise TaskResultError(
                f"main(job) returned {type(response).__name__} for '{name}'; it must be a ProcessingResponse"
            )
        if response.job_end_status not in list(JobEndStatus):
            raise TaskResultError(
                f"job_end_status of '{name}' is {response.job_end_status!r}; it must be SUCCESS or FAILURE"
            )
        if response.override_ingestion_mode:
            IngestionMode.parse(response.override_ingestion_mode)
        choice(f"empty of '{name}'", response.empty, EmptyBatch.IGNORE)
        if response.partitions is not None:
            partition_selection(response.partitions)
        checked_properties(response.properties)
    responses = {TableName.parse(str(name)): response for name, response in results.items()}
    undeclared = [str(table) for table in responses if declared_as(str(table), declared) is None]
    if undeclared:
        raise UndeclaredOutputError(undeclared, list(declared))
    return responses


def _applied(table: TableName, response: ProcessingResponse, apply: Apply) -> dict[str, Any]:
    message = {"job_end_message": str(response.job_end_message)} if response.job_end_message else {}
    if response.dataframe is None:
        logger.info("%s: the task returned no rows", table)
    return {**apply(table, response), **message}
