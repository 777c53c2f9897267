"""Athena: runs queries, which moto cannot do, in threads on the emulated Glue catalog and S3."""

from __future__ import annotations

import json
import os
import re
import threading
import uuid
from itertools import islice
from typing import Any

from moto.athena.models import AthenaBackend
from moto.athena.responses import AthenaResponse
from moto.core.exceptions import JsonRESTError
from moto.iam.access_control import CreateAccessKeyFailure, create_access_key

from test.emulator.access import Principal, forward_session
from test.emulator.athena_errors import RejectedError
from test.emulator.athena_execution import Execution
from test.emulator.athena_session import Session
from test.emulator.athena_statements import parse_statement
from test.emulator.athena_table_buckets import PREFIX, TableBucketTables
from test.emulator.athena_tables import Caller, Tables
from test.emulator.iam_principals import UnknownCredentialsError
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("athena")
MAX_ROWS_PER_PAGE = 1000
"""https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html"""
_TIMEOUT_SECONDS = 60
_CREDENTIAL = re.compile(r"Credential=([^/,]+)")


class _HeldQueries:
    """Queries that a test keeps in state RUNNING."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._text: str | None = None
        self._held: list[str] = []

    def hold(self, text: str) -> None:
        with self._changed:
            self._text = text

    def release(self) -> None:
        with self._changed:
            self._text = None
            self._changed.notify_all()

    def wait_while_held(self, execution: Execution) -> None:
        with self._changed:
            if self._text is None or self._text not in execution.query:
                return
            self._held.append(execution.id)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._text is None or execution.is_finished)
            self._held.remove(execution.id)

    def wait_for_held_query(self) -> str:
        with self._changed:
            if not self._changed.wait_for(lambda: self._held, _TIMEOUT_SECONDS):
                raise TimeoutError("no query is held")
            return self._held[-1]

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


_held_queries = _HeldQueries()
_executions: dict[str, Execution] = {}


@PATCHES.command
def hold_queries(containing: str) -> None:
    """Keeps later queries that contain a string in state RUNNING until `release_queries` or StopQueryExecution."""
    _held_queries.hold(containing)


@PATCHES.command
def held_query() -> str:
    """Waits until a query is held; returns its id."""
    return _held_queries.wait_for_held_query()


@PATCHES.command
def finished_query(query_id: str) -> dict[str, Any]:
    """Waits until a query has finished; returns it as GetQueryExecution does."""
    if not _executions[query_id].over.wait(_TIMEOUT_SECONDS):
        raise TimeoutError(f"query {query_id} has not finished")
    return _executions[query_id].description()


@PATCHES.on_reset
def _stop_queries() -> None:
    for execution in _executions.values():
        execution.stop()
    _executions.clear()
    _held_queries.release()


@PATCHES.command
def release_queries() -> None:
    """Lets held and later queries continue."""
    _held_queries.release()


@PATCHES.replace(AthenaResponse, "start_query_execution", "8d3324e2ed77")
def _start_query_execution(stock: Any, self: AthenaResponse) -> str:
    backend = self.athena_backend
    token = self._get_param("ClientRequestToken")
    started = _tokens(backend)
    with _starting:
        if token is None or token not in started:
            execution = _started(self, backend)
            started[token or execution.id] = execution.id
    return json.dumps({"QueryExecutionId": started[token or execution.id]})


_starting = threading.Lock()


def _tokens(backend: AthenaBackend) -> dict[str, str]:
    return backend.__dict__.setdefault("_ids_by_token", {})


def _started(self: AthenaResponse, backend: AthenaBackend) -> Execution:
    text = self._get_param("QueryString")
    workgroup = backend.work_groups.get(self._get_param("WorkGroup") or "primary")
    if workgroup is None:
        raise _invalid_request("WorkGroup is not found.")
    if workgroup.state != "ENABLED":
        raise _invalid_request("WorkGroup is disabled.")
    context = self._get_param("QueryExecutionContext") or {}
    configuration = _result_configuration(workgroup, self._get_param("ResultConfiguration") or {})
    parameters = self._get_param("ExecutionParameters") or []
    try:
        statement = parse_statement(text, parameters)
    except RejectedError as error:
        raise _invalid_request(error.message, error.athena_code) from error
    folder = configuration["OutputLocation"].rstrip("/") + "/"
    database = context.get("Database", "").strip("`").lower()
    session = Session(str(uuid.uuid4()), _tables(_caller(self), context.get("Catalog", "")), database, folder)
    details = {"QueryExecutionContext": context, "ResultConfiguration": configuration}
    details |= {"ExecutionParameters": parameters} if parameters else {}
    cutoff = workgroup.configuration.get("BytesScannedCutoffPerQuery")
    execution = Execution(workgroup, text, statement, session, details, cutoff)
    backend.executions[execution.id] = execution  # type: ignore[assignment]
    _executions[execution.id] = execution
    threading.Thread(target=execution.run, args=[_held_queries.wait_while_held], name="athena", daemon=True).start()
    return execution


def _tables(caller: Caller, catalog: str) -> Tables:
    return TableBucketTables(caller, catalog) if catalog.startswith(PREFIX) else Tables(caller)


def _result_configuration(workgroup: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Returns the call's configuration, or the workgroup's if that is enforced or the call has no output location."""
    own = workgroup.configuration.get("ResultConfiguration") or {}
    if workgroup.configuration.get("EnforceWorkGroupConfiguration"):
        chosen = own
    else:
        chosen = given if given.get("OutputLocation") else own | given
    if not chosen.get("OutputLocation"):
        raise _invalid_request(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
    return dict(chosen)


def _caller(self: AthenaResponse) -> Caller:
    return Caller(os.environ["AWS_ENDPOINT_URL"], self.region, _credentials(self))


def _credentials(self: AthenaResponse) -> dict[str, str]:
    """Returns credentials of the caller; those of a role's session are forwarded, so that IAM sees Athena."""
    headers = dict(self.headers.items())
    found = _CREDENTIAL.search(headers.get("Authorization", ""))
    key = found[1] if found else os.environ["AWS_ACCESS_KEY_ID"]
    token = headers.get("X-Amz-Security-Token")
    try:
        principal = Principal.from_credentials(self.current_account, key, token)
        if principal.role_arn:
            return forward_session(principal, "athena.amazonaws.com").client_arguments
        known = create_access_key(self.current_account, self.partition, key, headers).create_credentials()
    except (CreateAccessKeyFailure, UnknownCredentialsError):
        return {"aws_access_key_id": key, "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"]}
    return {"aws_access_key_id": known.access_key, "aws_secret_access_key": known.secret_key}


@PATCHES.replace(AthenaResponse, "get_query_execution", "18aaaa0f76fb")
def _get_query_execution(stock: Any, self: AthenaResponse) -> str:
    return json.dumps({"QueryExecution": _execution(self, self._get_param("QueryExecutionId")).description()})


@PATCHES.add(AthenaResponse, "batch_get_query_execution")
def _batch_get_query_execution(self: AthenaResponse) -> str:
    known = self.athena_backend.executions
    ids = self._get_param("QueryExecutionIds")
    missing = [
        {"QueryExecutionId": query_id, "ErrorCode": "INVALID_INPUT"} for query_id in ids if query_id not in known
    ]
    found = [_execution(self, query_id).description() for query_id in ids if query_id in known]
    return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})


@PATCHES.replace(AthenaResponse, "stop_query_execution", "6da48595c70d")
def _stop_query_execution(stock: Any, self: AthenaResponse) -> str:
    _execution(self, self._get_param("QueryExecutionId")).stop()
    _held_queries.wake()
    return "{}"


@PATCHES.replace(AthenaResponse, "get_query_results", "3d9348b2e67c")
def _get_query_results(stock: Any, self: AthenaResponse) -> str:
    execution = _execution(self, self._get_param("QueryExecutionId"))
    if not execution.is_finished:
        raise _invalid_request(f"Query has not yet finished. Current state: {execution.status}")
    if execution.status != "SUCCEEDED":
        raise _invalid_request(f"Query did not finish successfully. Final query state: {execution.status}")
    start, size = int(self._get_param("NextToken") or 0), int(self._get_param("MaxResults") or MAX_ROWS_PER_PAGE)
    if not 1 <= size <= MAX_ROWS_PER_PAGE:
        raise _invalid_request(f"MaxResults is more than maximum allowed length {MAX_ROWS_PER_PAGE}.")
    header = [[column.name for column in execution.outcome.columns]] if execution.has_header else []
    page = list(islice(_all_rows(header, execution), start, start + size + 1))
    columns = [column.info() for column in execution.outcome.columns]
    answer = {
        "UpdateCount": execution.outcome.update_count or 0,
        "ResultSet": {
            "Rows": [{"Data": [_datum(value) for value in row]} for row in page[:size]],
            "ResultSetMetadata": {"ColumnInfo": columns},
        },
    }
    return json.dumps(answer | ({"NextToken": str(start + size)} if len(page) > size else {}))


def _all_rows(header: list[list[str]], execution: Execution) -> Any:
    yield from header
    yield from execution.rows()


def _datum(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}


def _execution(self: AthenaResponse, query_id: str) -> Execution:
    found = self.athena_backend.executions.get(query_id)
    if found is None:
        raise _invalid_request(f"QueryExecution {query_id} was not found")
    return found  # type: ignore[return-value]


@PATCHES.replace(AthenaResponse, "get_work_group", "87b0d39d7410")
def _get_work_group(stock: Any, self: AthenaResponse) -> str:
    name = self._get_param("WorkGroup")
    if name not in self.athena_backend.work_groups:
        raise _invalid_request("WorkGroup is not found.")
    return str(stock(self))


@PATCHES.add(AthenaResponse, "update_work_group")
def _update_work_group(self: AthenaResponse) -> str:
    workgroup = self.athena_backend.work_groups.get(self._get_param("WorkGroup"))
    if workgroup is None:
        raise _invalid_request("WorkGroup is not found.")
    workgroup.state = self._get_param("State") or workgroup.state
    workgroup.description = self._get_param("Description") or workgroup.description
    updates = self._get_param("ConfigurationUpdates") or {}
    results = workgroup.configuration.setdefault("ResultConfiguration", {})
    for name, value in (updates.pop("ResultConfigurationUpdates", None) or {}).items():
        if name.startswith("Remove") and value:
            results.pop(name.removeprefix("Remove"), None)
        elif not name.startswith("Remove"):
            results[name] = value
    if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
        workgroup.configuration.pop("BytesScannedCutoffPerQuery", None)
    workgroup.configuration.update(updates)
    return "{}"


@PATCHES.add(AthenaResponse, "delete_named_query")
def _delete_named_query(self: AthenaResponse) -> str:
    query_id = self._get_param("NamedQueryId")
    if self.athena_backend.named_queries.pop(query_id, None) is None:
        raise _invalid_request(f"NamedQuery {query_id} was not found")
    return "{}"


@PATCHES.replace(AthenaResponse, "get_named_query", "ce958a834487")
def _get_named_query(stock: Any, self: AthenaResponse) -> str:
    query_id = self._get_param("NamedQueryId")
    if query_id not in self.athena_backend.named_queries:
        raise _invalid_request(f"NamedQuery {query_id} was not found")
    return str(stock(self))


def _invalid_request(message: str, athena_code: str = "INVALID_INPUT") -> JsonRESTError:
    error = JsonRESTError("InvalidRequestException", message)
    body = {"__type": "InvalidRequestException", "AthenaErrorCode": athena_code, "Message": message}
    error.description = json.dumps(body)
    return error
