"""Runs queries of dbt on the platform of a profile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import agate
import pyarrow as pa
from dbt.adapters.base.connections import BaseConnectionManager
from dbt.adapters.contracts.connection import AdapterResponse, Connection, ConnectionState
from dbt_common.clients.agate_helper import table_from_data_flat
from dbt_common.exceptions import DbtDatabaseError

from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.ingest import IngestionResult
from datalake_sdk.operations.query import query
from datalake_sdk.platforms.base import Platform


class DatalakeConnections(BaseConnectionManager):
    """Each thread has its own platform; there are no transactions, because each write is one commit."""

    TYPE = "datalake"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.errors: dict[str, DatalakeError] = {}
        """Last error by name of the connection, which is the unique id of the node."""
        self.written: dict[str, IngestionResult] = {}
        """Last write by `database.table`."""

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        """Raises errors of dbt for those of the SDK."""
        try:
            yield
        except DatalakeError as error:
            connection = self.get_if_exists()
            if connection is not None:
                self.errors[connection.name] = error
            raise DbtDatabaseError(str(error)) from error

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        if connection.state != ConnectionState.OPEN:
            connection.handle = connection.credentials.platform()
            connection.state = ConnectionState.OPEN
        return connection

    @classmethod
    def _close_handle(cls, connection: Connection) -> None:
        """A platform holds nothing open."""

    def platform(self) -> Platform:
        """Returns the platform of this thread."""
        return self.get_thread_connection().handle  # type: ignore[no-any-return]

    def execute(
        self, sql: str, auto_begin: bool = False, fetch: bool = False, limit: int | None = None
    ) -> tuple[AdapterResponse, agate.Table]:
        rows = self.read(sql)
        table = table_from_data_flat(rows.slice(0, limit).to_pylist(), rows.schema.names)
        return AdapterResponse(f"OK {rows.num_rows}", rows_affected=rows.num_rows), table

    def read(self, sql: str) -> pa.Table:
        """Returns the rows of one SELECT."""
        with self.exception_handler(sql):
            return query(self.platform(), sql).read_all()

    def begin(self) -> None:
        """There are no transactions."""

    def commit(self) -> None:
        """There are no transactions."""

    def clear_transaction(self) -> None:
        """There are no transactions."""

    def cancel_open(self) -> list[str]:
        return []
