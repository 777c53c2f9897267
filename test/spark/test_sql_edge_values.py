"""Edge values of Athena's functions on Spark; the unit tests run the same cases on DuckDB."""

from __future__ import annotations

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from datalake_sdk.errors import QueryFailedError, UnsupportedSparkSqlError
from datalake_sdk.spark_engine.spark_internals import arrow_rows
from datalake_sdk.spark_engine.sql import query
from test.spark.lake import SparkLake
from test.unit.sql.edge_cases import (
    COLLECTION_VALUES,
    EDGE_FAILURES,
    NUMBER_VALUES,
    STRING_VALUES,
    TIME_VALUES,
    TOO_PRECISE,
)

VALUES = {
    "strings": [*STRING_VALUES, ("regexp_split('aab', 'a*')", ["", "", "b", ""])],
    "numbers": NUMBER_VALUES,
    "collections": COLLECTION_VALUES,
    "times": TIME_VALUES,
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return SparkLake(tmp_path_factory.mktemp("edge") / "lake")


@pytest.fixture
def rows(lake):
    def run(sql):
        return [tuple(row.values()) for row in arrow_rows(query(lake.session, lake.platform, sql)).to_pylist()]

    return run


@pytest.mark.parametrize("group", VALUES)
def test_edge_values_are_those_of_athena(rows, group):
    expected = dict(VALUES[group])
    columns = [f"{expression} AS c{number}" for number, expression in enumerate(expected)]
    (row,) = rows(f"SELECT {', '.join(columns)}")
    assert dict(zip(expected, row, strict=True)) == expected


@pytest.mark.parametrize(("expression", "reason"), EDGE_FAILURES)
def test_edge_values_fail_as_in_athena(rows, expression, reason):
    with pytest.raises((PySparkException, Py4JJavaError, QueryFailedError), match=reason):
        rows(f"SELECT {expression}")


@pytest.mark.parametrize(
    "expression",
    [
        *TOO_PRECISE,
        "CAST('a' AS char(3)) IN (SELECT 'a')",
        "CAST(ROW(1, 'a') AS json)",
        "date_parse('70', '%y')",
        "json_object('a': 1)",
        "json_query('{}', 'lax $')",
    ],
)
def test_a_value_that_spark_would_change_is_unsupported(rows, expression):
    with pytest.raises(UnsupportedSparkSqlError, match="line 1, column"):
        rows(f"SELECT {expression}")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("regexp_extract_all('b ab', '(a)?b', 1)", "cannot distinguish an empty group"),
        ("reverse(X'6162')", "reverse\\(\\) of a varbinary"),
        ("CAST(INTERVAL '1' DAY AS varchar)", "interval AS varchar"),
        ("CAST(ROW(1e0) AS ROW(x varchar))", "Cast each value from double to string"),
    ],
)
def test_a_value_that_spark_cannot_return_fails(rows, expression, reason):
    with pytest.raises((PySparkException, Py4JJavaError, QueryFailedError), match=reason):
        rows(f"SELECT {expression}")
