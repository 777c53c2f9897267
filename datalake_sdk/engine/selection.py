"""Selects and transforms rows of a snapshot, to stream them or to compute checksums for a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import duckdb
import pyarrow as pa
from pyiceberg.table import Table

from datalake_sdk.engine.duckdb_storage import connect
from datalake_sdk.engine.scan import ROWS_PER_BATCH, relation
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.errors import QueryFailedError
from datalake_sdk.sql_quotes import quoted

_SAMPLE_STEPS = 1_000_000


@dataclass(frozen=True)
class Selection:
    """A query on one snapshot of a table.

    Args:
        table: The table.
        snapshot_id: Snapshot to read.
        since: Snapshot whose files are left out; None leaves out no files.
        where: Filter condition, in DuckDB's SQL.
        setup: SQL statements to execute before the query.
        sample: Share of rows to select, between 0 and 1; deterministic.
        sample_by: Columns whose values determine the sample; all columns if empty.
        replaced: Expressions in DuckDB's SQL that replace columns.
    """

    table: Table
    snapshot_id: int
    since: int | None = None
    where: str | None = None
    setup: str = ""
    sample: float | None = None
    sample_by: Sequence[str] = ()
    replaced: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns and their Arrow types."""
        return write_schema(self.table.scan(snapshot_id=self.snapshot_id).projection()).remove_metadata()

    def stream(self) -> pa.RecordBatchReader:
        """Streams the rows in bounded memory, or from memory if DuckDB cannot scan the files.

        Raises:
            QueryFailedError: The condition is invalid.
        """
        connection = connect(self.table)
        with _query_errors():
            rows = connection.sql(self.sql(connection)).to_arrow_reader(ROWS_PER_BATCH)
        return rows.cast(pa.schema([pa.field(column.name, column.type) for column in self.schema]))

    def sql(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Prepares a connection, and returns the query to execute on it."""
        connection.execute(self.setup)
        rows = relation(self.table, self.snapshot_id, self.since)
        if isinstance(rows, pa.Table):
            name = f"rows_{self.snapshot_id}"
            connection.register(name, rows)
            rows = f"FROM {name}"
        selected = ", ".join(f"{self.replaced.get(name, quoted(name))} AS {quoted(name)}" for name in self.schema.names)
        return f"SELECT {selected} FROM ({rows}) WHERE {' AND '.join(self._conditions())}"

    def _conditions(self) -> Iterator[str]:
        yield f"({self.where})" if self.where else "true"
        if self.sample is not None:
            columns = ", ".join(map(quoted, self.sample_by or self.schema.names))
            yield f"hash({columns}) % {_SAMPLE_STEPS} < {round(self.sample * _SAMPLE_STEPS)}"


@dataclass(frozen=True)
class Checksums:
    """Order-independent checksums of rows.

    Args:
        rows: Number of rows.
        whole: Sum of the hashes of whole rows.
        columns: Sum of the hashes of the values of each column.
    """

    rows: int
    whole: int
    columns: Mapping[str, int]


@dataclass(frozen=True)
class KeyFilter:
    """A semi join: selects rows whose key is in another selection.

    Args:
        selection: Rows with the keys.
        columns: Names of the key columns in the filtered rows, mapped to their names in `selection`.
    """

    selection: Selection
    columns: Mapping[str, str]


def checksums(selection: Selection, columns: Mapping[str, pa.Field], key_filter: KeyFilter | None = None) -> Checksums:
    """Computes checksums of rows.

    Args:
        selection: The rows.
        columns: Columns to include, at least one, mapped to the name and type for the comparison.
        key_filter: Semi join to apply to the rows.

    Raises:
        QueryFailedError: The rows cannot be read.
    """
    names = [column.name for column in columns.values()]
    with _query_errors(), connect(selection.table) as connection:
        rows = f"({selection.sql(connection)}) AS rows"
        if key_filter is not None:
            rows = f"{rows} SEMI JOIN ({key_filter.selection.sql(connection)}) AS others ON {_equal_keys(key_filter)}"
        types = _duckdb_types(connection, pa.schema(list(columns.values())))
        values = [f"CAST({quoted(own)} AS {type_})" for own, type_ in zip(columns, types, strict=True)]
        sums = ", ".join(map(_hash_sum, [", ".join(values), *values]))
        found = connection.execute(f"SELECT count(*), {sums} FROM {rows}").fetchone()
    assert found is not None
    return Checksums(found[0], found[1], dict(zip(names, found[2:], strict=True)))


def _equal_keys(key_filter: KeyFilter) -> str:
    pairs = key_filter.columns.items()
    return " AND ".join(f"rows.{quoted(name)} = others.{quoted(other)}" for name, other in pairs)


def _hash_sum(values: str) -> str:
    return f"coalesce(sum(hash({values})::HUGEINT), 0)"


def _duckdb_types(connection: duckdb.DuckDBPyConnection, schema: pa.Schema) -> list[str]:
    return [str(type_) for type_ in connection.from_arrow(schema.empty_table()).types]


@contextmanager
def _query_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise QueryFailedError(str(error).splitlines()[0]) from error
