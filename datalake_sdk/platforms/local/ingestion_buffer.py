"""Accepted requests of an embedded lake, in a SQLite file of their own."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from datalake_sdk.errors import BufferInUseError, NotWritableLakeError, StorageError
from datalake_sdk.platforms.ingestion_buffer import (
    REMEMBERED_DAYS,
    AcceptedRows,
    BatchOutcome,
    BatchState,
    RequestRecord,
    decoded,
    encoded,
)

_FOLDER = "ingestion_api"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS requests (id TEXT PRIMARY KEY, digest TEXT, batch TEXT, accepted_at REAL)",
    "CREATE TABLE IF NOT EXISTS queue (position INTEGER PRIMARY KEY, request TEXT UNIQUE, body TEXT, accepted_at REAL)",
    "CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, content TEXT, state TEXT, snapshot INTEGER, error TEXT)",
)
_FORGET = (
    "DELETE FROM requests WHERE accepted_at < ? AND id NOT IN (SELECT request FROM queue)",
    "DELETE FROM batches WHERE id NOT IN (SELECT batch FROM requests WHERE batch IS NOT NULL)",
)
_CLAIM = "UPDATE requests SET batch = ? WHERE id = ? AND batch IS ?"
_COMPLETE = "UPDATE batches SET state = ?, snapshot = ?, error = ?, content = NULL WHERE id = ?"


class LocalBuffer:
    """Buffer and queue of one table. A request is on disk before it is accepted.

    Args:
        root: Folder of the lake.
        table: Name of the table in the catalog, which names the file.

    Raises:
        BufferInUseError: Another process has opened it.
        NotWritableLakeError: The folder is not writable.
    """

    def __init__(self, root: Path, table: str) -> None:
        self.path = root.expanduser().resolve() / _FOLDER / f"{table}.db"
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.OperationalError) as error:
            raise NotWritableLakeError(self.path.parent, _reason(error)) from error
        self._open()

    def close(self) -> None:
        """Closes the file, so that another process can open it."""
        self._connection.close()

    def add(self, record: RequestRecord, rows: AcceptedRows) -> RequestRecord:
        try:
            with self._transaction():
                return self._added(record, rows)
        except sqlite3.OperationalError as error:
            raise StorageError(str(self.path), str(error)) from error

    def find(self, requests: Collection[str]) -> Mapping[str, RequestRecord]:
        with self._lock:
            return {record.id: record for record in self._records(requests)}

    def claim(self, records: Sequence[RequestRecord], batch: str) -> set[str]:
        with self._transaction():
            values = [(batch, record.id, record.batch) for record in records]
            return {each[1] for each in values if self._connection.execute(_CLAIM, each).rowcount}

    def seal(self, batch: str, content: Sequence[AcceptedRows]) -> list[AcceptedRows]:
        with self._transaction():
            insert = "INSERT OR IGNORE INTO batches (id, content) VALUES (?, ?)"
            self._connection.execute(insert, (batch, encoded(content)))
            ((stored,),) = self._connection.execute("SELECT content FROM batches WHERE id = ?", (batch,))
            return decoded(stored or "[]")

    def complete(self, batch: str, outcome: BatchOutcome) -> None:
        with self._transaction():
            values = (outcome.state.value, outcome.snapshot_id, outcome.error, batch)
            self._connection.execute(_COMPLETE, values)

    def outcomes(self, batches: Collection[str]) -> Mapping[str, BatchOutcome]:
        select = "SELECT state, snapshot, error FROM batches WHERE id = ? AND state IS NOT NULL"
        with self._lock:
            found = {batch: self._connection.execute(select, (batch,)).fetchone() for batch in batches}
        return {
            batch: BatchOutcome(BatchState(row[0]), row[1], row[2] or "")
            for batch, row in found.items()
            if row is not None
        }

    def receive(self, max_bytes: int, excluded: Collection[str]) -> list[AcceptedRows]:
        received: list[AcceptedRows] = []
        with self._lock:
            for row in self._connection.execute("SELECT request, body, accepted_at FROM queue ORDER BY position"):
                if row[0] not in excluded:
                    received.append(AcceptedRows(*row))
                    max_bytes -= len(row[1])
                if max_bytes <= 0:
                    break
        return received

    def remove(self, requests: Collection[str]) -> None:
        with self._transaction():
            self._connection.executemany("DELETE FROM queue WHERE request = ?", [(request,) for request in requests])

    def _added(self, record: RequestRecord, rows: AcceptedRows) -> RequestRecord:
        stored = self._records([record.id])
        if stored:
            return stored[0]
        values = (record.id, record.digest, rows.accepted_at)
        self._connection.execute("INSERT INTO requests VALUES (?, ?, NULL, ?)", values)
        self._connection.execute(
            "INSERT INTO queue (request, body, accepted_at) VALUES (?, ?, ?)", (record.id, rows.body, rows.accepted_at)
        )
        return record

    def _records(self, requests: Collection[str]) -> list[RequestRecord]:
        select = "SELECT id, digest, batch FROM requests WHERE id = ?"
        rows = (self._connection.execute(select, (request,)).fetchone() for request in requests)
        return [RequestRecord(*row) for row in rows if row is not None]

    def _open(self) -> None:
        try:
            # Exclusive: one process serves a table, and write-ahead logging needs no shared memory.
            # https://www.sqlite.org/wal.html#use_of_wal_without_shared_memory
            for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
                self._connection.execute(f"PRAGMA {pragma}")
            with self._transaction():
                for statement in _TABLES:
                    self._connection.execute(statement)
                self._connection.execute(_FORGET[0], (time.time() - REMEMBERED_DAYS * 86_400,))
                self._connection.execute(_FORGET[1])
        except sqlite3.OperationalError as error:
            self.close()
            if "locked" in str(error):
                raise BufferInUseError(self.path) from None
            raise NotWritableLakeError(self.path, str(error)) from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _reason(error: Exception) -> str:
    return os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)
