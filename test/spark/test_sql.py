"""Athena's SQL on Spark returns the values of Athena's documentation, and the same rows as the embedded lake."""

from __future__ import annotations

import datetime as dt
import re
from itertools import chain

import pyarrow as pa
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from sqlglot import exp

from datalake_sdk.errors import (
    DatalakeError,
    NoSnapshotAtError,
    QueryFailedError,
    UnknownColumnError,
    UnknownMetadataTableError,
    UnknownSnapshotError,
    UnknownTableError,
    UnsupportedSparkSqlError,
    UsageError,
)
from datalake_sdk.operations import query as operations
from datalake_sdk.settings import TableName
from datalake_sdk.spark_engine.settings import CATALOG
from datalake_sdk.spark_engine.spark_internals import arrow_rows
from datalake_sdk.spark_engine.sql import query, reworded_errors
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.function_calls import argument_count
from datalake_sdk.sql.function_catalog import Target, athena_functions
from datalake_sdk.sql.spark.functions import FUNCTIONS
from test.spark.lake import SparkLake
from test.unit.sql.accepted_statements import ACCEPTED, COLUMNS
from test.unit.sql.function_cases import MORE, MORE_AGGREGATES
from test.unit.sql.rejected_statements import REJECTED
from test.unit.sql.test_athena_functions import (
    AGGREGATES,
    ARRAYS,
    CASTS,
    JSON,
    NUMBERS,
    ONE_TO_THREE,
    OPERATORS,
    STRINGS,
    TIMES,
    WINDOWS,
)

ATHENA_FUNCTIONS = athena_functions()
CASES = f"SELECT {', '.join(f'{value} AS {name}' for name, value in COLUMNS.items())}"


def is_supported(expression: str) -> bool:
    """Whether Spark supports every function of an expression, with the given number of arguments."""
    names = re.findall(r"\b(\w+)\(", expression.lower())
    calls = parse_query(f"SELECT {expression} FROM t").find_all(exp.Anonymous)
    forms = [(name, None) for name in names] + [(node.name.lower(), argument_count(node)) for node in calls]
    return not any(
        ATHENA_FUNCTIONS[name].unsupported_reason(Target.SPARK, count)
        for name, count in forms
        if name in ATHENA_FUNCTIONS
    )


KATHMANDU = "TIMESTAMP '2020-05-10 12:34:56.789 Asia/Kathmandu'"
ZONES_AND_STRINGS = [
    (KATHMANDU, dt.datetime(2020, 5, 10, 6, 49, 56, 789000, tzinfo=dt.UTC)),
    (f"hour({KATHMANDU})", 12),
    (f"date_format({KATHMANDU}, '%H:%i')", "12:34"),
    (f"CAST({KATHMANDU} AS varchar)", "2020-05-10 12:34:56.789 Asia/Kathmandu"),
    (f"CAST({KATHMANDU} AS timestamp)", dt.datetime(2020, 5, 10, 12, 34, 56, 789000)),
    (f"date_trunc('day', {KATHMANDU})", dt.datetime(2020, 5, 9, 18, 15, tzinfo=dt.UTC)),
    (f"(SELECT hour(x) FROM (SELECT {KATHMANDU} AS x) AS t)", 12),
    ("hour(from_iso8601_timestamp('2020-01-01T10:00:00+02:00'))", 10),
    ("(SELECT hour(from_iso8601_timestamp(x)) FROM (VALUES '2020-01-01T10:00:00-05:00') AS t(x))", 10),
    ("(SELECT hour(from_iso8601_timestamp(x)) FROM (VALUES '2020-01-01T10:00:00Z') AS t(x))", 10),
    ("hour(with_timezone(TIMESTAMP '2020-07-01 10:00:00', 'Europe/Paris'))", 10),
    ("hour(from_unixtime(0, 'Asia/Tokyo'))", 9),
    ("CAST(REAL '1200' AS varchar)", "1.2E3"),
    ("CAST(DOUBLE '-754.2008' AS varchar)", "-7.542008E2"),
    ("CAST(1e0 AS varchar)", "1.0E0"),
    ("CAST(0.00001e0 AS varchar)", "1.0E-5"),
    ("CAST(1e22 AS varchar)", "1.0E22"),
    ("CAST(-0e0 AS varchar)", "-0E0"),
    ("CAST(nan() AS varchar)", "NaN"),
]
"""Expressions whose values differ in Spark's own dialect."""
GROUPS = {
    "zones and strings": ZONES_AND_STRINGS,
    "operators": OPERATORS,
    "casts": CASTS,
    "numbers": NUMBERS,
    "strings": STRINGS,
    "times": TIMES,
    "json": JSON,
    "arrays": ARRAYS,
    "more": MORE,
}
UNSUPPORTED = [
    expression
    for expression, _ in [*(case for cases in GROUPS.values() for case in cases), *AGGREGATES, *MORE_AGGREGATES]
    if not is_supported(expression)
]
ORDERS = pa.table(
    {
        "id": [1, 2, 3, 1],
        "name": ["a", "b", None, "a"],
        "price": [1.5, 2.5, None, 1.5],
        "qty": pa.array([7, 8, 9, 7], pa.int32()),
        "tags": [["x", "y"], [], None, ["z"]],
        "day": [dt.date(2020, 1, 1), dt.date(2020, 2, 1), None, dt.date(2020, 1, 31)],
        "ts": pa.array([dt.datetime(2020, 1, 1, 10, 30), None, dt.datetime(2021, 5, 5), None], pa.timestamp("us")),
        "doc": ['{"a": {"b": [1, 2]}, "s": "x"}', "{}", None, '{"s": "{\\"a\\": 1}"}'],
    }
)
SAME_ON_BOTH = [
    "SELECT '${env:PATH} ${spark.app.name} ${system:user.home}' AS text, 1 AS \"${env:PATH}\"",
    "SELECT id, name, price, qty, day, ts, doc FROM {database_prefix}sales.orders ORDER BY id, day",
    "SELECT id / 2 AS h, qty / 2 AS q, price / 2 AS p FROM dev_sales.orders ORDER BY 1, 2",
    "SELECT qty / 2 AS q, count(*) AS n FROM dev_sales.orders GROUP BY qty / 2 ORDER BY q",
    "SELECT name, avg(qty) AS a, sum(qty) / count(*) AS b FROM dev_sales.orders GROUP BY name "
    "HAVING sum(qty) / count(*) > 7 ORDER BY name DESC",
    "SELECT o.id, t.tag FROM dev_sales.orders AS o CROSS JOIN UNNEST(o.tags) AS t(tag) ORDER BY 1, 2",
    "SELECT o.id, t.tag FROM dev_sales.orders AS o LEFT JOIN UNNEST(o.tags) AS t(tag) ON true ORDER BY 1, 2",
    "SELECT o.id, t.a, t.n FROM dev_sales.orders AS o CROSS JOIN UNNEST(o.tags, sequence(1, 3)) AS t(a, n) "
    "ORDER BY 1, 3, 2",
    "SELECT * FROM UNNEST(ARRAY[1, 2, 3]) AS t(x) ORDER BY x",
    "SELECT o.id, t.k, t.v FROM dev_sales.orders AS o CROSS JOIN UNNEST(MAP(tags, tags)) AS t(k, v) ORDER BY 1, 2",
    "SELECT o.id, t.tag, t.n FROM dev_sales.orders AS o LEFT JOIN UNNEST(o.tags) WITH ORDINALITY AS t(tag, n) ON true "
    "ORDER BY 1, 3, 2",
    "SELECT a, b, n FROM UNNEST(ARRAY['a', 'b'], ARRAY[7]) WITH ORDINALITY AS t(a, b, n) ORDER BY n",
    "SELECT a, b, c FROM UNNEST(ARRAY[ROW(1, 'a', true), NULL]) AS t(a, b, c) ORDER BY a",
    "SELECT id, tags[1] FROM dev_sales.orders WHERE cardinality(tags) > 0 ORDER BY 1, 2",
    "WITH daily AS (SELECT date_trunc('month', day) AS m, id / 2 AS h FROM dev_sales.orders) "
    "SELECT m, max(h) / 2 AS x FROM daily GROUP BY m ORDER BY m",
    "SELECT id, row_number() OVER (PARTITION BY name ORDER BY price DESC, day) AS r FROM dev_sales.orders "
    "ORDER BY id, r",
    "SELECT date_trunc('day', ts), date_trunc('week', day), date_diff('day', day, DATE '2021-01-01'), "
    "date_add('month', 1, day), day + INTERVAL '2' DAY, ts + INTERVAL '90' MINUTE "
    "FROM dev_sales.orders ORDER BY id, day",
    "SELECT json_extract_scalar(doc, '$.a.b[1]'), json_extract_scalar(doc, '$.a'), json_extract_scalar(doc, '$.s') "
    "FROM dev_sales.orders ORDER BY id, day",
    "SELECT id FROM dev_sales.orders WHERE name LIKE '%a%' OR name IS NULL ORDER BY id",
    "SELECT CAST(ts AS varchar), CAST(id AS varchar), CAST(price AS integer), CAST(ts AS date) "
    "FROM dev_sales.orders ORDER BY id, day",
    "SELECT count(*) AS n FROM dev_sales.orders FOR TIMESTAMP AS OF current_timestamp + INTERVAL '1' DAY",
    'SELECT operation FROM dev_sales."orders$snapshots"',
    'SELECT record_count FROM dev_sales."orders$files" ORDER BY 1',
    "SELECT name, count(*) AS n FROM dev_sales.orders GROUP BY ROLLUP(name) ORDER BY n, name",
    "SELECT a.id FROM dev_sales.orders a JOIN dev_sales.orders b ON a.id / 2 = b.id ORDER BY 1",
    "SELECT id FROM dev_sales.orders a WHERE EXISTS (SELECT 1 FROM dev_sales.orders b WHERE b.id = a.id / 2) "
    "ORDER BY 1",
    "SELECT NULL AS nothing, 1.5 AS d, 1e0 AS f, now() > TIMESTAMP '2020-01-01 00:00:00 UTC' AS later",
    "SELECT orders.id FROM dev_sales.orders WHERE orders.id = 2",
    "SELECT dev_sales.orders.id FROM dev_sales.orders WHERE dev_sales.orders.id = 2",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT hour(ts AT TIME ZONE 'Europe/Paris') FROM dev_sales.orders ORDER BY id, day",
    "SELECT id FROM dev_sales.orders ORDER BY name DESC, day LIMIT 2",
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    made = SparkLake(tmp_path_factory.mktemp("sql") / "lake")
    made.native().ingest(ORDERS)
    return made


@pytest.fixture
def rows(lake):
    def run(sql):
        return [tuple(row.values()) for row in arrow_rows(query(lake.session, lake.platform, sql)).to_pylist()]

    return run


def close(value):
    return pytest.approx(value, nan_ok=True) if isinstance(value, float) else value


@pytest.mark.parametrize("group", GROUPS)
def test_expressions_have_the_values_of_athenas_documentation(rows, group):
    expressions = {each: expected for each, expected in GROUPS[group] if each not in UNSUPPORTED}
    (row,) = rows(f"SELECT {', '.join(expressions)}")
    given = dict(zip(expressions, row, strict=True))
    assert given == {each: close(expected) for each, expected in expressions.items()}


def test_aggregates_have_the_values_of_athenas_documentation(rows):
    aggregates = {each: expected for each, expected in AGGREGATES + MORE_AGGREGATES if each not in UNSUPPORTED}
    (row,) = rows(f"SELECT {', '.join(aggregates)} FROM {ONE_TO_THREE}")
    given = dict(zip(aggregates, row, strict=True))
    assert given == {each: close(expected) for each, expected in aggregates.items()}


def test_window_functions_have_the_values_of_athenas_documentation(rows):
    windows = dict(WINDOWS)
    columns = zip(*rows(f"SELECT {', '.join(windows)} FROM {ONE_TO_THREE} ORDER BY n"), strict=True)
    assert dict(zip(windows, map(list, columns), strict=True)) == windows


def test_a_quotient_with_more_digits_than_spark_keeps_fails(rows):
    with pytest.raises(QueryFailedError, match="fractional digits"):
        rows("SELECT CAST(1 AS decimal(38, 10)) / CAST(3 AS decimal(38, 10))")


def test_an_unsupported_function_fails_before_the_query_runs(rows):
    assert {"max(n, 2)", "normalize('é')"} <= set(UNSUPPORTED)
    for expression in UNSUPPORTED:
        with pytest.raises(UnsupportedSparkSqlError, match="line 1, column"):
            rows(f"SELECT {expression} FROM {ONE_TO_THREE}")


def test_every_supported_function_has_a_test_case():
    known = [
        expression
        for group in (*GROUPS.values(), AGGREGATES, MORE_AGGREGATES, WINDOWS)
        for expression, _ in group
        if expression not in UNSUPPORTED
    ]
    verified = " ".join(known).lower()
    assert {name for name in FUNCTIONS if f"{name}(" not in verified} == {"grouping"}


def test_a_forbidden_statement_is_rejected(lake):
    for statement in chain(*REJECTED.values()):
        with pytest.raises(UsageError):
            query(lake.session, lake.platform, statement)


def test_valid_queries_are_accepted(lake):
    for name in ("t", "u"):
        lake.session.sql(f"CREATE NAMESPACE IF NOT EXISTS {CATALOG}.dev_db")
        query(lake.session, lake.platform, CASES).writeTo(f"{CATALOG}.dev_db.{name}").create()
    assert {statement: error for statement in ACCEPTED if (error := error_of(lake, statement))} == {}


def error_of(lake, statement):
    """Returns the error message of a statement; None if Spark accepts it."""
    try:
        query(lake.session, lake.platform, statement)
    except DatalakeError as error:
        return error.message
    return None


@pytest.mark.parametrize(
    "sequence",
    [
        "sequence(1, 200000000)",
        "sequence(10001, 1)",
        "sequence(1, 200000000, 3)",
        "sequence(DATE '2000-01-01', DATE '2100-01-01')",
        "sequence(TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2025-01-01 00:00:00', INTERVAL '1' MINUTE)",
    ],
)
def test_a_sequence_has_at_most_10000_entries(rows, sequence):
    with pytest.raises((PySparkException, Py4JJavaError), match="must not have more than 10000 entries"):
        rows(f"SELECT {sequence}")


def test_a_shorter_sequence_is_complete(rows):
    sequences = [
        "sequence(1, 10000)",
        "sequence(-1, -10000)",
        "sequence(-2000000000, 2000000000, 500000)",
        "sequence(DATE '2024-01-05', DATE '2024-01-01', INTERVAL '-2' DAY)",
        "sequence(1, CAST(NULL AS integer))",
    ]
    assert rows(f"SELECT {', '.join(map('cardinality({})'.format, sequences))}") == [(10_000, 10_000, 8_001, 3, None)]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("repeat('a', -1)", "count argument of repeat function"),
        ("repeat('a', 10001)", "count argument of repeat function"),
        ("split_part('a-b', '-', -1)", "Index must be greater than zero"),
        ("codepoint('ab')", "single character"),
        ("from_hex('abc')", "even number of digits"),
        ("lpad('a', 2, '')", "padding string must not be empty"),
        ("rpad('a', -1, 'x')", "Target length must not be negative"),
        ("CAST(123 AS varchar(2))", "Value 123 cannot be represented as varchar\\(2\\)"),
    ],
)
def test_invalid_arguments_fail_as_in_athena(rows, expression, reason):
    with pytest.raises((PySparkException, Py4JJavaError), match=reason):
        rows(f"SELECT {expression}")


@pytest.mark.parametrize(
    "expression", ["DATE '2020-01-01' + INTERVAL '3' HOUR", "date_add('minute', 1, DATE '2020-01-01')"]
)
def test_a_date_plus_hours_is_rejected(rows, expression):
    with pytest.raises(QueryFailedError, match="Cannot add hour, minutes or seconds to a date"):
        rows(f"SELECT {expression}")


@pytest.mark.parametrize("statement", SAME_ON_BOTH)
def test_both_engines_return_the_same_rows_and_types(lake, statement):
    native = operations.query(lake.platform, statement).read_all()
    spark = arrow_rows(query(lake.session, lake.platform, statement))
    assert (spark.schema.names, spark.schema.types) == (native.schema.names, native.schema.types)
    assert spark.to_pylist() == native.to_pylist()


def test_an_error_of_sparks_parser_has_a_reason(lake):
    with pytest.raises(QueryFailedError, match="Syntax error at or near"), reworded_errors():
        lake.session.sql("SELECT (1")


def test_a_query_reads_an_older_snapshot(lake, rows):
    versioned = lake.named("versions")
    first = versioned.native().ingest([{"id": 1}]).snapshot_id
    versioned.native().ingest([{"id": 2}])
    assert rows("SELECT count(*) FROM dev_sales.versions") == [(2,)]
    assert rows(f"SELECT count(*) FROM dev_sales.versions FOR VERSION AS OF {first}") == [(1,)]


def test_metadata_tables_of_tables_with_similar_names_are_different(lake, rows):
    first, second = lake.named("a_b"), lake.named("b")
    second.table = TableName("sales_a", "b")
    for each in (first, second, second):
        each.native().ingest([{"id": 1}])
    counts = [f"(SELECT count(*) FROM {name})" for name in ('dev_sales."a_b$snapshots"', 'dev_sales_a."b$snapshots"')]
    assert rows(f"SELECT {', '.join(counts)}") == [(1, 2)]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT amont FROM dev_sales.orders", UnknownColumnError),
        ("SELECT 1 FROM dev_sales.order", UnknownTableError),
        ('SELECT 1 FROM dev_sales."orders$nope"', UnknownMetadataTableError),
        ("SELECT 1 FROM dev_sales.orders FOR VERSION AS OF 5", UnknownSnapshotError),
        ("SELECT 1 FROM dev_sales.orders FOR TIMESTAMP AS OF TIMESTAMP '2001-01-01 00:00:00 UTC'", NoSnapshotAtError),
        ("SELECT id, count(*) FROM dev_sales.orders", QueryFailedError),
        ("SELECT * frm dev_sales.orders", DatalakeError),
    ],
)
def test_errors_are_those_of_the_sdk_without_translated_sql(rows, statement, kind):
    with pytest.raises(kind) as caught:
        rows(statement)
    assert "SQLSTATE" not in str(caught.value)
    assert "sdk_" not in str(caught.value)
