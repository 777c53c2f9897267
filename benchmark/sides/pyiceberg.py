"""pyiceberg: `append`, `upsert` and scans, with a catalog in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from benchmark.sides.arrow import csv_reader, in_microseconds, parquet_reader, small_batch, small_changes, timed
from benchmark.sides.query import AGGREGATE, COLUMNS


def append_csv(folder: str, path: str) -> None:
    """Appends a stream of batches to a table."""
    rows = csv_reader(path)
    create_table(folder, rows.schema).append(rows)


def append_csv_partitioned(folder: str, path: str) -> None:
    """Appends rows to a table partitioned by `dt`; pyiceberg does not append a stream to a partitioned table."""
    rows = csv_reader(path).read_all()
    table = create_table(folder, rows.schema)
    with table.update_spec() as spec:
        spec.add_identity("dt")
    table.append(rows)


def append_json(folder: str, path: str) -> None:
    """Appends rows to a table, read with pyarrow, as pyiceberg reads only Arrow data."""
    rows = pyarrow.json.read_json(path)
    rows = rows.cast(in_microseconds(rows.schema))
    create_table(folder, rows.schema).append(rows)


def append_parquet(folder: str, path: str) -> None:
    """Appends a stream of batches to a table."""
    rows = parquet_reader(path)
    create_table(folder, rows.schema).append(rows)


def upsert(folder: str, path: str, keys: Sequence[str]) -> None:
    """Upserts a batch in memory into a table."""
    catalog(folder).load_table("bench.rows").upsert(pyarrow.parquet.read_table(path), join_cols=list(keys))


def upsert_into_lake(folder: str, path: str, keys: Sequence[str]) -> None:
    """Upserts a batch in memory into the table written by datalake_sdk."""
    load_lake_table(folder).upsert(pyarrow.parquet.read_table(path), join_cols=list(keys))


def append_to_lake(folder: str, path: str) -> None:
    """Appends a batch in memory to the table written by datalake_sdk."""
    load_lake_table(folder).append(pyarrow.parquet.read_table(path))


def count_in_lake(folder: str, condition: str) -> int:
    """Counts rows of the table written by datalake_sdk."""
    return load_lake_table(folder).scan(row_filter=condition, selected_fields=("id",)).to_arrow().num_rows


def aggregate(folder: str) -> int:
    """Number of rows that the query read, run by DuckDB on the result of a scan."""
    connection = load_lake_table(folder).scan(selected_fields=COLUMNS).to_duckdb(table_name="rows")
    return sum(row[1] for row in connection.execute(AGGREGATE.format(source="rows")).fetchall())


def small_appends(folder: str, appends: int, rows: int) -> list[float]:
    """Seconds of each append of `rows` rows."""
    table = create_table(folder, small_batch(0, 1).schema)
    return timed(table.append, (small_batch(number, rows) for number in range(appends)))


def small_upserts(folder: str, upserts: int, rows: int) -> list[float]:
    """Seconds of each upsert of `rows` rows."""
    table = create_table(folder, small_changes(0, 1).schema)
    return timed(partial(table.upsert, join_cols=["id"]), (small_changes(number, rows) for number in range(upserts)))


def catalog(folder: str) -> SqlCatalog:
    """The catalog in a folder."""
    return SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")


def load_lake_table(folder: str) -> Table:
    """The table written by datalake_sdk."""
    uri, warehouse = f"sqlite:///{folder}/catalog.db", f"file://{folder}"
    return SqlCatalog("glue_catalog", uri=uri, warehouse=warehouse).load_table("dev_bench.rows")


def create_table(folder: str, schema: pa.Schema) -> Table:
    """An empty table in a new catalog."""
    new = catalog(folder)
    new.create_namespace("bench")
    return new.create_table("bench.rows", schema)
