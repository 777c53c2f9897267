"""Runs statements with Redshift's Data API, and stages the files that COPY loads."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from datalake_sdk.errors import (
    AwsRequestError,
    DatalakeError,
    NoSuchRedshiftError,
    RedshiftCancelledError,
    RedshiftStatementError,
)
from datalake_sdk.platforms.aws.athena_results import remove
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.warehouse import StagingFolder
from datalake_sdk.redshift.database import RedshiftDatabase

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS, _BACKOFF = 0.1, 5.0, 1.5
_FINAL = ("FINISHED", "FAILED", "ABORTED")
_CANCELLATION_SECONDS = 30
_SHOWN_CHARACTERS = 300


class RedshiftWarehouse:
    """A database of a workgroup or cluster.

    Args:
        session: Account and region.
        database: The database, and how to sign in.
        technical_bucket: Bucket for staged files.
    """

    def __init__(self, session: AwsSession, database: RedshiftDatabase, technical_bucket: str) -> None:
        self._session = session
        self._database = database
        self._bucket = technical_bucket

    def run(self, statements: Sequence[str]) -> list[list[list[Any]]]:
        # The execution is started in a thread, so that an interrupt cannot lose the id of a started execution.
        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(self._start, statements)
            try:
                execution = self._finished(starting.result())
            except BaseException:
                self._cancel(starting)
                raise
        _check(execution)
        parts = execution.get("SubStatements") or [execution]
        return [self._rows(part["Id"]) if part.get("HasResultSet") else [] for part in parts]

    @contextmanager
    def staging_folder(self) -> Iterator[StagingFolder]:
        path = f"{self._bucket}/redshift/{uuid4()}"
        try:
            yield StagingFolder(self._session.filesystem(), path)
        finally:
            remove(self._session, path)

    def _start(self, statements: Sequence[str]) -> str:
        # A new token for each execution: boto3's retries repeat it, a later export must not get an old result.
        # https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-calling-idempotency.html
        arguments = {**_connection(self._database), "ClientToken": str(uuid4())}
        client = self._session.client("redshift-data")
        try:
            with aws_errors():
                if len(statements) == 1:
                    return str(client.execute_statement(Sql=statements[0], **arguments)["Id"])
                return str(client.batch_execute_statement(Sqls=list(statements), **arguments)["Id"])
        except AwsRequestError as error:
            if error.code in ("ResourceNotFoundException", "ValidationException"):
                raise NoSuchRedshiftError(self._database.name, self._session.region, str(error)) from error
            raise

    def _finished(self, statement_id: str, seconds: float = float("inf")) -> dict[str, Any]:
        client, wait = self._session.client("redshift-data"), _FIRST_WAIT_SECONDS
        deadline = time.monotonic() + seconds
        with aws_errors():
            while True:
                execution: dict[str, Any] = client.describe_statement(Id=statement_id)
                if execution["Status"] in _FINAL or time.monotonic() > deadline:
                    return execution
                time.sleep(wait)
                wait = min(wait * _BACKOFF, _LONGEST_WAIT_SECONDS)

    def _cancel(self, starting: Future[str]) -> None:
        # The caller gets the error that ended the wait, not an error from cancelling the execution.
        with suppress(ClientError, BotoCoreError, DatalakeError):
            statement_id = starting.result()
            self._session.client("redshift-data").cancel_statement(Id=statement_id)
            # Staged files are removed next, which COPY may still be reading.
            self._finished(statement_id, _CANCELLATION_SECONDS)

    def _rows(self, statement_id: str) -> list[list[Any]]:
        client = self._session.client("redshift-data")
        with aws_errors():
            pages = client.get_paginator("get_statement_result").paginate(Id=statement_id)
            return [[_value(field) for field in row] for page in pages for row in page["Records"]]


def _connection(database: RedshiftDatabase) -> dict[str, str]:
    arguments = {
        "Database": database.database,
        "WorkgroupName": database.workgroup,
        "ClusterIdentifier": database.cluster,
        "DbUser": database.db_user,
        "SecretArn": database.secret_arn,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def _check(execution: Mapping[str, Any]) -> None:
    if execution["Status"] == "ABORTED":
        raise RedshiftCancelledError(execution["Id"])
    if execution["Status"] == "FAILED":
        parts = execution.get("SubStatements") or [execution]
        failed = next((part for part in parts if part.get("Error")), execution)
        statement = " ".join(str(failed.get("QueryString") or "").split())
        reason = str(failed.get("Error") or execution.get("Error") or "no reason given").removeprefix("ERROR: ")
        shown = statement if len(statement) <= _SHOWN_CHARACTERS else f"{statement[:_SHOWN_CHARACTERS]}…"
        raise RedshiftStatementError(reason, shown, execution["Id"])


def _value(field: Mapping[str, Any]) -> Any:
    return None if field.get("isNull") else next(iter(field.values()))
