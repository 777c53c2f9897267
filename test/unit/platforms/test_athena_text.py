"""What is said of a statement before Athena sees it, and how its types travel."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pyarrow as pa
import pytest

from datalake_sdk.errors import SqlParseError, SqlStatementError
from datalake_sdk.platforms.aws.athena_text import query_text
from datalake_sdk.platforms.aws.athena_types import from_text, parse_type
from datalake_sdk.sql.athena import parse_query


@pytest.mark.parametrize(
    ("statement", "sql"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1 ; -- done; really\n", "SELECT 1"),
        ("-- first\n SELECT ';' AS a", "-- first\n SELECT ';' AS a"),
        ("WITH a AS (SELECT 1) SELECT * FROM a;;", "WITH a AS (SELECT 1) SELECT * FROM a"),
        ("(SELECT 1)", "(SELECT 1)"),
        ("VALUES 1", "VALUES 1"),
    ],
)
def test_a_query_keeps_its_text_without_what_ends_it(statement, sql):
    assert query_text(statement).sql == sql


@pytest.mark.parametrize(
    ("statement", "is_sorted"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM t order /* by */ by a LIMIT 3", True),
        ("(SELECT a FROM t ORDER BY a)", True),
        ("(SELECT 1) UNION (SELECT 2) ORDER BY 1", True),
        ("(SELECT 1 ORDER BY 1) UNION (SELECT 2 ORDER BY 1)", False),
        ("SELECT row_number() OVER (ORDER BY a) FROM t", False),
        ("SELECT * FROM (SELECT a FROM t ORDER BY a) AS s", False),
        ("SELECT 'ORDER BY', \"order by\" FROM t -- ORDER BY a", False),
    ],
)
def test_only_an_order_of_the_whole_result_counts(statement, is_sorted):
    assert query_text(statement).is_sorted is is_sorted


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "-- nothing",
        "INSERT INTO t VALUES (1)",
        "DROP TABLE t",
        "SHOW TABLES",
        "DESCRIBE t",
        "EXPLAIN SELECT 1",
        "UNLOAD (SELECT 1) TO 's3://b/'",
        "SELECT 1; SELECT 2",
        "SELECT 'a",
        'SELECT "a',
    ],
)
def test_mistakes_have_the_errors_that_they_have_in_a_folder(statement):
    with pytest.raises((SqlStatementError, SqlParseError)) as here:
        query_text(statement)
    with pytest.raises(type(here.value)) as there:
        parse_query(statement)
    assert here.value.message == there.value.message
    assert here.value.hint == there.value.hint


def test_an_open_comment_is_shown_where_it_begins():
    with pytest.raises(SqlParseError, match="line 2, column 3: a comment is not closed"):
        query_text("SELECT 1\n  /* a")


@pytest.mark.parametrize(
    ("name", "arrow", "travels_as"),
    [
        ("bigint", pa.int64(), "c"),
        ("varchar(10)", pa.string(), "c"),
        ("decimal(10,2)", pa.decimal128(10, 2), "c"),
        ('array(row("a b" date, c map(varchar, double)))', None, "c"),
        ("timestamp(3)", pa.timestamp("us"), "CAST(CAST(c AS timestamp(6)) AS varchar)"),
        ("json", pa.string(), "json_format(c)"),
        (
            'row("t" time(3), "n" decimal(5,2))',
            pa.struct([("t", pa.time64("us")), ("n", pa.decimal128(5, 2))]),
            'IF(c IS NULL, NULL, CAST(ROW(CAST(c."t" AS varchar), c."n") AS row("t" varchar, "n" decimal(5,2))))',
        ),
        (
            "row(integer, decimal(5,2))",
            pa.struct([("field0", pa.int32()), ("field1", pa.decimal128(5, 2))]),
            'IF(c IS NULL, NULL, CAST(ROW(c[1], c[2]) AS row("field0" integer, "field1" decimal(5,2))))',
        ),
        ("unknown", pa.string(), "CAST(c AS varchar)"),
        ("interval year to month", pa.string(), "CAST(c AS varchar)"),
        ("time(6) with time zone", pa.string(), "CAST(c AS varchar)"),
        (
            "array(timestamp(6))",
            pa.list_(pa.field("l", pa.timestamp("us"))),
            "transform(c, x0 -> CAST(CAST(x0 AS timestamp(6)) AS varchar))",
        ),
    ],
)
def test_a_type_is_arrows_and_travels_as_hive_can_write_it(name, arrow, travels_as):
    found = parse_type(name)
    expected = arrow or pa.list_(
        pa.field("l", pa.struct([("a b", pa.date32()), ("c", pa.map_(pa.string(), pa.float64()))]))
    )
    assert (found.arrow, found.expression("c")) == (expected, travels_as)


def test_texts_become_what_they_were():
    moment = datetime(2024, 1, 2, 3, 4, 5, 678, UTC)
    text = "2024-01-02 03:04:05.000678"
    assert from_text(pa.array([text, None]), pa.timestamp("us")).to_pylist() == [moment.replace(tzinfo=None), None]
    assert from_text(pa.array([f"{text}Z"]), pa.timestamp("us", "UTC")).to_pylist() == [moment]
    assert from_text(pa.array(["03:04:05.5"]), pa.time64("us")).to_pylist() == [time(3, 4, 5, 500000)]
    nested = pa.list_(pa.struct([("t", pa.timestamp("us", "UTC")), ("n", pa.int64())]))
    rows = [[{"t": f"{text}Z", "n": 1}, None], None, []]
    assert from_text(pa.array(rows), nested).to_pylist() == [[{"t": moment, "n": 1}, None], None, []]
