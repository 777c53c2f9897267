"""What a task returns becomes rows of its output tables."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from datalake_sdk.errors import SqlTaskError, TaskResultError, UndeclaredOutputError
from datalake_sdk.operations.ingest import IngestionResult
from datalake_sdk.settings import TableName

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProcessingResponse:
    """Rows that a task gives to one of its output tables.

    Args:
        dataframe: pandas, polars, pyarrow, a DuckDB relation, anything that streams Arrow data, on Spark also a Spark
            DataFrame; None writes nothing.
        job_end_message: Told with the task's result.
        override_ingestion_mode: Another mode than the table's, for this run.
        force_maintenance: Whether the table is maintained now, whatever its thresholds say.
    """

    dataframe: object
    job_end_message: str = ""
    override_ingestion_mode: str | None = None
    force_maintenance: bool = False


Write = Callable[[TableName, ProcessingResponse], IngestionResult]


def write_results(results: object, declared: Mapping[TableName, Any], write: Write) -> dict[str, Any]:
    """Writes what a task returned, table by table, after all of it was checked.

    Args:
        results: What `main(job)` returned.
        declared: The task's output tables.
        write: Writes one table in one commit.

    Returns:
        JSON-able: for each table its ingestion's figures and `job_end_message`.

    Raises:
        TaskResultError: The task returned something else than responses by table.
        UndeclaredOutputError: A table that the task does not declare; nothing was written.
        DatalakeError: A write failed; the tables before it are written, and skipped by a retry.
    """
    responses = _checked(results, declared)
    for table in sorted(set(map(str, declared)) - set(map(str, responses))):
        logger.warning("%s: the task returned nothing for it", table)
    return {"tables": {str(table): _written(table, response, write) for table, response in responses.items()}}


def single_output(declared: Mapping[TableName, Any]) -> TableName:
    """The one table that a SQL task writes.

    Raises:
        SqlTaskError: There is none, or more than one.
    """
    if len(declared) != 1:
        names = ", ".join(map(str, declared)) or "none"
        raise SqlTaskError(f"a SQL task has one output table; declared are: {names}")
    return next(iter(declared))


def _checked(results: object, declared: Mapping[TableName, Any]) -> dict[TableName, ProcessingResponse]:
    if not isinstance(results, Mapping):
        raise TaskResultError(f"main(job) returned {type(results).__name__}, not responses by table")
    for name, response in results.items():
        if not isinstance(response, ProcessingResponse):
            raise TaskResultError(f"main(job) returned {type(response).__name__} for '{name}', no ProcessingResponse")
    responses = {TableName.parse(str(name)): response for name, response in results.items()}
    undeclared = [str(table) for table in responses if table not in declared]
    if undeclared:
        raise UndeclaredOutputError(undeclared, [str(table) for table in declared])
    return responses


def _written(table: TableName, response: ProcessingResponse, write: Write) -> dict[str, Any]:
    message = {"job_end_message": response.job_end_message} if response.job_end_message else {}
    if response.dataframe is None:
        logger.info("%s: the task returned no rows", table)
        return message
    return {**write(table, response).as_dict(), **message}
