"""Workgroups and clusters of Redshift: their databases, which are DuckDB files, their roles and table locks."""

from __future__ import annotations

import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

_LOCK_CHECK_SECONDS = 0.02
_CATALOG = """
CREATE SCHEMA IF NOT EXISTS public;
CREATE TABLE IF NOT EXISTS main.declared_columns (
    schema_name VARCHAR, table_name VARCHAR, column_name VARCHAR, ordinal_position INTEGER, data_type VARCHAR,
    character_maximum_length INTEGER, numeric_precision INTEGER, numeric_scale INTEGER, is_nullable VARCHAR
);
CREATE OR REPLACE VIEW main.svv_all_columns AS
    SELECT current_database() AS database_name, schema_name, table_name, column_name, ordinal_position,
        CAST(NULL AS VARCHAR) AS column_default, is_nullable, data_type, character_maximum_length, numeric_precision,
        numeric_scale, CAST(NULL AS VARCHAR) AS remarks
    FROM main.declared_columns;
CREATE OR REPLACE MACRO main.redshift_json_parse(value) AS CASE typeof(value)
    WHEN 'BLOB' THEN json(decode(CAST(value AS BLOB))) ELSE json(CAST(value AS VARCHAR)) END;
"""
"""The columns of `svv_all_columns` are those of https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_ALL_COLUMNS.html."""


class CancelledError(Exception):
    """A user cancelled the execution while it waited for a lock."""


@dataclass
class Endpoint:
    """A serverless workgroup or a provisioned cluster.

    Attributes:
        name: Name of the workgroup or identifier of the cluster.
        is_cluster: Whether it is a cluster.
        arn: ARN, which contains an id instead of the name for a workgroup.
        databases: Names of its databases.
        roles: ARNs of the IAM roles that are attached to it.
        default_role: The one of `IAM_ROLE default`.
        is_contended: Set once an execution has waited for a lock.
    """

    name: str
    is_cluster: bool
    arn: str
    databases: tuple[str, ...]
    roles: tuple[str, ...] = ()
    default_role: str | None = None
    is_contended: threading.Event = field(default_factory=threading.Event)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="redshift-")))
    _connections: dict[str, duckdb.DuckDBPyConnection] = field(default_factory=dict)
    _locked: dict[tuple[str, str], object] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def session(self, database: str) -> duckdb.DuckDBPyConnection:
        """Returns a new session, with its own temporary tables."""
        with self._changed:
            if database not in self._connections:
                connection = duckdb.connect(str(self.folder / f"{database}.duckdb"), config={"threads": 1})
                connection.execute(_CATALOG)
                self._connections[database] = connection
            session = self._connections[database].cursor()
        session.execute("SET search_path = 'public,main'")
        session.execute("SET TimeZone = 'UTC'")
        return session

    def lock(self, owner: object, database: str, table: str, is_cancelled: Callable[[], bool]) -> None:
        """Locks a table until `unlock`; waits while another owner has locked it."""
        self.wait(owner, database, [table], is_cancelled)
        with self._changed:
            self._locked[database, table] = owner

    def wait(self, owner: object, database: str, tables: Iterable[str], is_cancelled: Callable[[], bool]) -> None:
        """Waits until no other owner has locked any of the tables.

        Raises:
            CancelledError: The execution was cancelled.
        """
        keys = [(database, table) for table in tables]
        with self._changed:
            while any(self._locked.get(key, owner) is not owner for key in keys):
                if is_cancelled():
                    raise CancelledError
                self.is_contended.set()
                self._changed.wait(_LOCK_CHECK_SECONDS)

    def unlock(self, owner: object) -> None:
        """Releases all locks of an owner."""
        with self._changed:
            for key in [key for key, holder in self._locked.items() if holder is owner]:
                del self._locked[key]
            self._changed.notify_all()

    def close(self) -> None:
        """Closes the databases and deletes their files."""
        for connection in self._connections.values():
            connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)


endpoints: dict[str, Endpoint] = {}
owners: dict[str, str] = {}
"""IAM user ids of the callers of executions, by the id of the execution."""


def find_endpoint(named: str) -> Endpoint | None:
    """Returns the workgroup or cluster with a name or ARN."""
    return next((each for each in endpoints.values() if named in (each.name, each.arn)), None)


def new_endpoint(
    account: str, region: str, name: str, is_cluster: bool, databases: Iterable[str], roles: Iterable[str]
) -> Endpoint:
    """Creates a workgroup or a cluster, whose first role is its default role."""
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftdataapi.html
    resource = f"redshift:{region}:{account}:cluster:{name}"
    if not is_cluster:
        resource = f"redshift-serverless:{region}:{account}:workgroup/{uuid.uuid5(uuid.NAMESPACE_DNS, name)}"
    attached = tuple(roles)
    endpoint = Endpoint(
        name, is_cluster, f"arn:aws:{resource}", tuple(databases), attached, attached[0] if attached else None
    )
    endpoints[name] = endpoint
    return endpoint
