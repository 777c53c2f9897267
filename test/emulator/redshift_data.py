"""Redshift's Data API, with a DuckDB database for each database of a workgroup or cluster."""

from __future__ import annotations

import datetime
import json
import threading
import time
import traceback
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb
from moto.core.responses import BaseResponse
from moto.redshiftdata.exceptions import ResourceNotFoundException, ValidationException
from moto.redshiftdata.responses import RedshiftDataAPIServiceResponse

from test.emulator.iam import caller, require_permission
from test.emulator.iam_principals import user_id
from test.emulator.patching import ServicePatches
from test.emulator.process import ACCOUNT, REGION
from test.emulator.redshift_endpoints import CancelledError, Endpoint, endpoints, find_endpoint, new_endpoint, owners
from test.emulator.redshift_session import Session
from test.emulator.redshift_types import RedshiftError

PATCHES = ServicePatches("redshift_data")

_LONGEST_STATEMENT = 100_000
"""https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html#data-api-calling-considerations"""
_ROWS_PER_PAGE = 1000
_FINAL = ("FINISHED", "FAILED", "ABORTED")
_HOLD_CHECK_SECONDS = 0.02


class Part:
    """A statement of an execution, its state and its result."""

    def __init__(self, part_id: str, sql: str) -> None:
        self.id = part_id
        self.sql = sql
        self.status = "SUBMITTED"
        self.error: str | None = None
        self.columns: list[str] = []
        self.rows: list[tuple[Any, ...]] | None = None

    def description(self) -> dict[str, Any]:
        """Returns the statement as DescribeStatement does."""
        now = time.time()
        return {
            "Id": self.id,
            "QueryString": self.sql,
            "Status": self.status,
            "HasResultSet": self.rows is not None,
            "ResultRows": -1 if self.rows is None else len(self.rows),
            "CreatedAt": now,
            "UpdatedAt": now,
            **({"Error": self.error} if self.error else {}),
        }


class Execution:
    """Statements that one call runs.

    Args:
        endpoint: The workgroup or cluster.
        database: Name of the database.
        statements: The statements.
        is_batch: Whether they are one transaction.
    """

    def __init__(self, endpoint: Endpoint, database: str, statements: Sequence[str], is_batch: bool) -> None:
        self.id = str(uuid.uuid4())
        self.status = "SUBMITTED"
        self.error: str | None = None
        self.created = time.time()
        self.endpoint = endpoint
        self.database = database
        self.is_batch = is_batch
        self.parts = [
            Part(f"{self.id}:{number}" if is_batch else self.id, sql) for number, sql in enumerate(statements, 1)
        ]
        self.cancelled = threading.Event()
        self.ended = threading.Event()
        self.session: Session | None = None

    def run(self) -> None:
        """Runs the statements to completion."""
        try:
            self._run_all()
        finally:
            self.ended.set()

    def _run_all(self) -> None:
        self.status = "STARTED"
        self.session = session = Session(self.endpoint, self.database, self.is_batch, self.cancelled.is_set)
        try:
            for part in self.parts:
                self._run(part, session)
            _held.wait("COMMIT", self)
            self._check_not_cancelled()
            session.commit()
            self.status = "FINISHED"
        except (CancelledError, duckdb.InterruptException):
            self._end(session, "ABORTED", None)
        except RedshiftError as error:
            outcome = ("ABORTED", None) if self.cancelled.is_set() else ("FAILED", f"ERROR: {error}")
            self._end(session, *outcome)
        except Exception as error:
            traceback.print_exc()
            self._end(session, "FAILED", f"ERROR: {type(error).__name__}: {error}")

    def _run(self, part: Part, session: Session) -> None:
        _held.wait(part.sql, self)
        self._check_not_cancelled()
        part.status = "STARTED"
        try:
            result = session.run(part.sql)
        except RedshiftError as error:
            part.status, part.error = "FAILED", f"ERROR: {error}"
            raise
        if result is not None:
            part.columns = [str(column[0]) for column in result.description or ()]
            part.rows = result.fetchall()
        part.status = "FINISHED"

    def _check_not_cancelled(self) -> None:
        if self.cancelled.is_set():
            raise CancelledError

    def _end(self, session: Session, status: str, error: str | None) -> None:
        session.roll_back()
        for part in self.parts:
            part.status = part.status if part.status in ("FINISHED", "FAILED") else "ABORTED"
        self.error = error
        self.status = status


class _Held:
    """Statements that tests hold back."""

    def __init__(self) -> None:
        self._text: str | None = None
        self._changed = threading.Condition()
        self._waiting: set[str] = set()

    def hold(self, text: str | None) -> None:
        with self._changed:
            self._text = text

    def release(self) -> None:
        with self._changed:
            self._text = None
            self._waiting.clear()
            self._changed.notify_all()

    def wait(self, sql: str, execution: Execution) -> None:
        with self._changed:
            if self._text is not None and self._text in sql:
                self._waiting.add(execution.id)
                self._changed.notify_all()
            while execution.id in self._waiting and not execution.cancelled.is_set():
                self._changed.wait(_HOLD_CHECK_SECONDS)

    def held(self) -> str:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting), timeout=60)
            return next(iter(self._waiting))


_held = _Held()
_executions: dict[str, Execution] = {}
_by_token: dict[str, str] = {}
_starting = threading.Lock()


@PATCHES.command
def add_redshift(
    name: str, cluster: bool = False, databases: Sequence[str] = ("dev",), roles: Sequence[str] = ()
) -> str:
    """Creates a workgroup or cluster with attached roles, the first of which is the default; returns its ARN."""
    return new_endpoint(ACCOUNT, REGION, name, cluster, databases, roles).arn


@PATCHES.command
def redshift_rows(name: str, sql: str, database: str = "dev") -> list[list[str | None]]:
    """Runs a statement of DuckDB as an administrator; returns its rows, with values as strings."""
    rows = endpoints[name].session(database).execute(sql).fetchall()
    return [[None if value is None else str(value) for value in row] for row in rows]


@PATCHES.command
def hold_redshift(containing: str | None) -> None:
    """Holds back later statements that contain a text, or no further ones; `COMMIT` is the end of a transaction."""
    _held.hold(containing)


@PATCHES.command
def held_redshift() -> str:
    """Waits until a statement is held back; returns the id of its execution."""
    return _held.held()


@PATCHES.command
def release_redshift() -> None:
    """Lets held and later statements continue."""
    _held.release()


@PATCHES.command
def contended_redshift(name: str) -> bool:
    """Waits until an execution has waited for a lock of another one."""
    return endpoints[name].is_contended.wait(60)


@PATCHES.command
def ended_redshift(statement_id: str) -> str:
    """Waits until an execution has ended; returns its state."""
    execution = _executions[statement_id]
    execution.ended.wait(60)
    return execution.status


@PATCHES.command
def redshift_executions() -> list[dict[str, Any]]:
    """Returns the state of all executions, in order."""
    return [{"id": each.id, "status": each.status, "sql": [part.sql for part in each.parts]} for each in _all()]


@PATCHES.on_reset
def _clear() -> None:
    for execution in _all():
        execution.cancelled.set()
    _held.release()
    for endpoint in endpoints.values():
        endpoint.close()
    for held in (endpoints, owners, _executions, _by_token):
        held.clear()  # type: ignore[attr-defined]


def _all() -> list[Execution]:
    return list(_executions.values())


@PATCHES.replace(RedshiftDataAPIServiceResponse, "execute_statement", "e8fb31765917")
def _execute_statement(stock: Any, self: BaseResponse) -> str:
    return _started(self, [self._get_param("Sql")], is_batch=False)


@PATCHES.add(RedshiftDataAPIServiceResponse, "batch_execute_statement")
def _batch_execute_statement(self: BaseResponse) -> str:
    return _started(self, self._get_param("Sqls"), is_batch=True)


def _started(request: BaseResponse, statements: Sequence[str], is_batch: bool) -> str:
    endpoint = _endpoint(request)
    _check(request, statements)
    _sign_in(request, endpoint)
    token = request._get_param("ClientToken")
    with _starting:
        execution = _executions[_by_token[token]] if token in _by_token else None
        if execution is None:
            execution = Execution(endpoint, request._get_param("Database"), statements, is_batch)
            _executions[execution.id] = execution
            owners[execution.id] = user_id(caller(request))
            if token:
                _by_token[token] = execution.id
            threading.Thread(target=execution.run, name="redshift", daemon=True).start()
    return json.dumps({"Id": execution.id, "CreatedAt": execution.created, "Database": execution.database})


def _endpoint(request: BaseResponse) -> Endpoint:
    workgroup, cluster = request._get_param("WorkgroupName"), request._get_param("ClusterIdentifier")
    if not workgroup and not cluster:
        raise ValidationException("Either ClusterIdentifier or WorkgroupName is required.")
    endpoint = find_endpoint(str(workgroup or cluster))
    if endpoint is None or endpoint.is_cluster != bool(cluster):
        raise ValidationException("Redshift endpoint doesn't exist in this region.")
    return endpoint


def _check(request: BaseResponse, statements: Sequence[str]) -> None:
    if not request._get_param("Database"):
        raise ValidationException("Database is a required parameter.")
    if any(len(sql.encode()) > _LONGEST_STATEMENT for sql in statements):
        raise ValidationException("Query string exceeds the maximum size of 100 KB.")


def _sign_in(request: BaseResponse, endpoint: Endpoint) -> None:
    """https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html."""
    database, secret, user = (request._get_param(name) for name in ("Database", "SecretArn", "DbUser"))
    prefix = f"arn:aws:redshift:{REGION}:{ACCOUNT}"
    if secret:
        require_permission(request, "secretsmanager:GetSecretValue", secret)
    elif not endpoint.is_cluster:
        require_permission(request, "redshift-serverless:GetCredentials", endpoint.arn)
    elif user:
        require_permission(request, "redshift:GetClusterCredentials", f"{prefix}:dbuser:{endpoint.name}/{user}")
        require_permission(request, "redshift:GetClusterCredentials", f"{prefix}:dbname:{endpoint.name}/{database}")
    else:
        resource = f"{prefix}:dbname:{endpoint.name}/{database}"
        require_permission(request, "redshift:GetClusterCredentialsWithIAM", resource)
    if database not in endpoint.databases:
        raise ValidationException(f'FATAL: database "{database}" does not exist')


@PATCHES.replace(RedshiftDataAPIServiceResponse, "describe_statement", "f7c89086af56")
def _describe_statement(stock: Any, self: BaseResponse) -> str:
    execution = _execution(self)
    described = {
        "Id": execution.id,
        "Database": execution.database,
        "Status": execution.status,
        "CreatedAt": execution.created,
        "UpdatedAt": time.time(),
        **({"Error": execution.error} if execution.error else {}),
    }
    parts = [part.description() for part in execution.parts]
    return json.dumps({**described, "SubStatements": parts} if execution.is_batch else {**parts[0], **described})


@PATCHES.replace(RedshiftDataAPIServiceResponse, "cancel_statement", "e38c2a2449cf")
def _cancel_statement(stock: Any, self: BaseResponse) -> str:
    execution = _execution(self)
    if execution.status in _FINAL:
        raise ValidationException(
            f"Could not cancel a query that is already in {execution.status} state with ID: {execution.id}"
        )
    execution.cancelled.set()
    if execution.session is not None:
        execution.session.connection.interrupt()
    return json.dumps({"Status": True})


@PATCHES.replace(RedshiftDataAPIServiceResponse, "get_statement_result", "f103fecb6213")
def _get_statement_result(stock: Any, self: BaseResponse) -> str:
    execution = _execution(self)
    part = next((part for part in execution.parts if part.id == self._get_param("Id")), None)
    if part is None or part.rows is None:
        raise ResourceNotFoundException
    if execution.status != "FINISHED":
        raise ValidationException(f"Query is not in FINISHED state: {execution.status}")
    start = int(self._get_param("NextToken") or 0)
    page = part.rows[start : start + _ROWS_PER_PAGE]
    more = {"NextToken": str(start + len(page))} if start + len(page) < len(part.rows) else {}
    return json.dumps(
        {
            "ColumnMetadata": [{"name": name, "label": name} for name in part.columns],
            "Records": [[_field(value) for value in row] for row in page],
            "TotalNumRows": len(part.rows),
            **more,
        }
    )


def _execution(request: BaseResponse) -> Execution:
    found = _executions.get(str(request._get_param("Id")).partition(":")[0])
    if found is None:
        raise ResourceNotFoundException
    return found


def _field(value: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Field.html."""
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"stringValue": value.hex()}
    if isinstance(value, datetime.datetime):
        return {"stringValue": value.isoformat(" ")}
    return {"stringValue": str(value if not isinstance(value, Decimal) else f"{value:f}")}
