"""Statements as they are sent to Athena, and the conversion of its types."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pyarrow as pa
import pytest

from datalake_sdk.errors import SqlParseError, UnqualifiedTableError
from datalake_sdk.platforms.aws.athena_text import query_text
from datalake_sdk.platforms.aws.athena_types import cast_column, parse_type


@pytest.mark.parametrize(
    ("statement", "sql"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1 ; -- done; really\n", "SELECT 1"),
        ("-- first\n SELECT ';' AS a", "        \n SELECT ';' AS a"),
        ('SELECT/* a\nb */ 1 AS "update"', 'SELECT    \n     1 AS "update"'),
        ("WITH a AS (SELECT 1) SELECT * FROM a;;", "WITH a AS (SELECT 1) SELECT * FROM a"),
        ("(SELECT 1)", "(SELECT 1)"),
        ("VALUES 1", "VALUES 1"),
    ],
)
def test_a_statement_is_sent_without_comments_and_semicolons_and_otherwise_unchanged(statement, sql):
    assert query_text(statement).sql == sql


@pytest.mark.parametrize(
    ("statement", "is_sorted"),
    [
        ("SELECT a FROM d.t ORDER BY a", True),
        ("SELECT a FROM d.t order /* by */ by a LIMIT 3", True),
        ("(SELECT a FROM d.t ORDER BY a)", True),
        ("(SELECT 1) UNION (SELECT 2) ORDER BY 1", True),
        ("(SELECT 1 ORDER BY 1) UNION (SELECT 2 ORDER BY 1)", False),
        ("SELECT row_number() OVER (ORDER BY a) FROM d.t", False),
        ("SELECT * FROM (SELECT a FROM d.t ORDER BY a) AS s", False),
        ("SELECT 'ORDER BY', \"order by\" FROM d.t -- ORDER BY a", False),
        ("(SELECT a FROM d.t ORDER BY a) LIMIT 1", False),
        ("VALUES 2, 1 ORDER BY 1", True),
    ],
)
def test_a_query_is_sorted_only_if_it_orders_its_whole_result(statement, is_sorted):
    assert query_text(statement).is_sorted is is_sorted


def test_an_unqualified_table_is_valid_with_a_database():
    assert query_text("SELECT * FROM t", "dev_db").sql == "SELECT * FROM t"
    with pytest.raises(UnqualifiedTableError):
        query_text("SELECT * FROM t")


def test_the_position_of_an_unclosed_comment_is_its_start():
    with pytest.raises(SqlParseError, match="line 2, column 3: a comment is not closed"):
        query_text("SELECT 1\n  /* a")


@pytest.mark.parametrize(
    ("name", "arrow", "expression"),
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
def test_a_type_has_an_arrow_type_and_an_expression_that_unload_can_write(name, arrow, expression):
    found = parse_type(name)
    expected = arrow or pa.list_(
        pa.field("l", pa.struct([("a b", pa.date32()), ("c", pa.map_(pa.string(), pa.float64()))]))
    )
    assert (found.arrow, found.expression("c")) == (expected, expression)


def test_strings_are_converted_to_the_type_of_the_result():
    moment = datetime(2024, 1, 2, 3, 4, 5, 678, UTC)
    text = "2024-01-02 03:04:05.000678"
    assert cast_column(pa.array([text, None]), pa.timestamp("us")).to_pylist() == [moment.replace(tzinfo=None), None]
    assert cast_column(pa.array([f"{text}Z"]), pa.timestamp("us", "UTC")).to_pylist() == [moment]
    assert cast_column(pa.array(["03:04:05.5"]), pa.time64("us")).to_pylist() == [time(3, 4, 5, 500000)]
    nested = pa.list_(pa.struct([("t", pa.timestamp("us", "UTC")), ("n", pa.int64())]))
    rows = [[{"t": f"{text}Z", "n": 1}, None], None, []]
    assert cast_column(pa.array(rows), nested).to_pylist() == [[{"t": moment, "n": 1}, None], None, []]
