"""What a task returns becomes rows of its output tables."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from datalake_sdk.errors import FailedTablesError, SqlTaskError, TaskResultError, UndeclaredOutputError
from datalake_sdk.settings import IngestionMode, TableName

logger = logging.getLogger(__name__)


class JobEndStatus(StrEnum):
    """How a task ended for one of its tables."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


@dataclass(frozen=True)
class ProcessingResponse:
    """What a task has for one of its output tables.

    Args:
        dataframe: pandas, polars, pyarrow, a DuckDB relation, anything that streams Arrow data, on Spark also a Spark
            DataFrame; None writes no rows, and the table's descriptions are updated.
        job_end_message: Told with the task's result.
        override_ingestion_mode: Another mode than the table's, for this run.
        force_maintenance: Whether the table is maintained now, whatever its thresholds say.
        job_end_status: `FAILURE` fails the task, after all of its tables were written.
    """

    dataframe: object = None
    job_end_message: str = ""
    override_ingestion_mode: str | None = None
    force_maintenance: bool = False
    job_end_status: JobEndStatus | str = JobEndStatus.SUCCESS

    JobEndStatus: ClassVar[type[JobEndStatus]] = JobEndStatus


Apply = Callable[[TableName, ProcessingResponse], Mapping[str, Any]]
"""Does what a response asks of its table, and returns figures, JSON-able."""


def write_results(results: object, declared: Collection[str], apply: Apply) -> dict[str, Any]:
    """Writes what a task returned, table by table, after all of it was checked.

    Args:
        results: What the task's function returned; None is nothing.
        declared: The task's output tables.
        apply: Writes one table in one commit.

    Returns:
        JSON-able: for each table its ingestion's figures and `job_end_message`.

    Raises:
        TaskResultError: The task returned something else than responses by table; nothing was written.
        UndeclaredOutputError: A table that the task does not declare; nothing was written.
        UnknownIngestionModeError: A response has a mode that does not exist; nothing was written.
        FailedTablesError: Responses with status `FAILURE`; all tables were written.
        DatalakeError: A write failed; the tables before it are written, and skipped by a retry.
    """
    responses = _checked({} if results is None else results, declared)
    for table in sorted(set(declared) - set(map(str, responses))):
        logger.warning("%s: the task returned nothing for it", table)
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
    """The one table that a SQL task writes.

    Raises:
        SqlTaskError: There is none, or more than one.
    """
    if len(declared) != 1:
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
    responses = {TableName.parse(str(name)): response for name, response in results.items()}
    undeclared = [str(table) for table in responses if str(table) not in declared]
    if undeclared:
        raise UndeclaredOutputError(undeclared, list(declared))
    return responses


def _applied(table: TableName, response: ProcessingResponse, apply: Apply) -> dict[str, Any]:
    message = {"job_end_message": str(response.job_end_message)} if response.job_end_message else {}
    if response.dataframe is None:
        logger.info("%s: the task returned no rows", table)
    return {**apply(table, response), **message}
