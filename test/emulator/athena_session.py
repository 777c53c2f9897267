"""The session in which a statement runs, and its outcome."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from test.emulator.athena_errors import FailedError
from test.emulator.athena_query import Engine
from test.emulator.athena_tables import Tables
from test.emulator.athena_types import Column

FILES_PER_WRITE = 3
"""Athena's writers run in parallel, so the order of rows is lost across files."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a statement.

    Attributes:
        columns: Columns of the result.
        rows: Rows of the result; None if the statement returns no rows.
        update_count: Number of rows written.
        files: Files written, for the manifest; None if the statement has no manifest.
    """

    columns: Sequence[Column] = ()
    rows: pa.Table | None = None
    update_count: int | None = None
    files: Sequence[str] | None = None


@dataclass
class Session:
    """The session of one statement.

    Attributes:
        query_id: Id of the execution.
        tables: The catalog as the caller sees it.
        database: Database of the query's context; may be empty.
        output_folder: Location of results, with a trailing slash.
        engines: Engines that `interrupt` interrupts.
    """

    query_id: str
    tables: Tables
    database: str
    output_folder: str
    engines: list[Engine] = field(default_factory=list)

    def engine(self) -> Engine:
        """Returns a new engine, which StopQueryExecution can interrupt."""
        self.engines.append(Engine(self.tables, self.database))
        return self.engines[-1]

    def interrupt(self) -> None:
        for engine in self.engines:
            engine.connection.interrupt()

    def named(self, table: exp.Expr) -> exp.Table:
        """Returns the table of a statement, with its database."""
        found = table.this if isinstance(table, exp.Schema) else table
        if not isinstance(found, exp.Table):
            raise FailedError("SYNTAX_ERROR", f"'{table.sql()}' is not a table")
        if not found.db:
            if not self.database:
                raise FailedError(
                    "MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set", found
                )
            found.set("db", exp.to_identifier(self.database, quoted=True))
        return found

    def write_parquet(self, rows: pa.Table, location: str) -> list[str]:
        """Writes rows as Hive's Parquet files; writes no file if there are no rows.

        Returns:
            Their locations.
        """
        count = min(FILES_PER_WRITE, rows.num_rows)
        return [self._write_file(_every(rows, start, count), location) for start in range(count)]

    def _write_file(self, rows: pa.Table, location: str) -> str:
        name = f"{datetime.now(UTC):%Y%m%d_%H%M%S}_{secrets.randbelow(100_000):05d}_{secrets.token_hex(8)}"
        path = f"{location.rstrip('/')}/{name}"
        pq.write_table(
            rows,
            path.removeprefix("s3://"),
            filesystem=self.tables.filesystem,
            use_deprecated_int96_timestamps=True,
            compression="snappy",
        )
        return path


def _every(rows: pa.Table, start: int, step: int) -> pa.Table:
    return rows.take(pa.array(range(start, rows.num_rows, step), pa.int64()))
