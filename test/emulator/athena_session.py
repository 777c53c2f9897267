"""What a running statement works with, and what comes of it."""

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

FILES_AT_ONCE = 3
"""Files that one write gives: Athena's writers work side by side, and none keeps the order of the others."""


@dataclass(frozen=True)
class Outcome:
    """What a statement gives.

    Attributes:
        columns: Of the result.
        rows: Of the result; None where there are none to read.
        update_count: Rows written.
        files: Files that were written to, for the manifest; None where the statement has none.
    """

    columns: Sequence[Column] = ()
    rows: pa.Table | None = None
    update_count: int | None = None
    files: Sequence[str] | None = None


@dataclass
class Session:
    """One statement's run.

    Attributes:
        query_id: Id of the execution.
        tables: The catalog as the caller sees it.
        database: Of the query's context.
        output_folder: Where results go, ends with a slash.
        engines: Those at work, to be interrupted.
    """

    query_id: str
    tables: Tables
    database: str
    output_folder: str
    engines: list[Engine] = field(default_factory=list)

    def engine(self) -> Engine:
        """An engine that StopQueryExecution interrupts."""
        self.engines.append(Engine(self.tables, self.database))
        return self.engines[-1]

    def interrupt(self) -> None:
        for engine in self.engines:
            engine.connection.interrupt()

    def named(self, table: exp.Expr) -> exp.Table:
        """A table's name with its database."""
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
        """Writes rows as Hive's Parquet files; no file where there is no row.

        Returns:
            Their locations.
        """
        count = min(FILES_AT_ONCE, rows.num_rows)
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
