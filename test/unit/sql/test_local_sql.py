from __future__ import annotations

import signal
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalake_sdk.errors import (
    QueryFailedError,
    SqlParseError,
    SqlStatementError,
    UnknownColumnError,
    UnqualifiedTableError,
)
from datalake_sdk.platforms.local.sql import LocalSql

MILLION = "SELECT n * 1000 + m AS x FROM UNNEST(sequence(0, 999)) AS a(n), UNNEST(sequence(1, 1000)) AS b(m)"
"""A query for the numbers from 1 to 1,000,000; sequence() has 10,000 entries at most."""


@pytest.mark.parametrize(
    ("statement", "line", "column", "reason", "under_caret"),
    [
        ("select * frm a.t", 1, 14, "'a' was not expected", "a"),
        ("select a\nfrom x.t\nwhere b in (1, 2\ngroup by 3", 4, 1, "expecting )", "g"),
        ("select * from x.t where", 1, 19, "something is missing", "w"),
        ("select 1,\n\t'abc", 2, 2, "' is not closed", "'"),
        ('select "a', 1, 8, '" is not closed', '"'),
        ("select `a` from x.t", 1, 8, 'quoted with "', "`"),
        (f"select {', '.join(['a'] * 200)} frm x.t", 1, 611, "was not expected", "x"),
    ],
)
def test_parse_error_shows_the_position(rows, statement, line, column, reason, under_caret):
    with pytest.raises(SqlParseError, match="SQL, line") as caught:
        rows(statement)
    assert (caught.value.line, caught.value.column) == (line, column)
    message, shown, caret = caught.value.message.split("\n")
    assert reason in message
    assert shown[caret.index("^")] == under_caret
    assert len(shown) < 120


@pytest.mark.parametrize(
    ("statement", "kind", "hint"),
    [
        ("DROP TABLE a.t", "DROP", "delete_table"),
        ("insert into a.t values (1)", "INSERT", "ingest"),
        ("UPDATE a.t SET x = 1", "UPDATE", "ingest"),
        ("CREATE TABLE a.t AS SELECT 1", "CREATE", "ingest"),
        ("MERGE INTO a.t USING a.u ON t.x = u.x WHEN MATCHED THEN DELETE", "MERGE", "ingest"),
        ("SHOW TABLES", "SHOW", "list_tables"),
        ("DESCRIBE a.t", "DESCRIBE", "describe_table"),
        ("UNLOAD (SELECT 1) TO 's3://b' WITH (format = 'PARQUET')", "UNLOAD", "--output"),
        ("OPTIMIZE a.t REWRITE DATA USING BIN_PACK", "OPTIMIZE", ""),
        ("PRAGMA x", "PRAGMA", ""),
        ("SELECT 1; SELECT 2", "2 statements", "separately"),
        (" -- nothing", "empty", ""),
    ],
)
def test_only_a_single_query_runs(rows, statement, kind, hint):
    with pytest.raises(SqlStatementError, match=kind) as caught:
        rows(statement)
    assert hint in caught.value.hint


def test_a_relation_cannot_read_files_outside_of_the_lake(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "outside.parquet")
    sql = LocalSql(tmp_path / "lake")
    with pytest.raises(QueryFailedError, match="files outside of the lake is disabled"):
        sql.query("SELECT * FROM a.t", lambda _: f"FROM read_parquet('{tmp_path}/outside.parquet')")


def test_a_file_that_disappears_while_the_query_is_prepared_is_an_error_of_the_sdk(tmp_path):
    for name in ("orders", "items"):
        pq.write_table(pa.table({"a": [1]}), tmp_path / f"{name}.parquet")

    def relation(reference):
        if reference.table == "items":
            (tmp_path / "orders.parquet").unlink()
        return f"FROM read_parquet('{tmp_path}/{reference.table}.parquet')"

    with pytest.raises(QueryFailedError):
        LocalSql(tmp_path).query("SELECT 1 FROM x.orders, x.items, x.orders AS again", relation)


def test_table_without_database_must_be_a_common_table_expression(rows):
    assert rows("WITH Orders AS (SELECT 1 AS x) SELECT * FROM (SELECT x FROM orders) AS o") == [(1,)]
    with pytest.raises(UnqualifiedTableError, match="table 'orders' has no database"):
        rows("WITH other AS (SELECT 1 AS x) SELECT * FROM orders")


def test_common_table_expression_is_visible_in_its_query_only(rows):
    with pytest.raises(UnqualifiedTableError, match="'inner_only'"):
        rows("SELECT * FROM (WITH inner_only AS (SELECT 1 AS x) SELECT x FROM inner_only) AS t, inner_only")


def test_unnamed_columns_get_the_names_of_athena(tmp_path):
    sql = LocalSql(tmp_path)
    statement = "SELECT 1, x, x + 1, CAST(x AS varchar), 5 AS n FROM (VALUES 1) AS t(x) UNION SELECT 1, 2, 3, 'a', 5"
    assert sql.query(statement, relation_of_nothing).schema.names == ["_col0", "x", "_col2", "_col3", "n"]
    assert sql.query("VALUES (1, 'a')", relation_of_nothing).schema.names == ["_col0", "_col1"]


def test_result_has_the_types_of_athena(tmp_path):
    statement = (
        "SELECT sum(x), count(*), now(), localtimestamp, NULL, 1.5, uuid(), 1 / x, histogram(x),"
        " with_timezone(TIMESTAMP '2020-01-01 00:00:00', 'UTC') FROM (VALUES 1) AS t(x) GROUP BY x"
    )
    assert LocalSql(tmp_path).query(statement, relation_of_nothing).schema.types == [
        pa.int64(),
        pa.int64(),
        pa.timestamp("us", "UTC"),
        pa.timestamp("us"),
        pa.string(),
        pa.decimal128(2, 1),
        pa.string(),
        pa.int32(),
        pa.map_(pa.int32(), pa.int64()),
        pa.timestamp("us", "UTC"),
    ]


@pytest.mark.parametrize(
    ("statement", "suggestion"),
    [
        ("SELECT amont FROM (VALUES 1) AS t(amount)", "amount"),
        ("SELECT t.amont FROM a.t", "amount"),
        ("SELECT amount FROM a.t GROUP BY amont", "amount"),
        ("SELECT amount FROM a.t WHERE 'x' = \"amont\"", "a string is written in single quotes: 'amont'"),
    ],
)
def test_unknown_column_has_suggestions(tmp_path, statement, suggestion):
    with pytest.raises(UnknownColumnError, match="column 'amont' does not exist") as caught:
        LocalSql(tmp_path).query(statement, lambda _: "SELECT 1 AS amount")
    assert suggestion in caught.value.hint


def test_failure_while_streaming_is_an_error_of_the_sdk(tmp_path):
    statement = f"SELECT CAST(if(x = 999999, 'oops', '1') AS integer) FROM ({MILLION})"
    stream = LocalSql(tmp_path).query(statement, relation_of_nothing)
    with pytest.raises(QueryFailedError, match="oops"):
        stream.read_all()


def test_rows_stream_in_batches(tmp_path):
    stream = LocalSql(tmp_path).query(f"SELECT x FROM ({MILLION})", relation_of_nothing)
    assert max(batch.num_rows for batch in stream) <= 100_000


def test_errors_do_not_show_the_translation(rows):
    with pytest.raises(QueryFailedError) as caught:
        rows("SELECT regexp_like(1, 2)")
    assert "athena_" not in str(caught.value)
    assert "LINE" not in str(caught.value)


def test_table_without_database_belongs_to_the_given_database(tmp_path):
    seen = []

    def relation(reference):
        seen.append((reference.database, reference.table))
        return "SELECT 1 AS x"

    statement = "WITH own AS (SELECT x FROM orders) SELECT orders.x FROM orders, own, other.items"
    assert LocalSql(tmp_path).query(statement, relation, database="dev_sales").read_all().num_rows == 1
    assert sorted(seen) == [("dev_sales", "orders"), ("other", "items")]


def relation_of_nothing(reference: object) -> str:
    raise AssertionError(f"{reference} does not exist in this test")


def test_ctrl_c_interrupts_a_long_query(tmp_path):
    statement = f"SELECT a.x FROM ({MILLION}) AS a CROSS JOIN ({MILLION}) AS b WHERE a.x + b.x < 0"
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            LocalSql(tmp_path).query(statement, relation_of_nothing).read_all()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 3
