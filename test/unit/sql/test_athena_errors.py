"""Error messages of invalid queries: Athena's error name, the position, and no wording of DuckDB."""

from __future__ import annotations

import re

import pytest

from datalake_sdk.errors import DatalakeError, QueryFailedError, UnexplainedQueryError
from datalake_sdk.sql.duckdb.error_messages import athena_error

EXPLAINED = [
    ("SELECT abs(ARRAY[1])", "TYPE_MISMATCH: line 1:8: Unexpected parameters (array(integer)) for function abs"),
    (
        "SELECT 1,\n  strpos(1, 'x')",
        "TYPE_MISMATCH: line 2:3: Unexpected parameters (integer, varchar) for function strpos",
    ),
    ("SELECT 'é', abs('ü')", "TYPE_MISMATCH: line 1:13: Unexpected parameters (varchar) for function abs"),
    ("SELECT sum('a')", "TYPE_MISMATCH: line 1:8: Unexpected parameters (varchar) for function sum"),
    ("SELECT 1, array_max(5)", "TYPE_MISMATCH: line 1:11: Unexpected parameters for function array_max"),
    ("SELECT url_encode(MAP())", "TYPE_MISMATCH: line 1:8: Unexpected parameters (map(unknown, unknown)) for function"),
    ("SELECT 1 + ARRAY[2]", "Cannot apply operator: integer + array(integer)"),
    ("SELECT 'a' LIKE 1", "Cannot apply operator: varchar LIKE integer"),
    ("SELECT -ARRAY[1]", "Cannot apply operator: -array(integer)"),
    ("SELECT 1 = ARRAY[1]", "TYPE_MISMATCH: Cannot cast integer to array(integer)"),
    (
        "SELECT CASE WHEN true THEN 1 ELSE ARRAY[1] END",
        "All CASE results must be the same type or coercible to",
    ),
    ("SELECT CAST(ARRAY[1] AS date)", "TYPE_MISMATCH: Cannot cast array(integer) to date"),
    ("SELECT CAST('a' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'a' to an integer"),
    ("SELECT CAST('a' AS double)", "INVALID_CAST_ARGUMENT: Cannot cast 'a' to double"),
    ("SELECT CAST('a' AS boolean)", "INVALID_CAST_ARGUMENT: Cannot cast 'a' to boolean"),
    ("SELECT CAST('a' AS decimal(5, 2))", "INVALID_CAST_ARGUMENT: Cannot cast 'a' to decimal(5, 2)"),
    ("SELECT DATE 'x'", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: x"),
    ("SELECT DATE '2020-02-30'", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 2020-02-30"),
    ("SELECT TIMESTAMP 'x'", "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: x"),
    ("SELECT r.b FROM (SELECT CAST(ROW(1) AS ROW(a int)) AS r)", "COLUMN_NOT_FOUND: Field 'b' cannot be resolved"),
    ("SELECT CAST(3000000000 AS integer)", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for integer: 3000000000"),
    ("SELECT CAST(12345.6 AS decimal(3, 1))", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for decimal(3, 1): 12345.6"),
    ("SELECT 9223372036854775807 + 1", "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow"),
    ("SELECT CAST(127 AS tinyint) * CAST(2 AS tinyint)", "NUMERIC_VALUE_OUT_OF_RANGE: tinyint multiplication overflow"),
    ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero"),
    ("SELECT 1 % 0", "DIVISION_BY_ZERO: Division by zero"),
    ("SELECT regexp_like('a', '(')", "INVALID_FUNCTION_ARGUMENT: the regular expression is not valid: missing ): ("),
    ("SELECT date_parse('x', '%Y')", "INVALID_FUNCTION_ARGUMENT: Invalid format: 'x' does not match the pattern"),
    ("SELECT MAP(ARRAY[1, 1], ARRAY[2, 3])", "INVALID_FUNCTION_ARGUMENT: Duplicate map keys are not allowed"),
    ("SELECT MAP(ARRAY[1], ARRAY[2, 3])", "INVALID_FUNCTION_ARGUMENT: Key and value arrays must be the same length"),
    (
        "SELECT date_parse('2024-02-30', '%Y-%m-%d')",
        "INVALID_FUNCTION_ARGUMENT: '2024-2-30' is not a date of the calendar",
    ),
    (
        "SELECT sum(x) FROM (VALUES 9223372036854775807, 1) AS t(x)",
        "NUMERIC_VALUE_OUT_OF_RANGE: bigint overflow",
    ),
    (
        "SELECT abs(-9223372036854775807 - 1)",
        "NUMERIC_VALUE_OUT_OF_RANGE: Value -9223372036854775808 is out of range for abs",
    ),
    (
        "SELECT greatest(1, 'a')",
        "TYPE_MISMATCH: All operands must be the same type or coercible to a common type. "
        "Cannot find common type between integer and varchar",
    ),
    ("SELECT 'a' LIKE 'a' ESCAPE 'bb'", "INVALID_FUNCTION_ARGUMENT: Escape string must be a single character"),
    ("SELECT ntile(0) OVER ()", "INVALID_FUNCTION_ARGUMENT: Buckets must be greater than 0"),
    ("SELECT 1 ORDER BY 'x'", "NOT_SUPPORTED: ORDER BY of a constant is not supported"),
    ("SELECT json_parse('{')", "INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON"),
    ("SELECT json_size('{}', 'a')", "INVALID_FUNCTION_ARGUMENT: Invalid JSON path: 'a'"),
    ("SELECT width_bucket(1e0, ARRAY[0e0, infinity()])", "INVALID_FUNCTION_ARGUMENT: Bin value must be finite"),
    ("SELECT JSON '{'", "INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON"),
    ("SELECT pow(x -> x, 2)", "TYPE_MISMATCH: The function does not accept a lambda"),
    ("SELECT trim_array(ARRAY[1], 3)", "INVALID_FUNCTION_ARGUMENT: size must not exceed array cardinality 1: 3"),
    ("SELECT luhn_check('x')", "INVALID_FUNCTION_ARGUMENT: Input contains non-digit character"),
    ("SELECT to_base(5, 40)", "INVALID_FUNCTION_ARGUMENT: Radix must be between 2 and 36"),
    ('SELECT 1 AS ""', "SYNTAX_ERROR: line 1:13: Zero-length delimited identifier not allowed"),
    ("SELECT", "SYNTAX_ERROR: SELECT requires at least one column"),
    (
        "SELECT x FROM (VALUES 1) AS t(x) TABLESAMPLE BERNOULLI (200)",
        "NUMERIC_VALUE_OUT_OF_RANGE: Sample percentage must be between 0 and 100",
    ),
    ("SELECT date_add('eon', 1, DATE '2020-01-01')", "INVALID_FUNCTION_ARGUMENT: eon is not a unit of time"),
    ("SELECT x.y FROM (SELECT 1 AS y) AS t", "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved"),
    ("SELECT a FROM (SELECT 1 AS a) AS t, (SELECT 1 AS a) AS u", "AMBIGUOUS_NAME: line 1:8: Column 'a' is ambiguous"),
    ("SELECT b, count(*) FROM (SELECT 1 AS b)", "EXPRESSION_NOT_AGGREGATE: line 1:8: 'b' must be an aggregate"),
    ("SELECT 1 WHERE sum(1) > 0", "EXPRESSION_NOT_SCALAR: line 1:16: WHERE clause cannot contain aggregations"),
    ("SELECT max(sum(1))", "NESTED_AGGREGATION: line 1:12: Cannot nest aggregations inside aggregation"),
    ("SELECT (SELECT x FROM (VALUES 1, 2) AS t(x))", "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned"),
    ("SELECT 1 UNION SELECT 1, 2", "TYPE_MISMATCH: Set operation requires the same number of columns"),
    ("SELECT row_number()", "MISSING_OVER: Window function requires an OVER clause"),
    ("SELECT 1 ORDER BY 5", "INVALID_COLUMN_REFERENCE: ORDER position is not in select list"),
    ("SELECT * FROM UNNEST(5) AS t(x)", "TYPE_MISMATCH: Cannot unnest type: integer"),
    ("SELECT date_trunc('eon', now())", "INVALID_FUNCTION_ARGUMENT: 'eon' is not a valid TIMESTAMP field"),
    ("WITH t AS (SELECT 1) SELECT * FROM t AS u(a, b)", "alias list has 2 entries but 'u' has 1 columns available"),
    ("SELECT x FROM (VALUES (1, 2), (3)) AS t(x)", "Values rows have mismatched sizes"),
]
INVALID_QUERIES = [
    *(query for query, _ in EXPLAINED),
    "SELECT a FROM (SELECT 1 AS b)",
    "SELECT CAST(1 AS nothing)",
    "SELECT b.c.d FROM (SELECT 1 AS b)",
    "SELECT transform(5, x -> x)",
    "SELECT filter(MAP(), x -> x)",
    "SELECT element_at(1, 2)",
    "SELECT upper(1)",
    "SELECT array_join(1, ',')",
    "SELECT date_trunc('eon', now())",
    "SELECT date_diff('eon', now(), now())",
    "SELECT at_timezone(now(), 'Nowhere/Else')",
    "SELECT from_hex('x')",
    "SELECT from_base64('?')",
    "SELECT chr(-1)",
    "SELECT repeat('a', -1)",
    "SELECT sequence(1, 10000000000)",
    "SELECT json_extract('{}', '$[')",
    "SELECT from_utf8(X'FF')",
    "SELECT sum('a')",
    "SELECT avg(DATE '2020-01-01')",
    "SELECT row_number()",
    "SELECT lag(1)",
    "SELECT 1 ORDER BY 5",
    "SELECT 1 GROUP BY 5",
    "SELECT 1 LIMIT -1",
    "SELECT * FROM (SELECT 1 AS a) AS t JOIN (SELECT 1 AS b) AS u USING (a)",
    "SELECT 1 IN (SELECT 1, 2)",
    "SELECT (1, 2) = 3",
    "SELECT ROW(1, 2).x",
    "SELECT ARRAY[1, 'a']",
    "SELECT ARRAY[1]['a']",
    "SELECT 1 AND 'a'",
    "SELECT NOT 5",
    "SELECT INTERVAL 'x' DAY",
    "SELECT DATE '2020-01-01' + 1.5",
    "SELECT CAST('x' AS uuid)",
    "SELECT CAST(x'f000001100' AS uuid)",
    "SELECT CAST('[1]' AS array(integer))",
    "SELECT sqrt('a')",
    "SELECT ln(-1)",
    "SELECT map_filter(5, (k, v) -> true)",
    "SELECT * FROM UNNEST(5) AS t(x)",
    "SELECT approx_percentile(1, 5)",
    "SELECT listagg(1, ',') WITHIN GROUP (ORDER BY 1)",
    "SELECT width_bucket('a', 1, 2, 3)",
    "SELECT sum(x) OVER (ORDER BY x ROWS BETWEEN -1 PRECEDING AND CURRENT ROW) FROM (VALUES 1) AS t(x)",
    "WITH t AS (SELECT 1) SELECT * FROM t AS u(a, b)",
    "SELECT * EXCEPT SELECT 1",
    "SELECT count(*) FILTER (WHERE 5) FROM (VALUES 1) AS t(x)",
    "SELECT DISTINCT ON (1) 2",
]
LEAKED = re.compile(
    r"(Binder|Catalog|Conversion|Parser|Input|Range|Not \w+) Error|andidate|athena_|sdk_|python_"
    r"|HUGEINT|VARCHAR|INTEGER|BIGINT|STRUCT\(|\w\[\]|_LITERAL|INT\d\d|explicit (type )?cast|TRY\(|LINE \d|Duck",
)


@pytest.mark.parametrize(("query", "reason"), EXPLAINED, ids=[query for query, _ in EXPLAINED])
def test_error_has_the_name_and_position_of_athena(rows, query, reason):
    with pytest.raises(QueryFailedError) as caught:
        rows(query)
    assert reason in str(caught.value)


def test_no_message_contains_wording_of_duckdb(rows):
    messages = {query: message_of(rows, query) for query in INVALID_QUERIES}
    written = {query: re.sub("(?m)^  .*$", "", message) for query, message in messages.items()}
    assert {query: message for query, message in written.items() if LEAKED.search(message)} == {}


def test_unknown_error_suggests_debug(rows):
    assert athena_error("Binder Error: something that nobody has seen") is None
    assert "--debug" in UnexplainedQueryError().hint


def test_message_shows_the_line_with_a_caret(rows):
    assert "\n    upper(2)\n    ^\n" in message_of(rows, "SELECT 1,\n  upper(2)")


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT 1 / 0", "NULLIF(divisor, 0)"),
        ("SELECT CAST('a' AS integer)", "TRY_CAST returns null"),
        ("SELECT 'a' + 1", "CAST(value AS type)"),
        ("SELECT b, count(*) FROM (SELECT 1 AS b)", "GROUP BY"),
        ("SELECT 9223372036854775807 + 1", "larger range"),
        ("SELECT MAP(ARRAY['a'], ARRAY[1])['b']", "element_at(map, key) returns null"),
        ("SELECT ARRAY[1][2]", "element_at(array, index) returns null"),
        ("SELECT (SELECT x FROM (VALUES 1, 2) AS t(x))", "IN"),
        ("SELECT row_number()", "OVER (ORDER BY id)"),
        ("SELECT x.y FROM (SELECT 1 AS y) AS t", "Did you mean 't'?"),
        ("SELECT r.cuont FROM (SELECT CAST(ROW(1) AS ROW(count int)) AS r)", "Did you mean 'count'?"),
    ],
)
def test_error_says_what_to_do(rows, query, hint):
    with pytest.raises(QueryFailedError) as caught:
        rows(query)
    assert hint in caught.value.hint


def message_of(rows, query: str) -> str:
    """Returns the error message of a query; empty if it runs, as some queries do that Athena rejects."""
    try:
        rows(query)
    except DatalakeError as error:
        return str(error)
    return ""
