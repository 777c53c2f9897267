"""Queries reuse databases without seeing each other's tables."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from datalake_sdk.errors import DatalakeError
from datalake_sdk.platforms.local.query_databases import query_database
from datalake_sdk.platforms.local.sql import LocalSql

ROWS = "SELECT range AS n FROM range(1000000)"


@pytest.fixture
def sql(tmp_path):
    return LocalSql(tmp_path)


@pytest.fixture
def no_new_database(monkeypatch):
    def forbid():
        monkeypatch.setattr(duckdb, "connect", lambda **_: pytest.fail("created another database"))

    return forbid


def answer(sql, relation, statement="SELECT * FROM sales.orders"):
    return sql.query(statement, lambda _: relation).read_all().to_pydict()


def test_a_query_sees_only_its_own_tables_in_a_reused_database(sql, no_new_database):
    assert answer(sql, "SELECT 1 AS a") == {"a": [1]}
    no_new_database()
    assert answer(sql, "SELECT 2 AS b") == {"b": [2]}
    assert answer(sql, pa.table({"c": [3]})) == {"c": [3]}
    assert answer(sql, pa.table({"d": [4]})) == {"d": [4]}


def test_functions_can_be_called_in_a_reused_database(sql, no_new_database):
    statement = "SELECT url_decode('a%20b') AS u, date_format(DATE '2024-02-29', '%Y') AS y FROM sales.orders"
    expected = answer(sql, "SELECT 1 AS a", statement)
    no_new_database()
    assert answer(sql, "SELECT 1 AS a", statement) == expected == {"u": ["a b"], "y": ["2024"]}


def test_a_failed_query_returns_its_database(sql, no_new_database):
    for failing in ("SELECT nope FROM sales.orders", "SELECT 1 / (a - a) FROM sales.orders"):
        with pytest.raises(DatalakeError):
            answer(sql, "SELECT 1 AS a", failing)
    no_new_database()
    assert answer(sql, "SELECT 1 AS a") == {"a": [1]}


def test_a_database_that_became_invalid_is_not_reused(tmp_path):
    invalid = query_database(tmp_path)
    invalid.connection.close()
    invalid.release()
    assert query_database(tmp_path) is not invalid


def test_queries_that_run_at_the_same_time_use_different_databases(sql):
    first = sql.query("SELECT * FROM sales.orders", lambda _: ROWS)
    first.read_next_batch()
    assert answer(sql, "SELECT 1 AS a") == {"a": [1]}
    assert first.read_all().num_rows < 1_000_000


def test_an_abandoned_result_returns_its_database(sql, no_new_database):
    result = sql.query("SELECT * FROM sales.orders", lambda _: ROWS)
    result.read_next_batch()
    del result
    no_new_database()
    assert answer(sql, "SELECT 1 AS a") == {"a": [1]}


def test_lakes_do_not_share_databases(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one/rows.csv").write_text("a\n1\n")
    file = f"SELECT * FROM read_csv('{tmp_path}/one/rows.csv')"
    assert answer(LocalSql(tmp_path / "one"), file) == {"a": [1]}
    with pytest.raises(DatalakeError):
        answer(LocalSql(tmp_path / "other"), file)
