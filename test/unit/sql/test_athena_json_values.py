"""JSON in the format of Athena: https://trino.io/docs/current/functions/json.html#cast-to-json."""

from __future__ import annotations

import duckdb
import pytest

from datalake_sdk.errors import QueryFailedError
from datalake_sdk.platforms.select import duckdb_condition


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("""json_extract_scalar('{"a": 1.10}', '$.a')""", "1.10"),
        ("""json_extract_scalar('{"a": {"b": 1.50, "c": 2.70}}', '$.a.b')""", "1.50"),
        ("""json_extract_scalar('{"b": 1.70, "a": {"b": 1.50}}', '$.a.b')""", "1.50"),
        ("""json_extract_scalar('{"a": {"b": 1.70}, "\\u0062": 1.50}', '$.b')""", "1.50"),
        ("""json_extract_scalar('{"a.b": 1.50}', '$["a.b"]')""", "1.50"),
        ("""json_extract_scalar('{"a b": [1, 2e5]}', '$["a b"][1]')""", "2e5"),
        ("""json_extract_scalar('{"a": 12345678901234567890123}', '$.a')""", "12345678901234567890123"),
        ("""json_extract_scalar('{"a": 1.5}', '$.a')""", "1.5"),
        ("""json_extract_scalar('{"a": 0.00001}', '$.a')""", "0.00001"),
        ("""json_extract_scalar('{"a": null}', '$.a')""", None),
        ("""json_extract_scalar('{broken', '$.a')""", None),
        ("""json_parse('{"b": 1.10, "a": [1, 2]}')""", '{"a":[1,2],"b":1.1}'),
        ("""JSON '{"a": 1, "b": 2}' = JSON '{"b": 2, "a": 1}'""", True),
        ("CAST(ROW(1, NULL) AS json)", '{"":1,"":null}'),
        ("CAST(CAST(ROW(1.5, 'x') AS ROW(a decimal(4, 3), b varchar)) AS json)", '{"a":1.500,"b":"x"}'),
        ("CAST(1.10 AS json)", "1.10"),
        ("CAST(REAL '3.14' AS json)", "3.14"),
        ("CAST(ARRAY[nan(), -infinity(), 1e10, NULL] AS json)", '["NaN","-Infinity",1.0E10,null]'),
        ("CAST(MAP(ARRAY[7, 10], ARRAY[true, NULL]) AS json)", '{"10":null,"7":true}'),
        ("CAST(ARRAY[TIMESTAMP '2020-01-01 00:00:00.5'] AS json)", '["2020-01-01 00:00:00.500000"]'),
        ("""CAST(ARRAY[JSON '{"b": 1.5, "a": [{}]}'] AS json)""", '[{"a":[{}],"b":1.5}]'),
        ("CAST(CAST(NULL AS integer) AS json)", None),
        ("CAST(JSON '12.3' AS varchar)", "1.23E1"),
        ("CAST(JSON '123' AS varchar)", "123"),
        ("CAST(JSON 'true' AS varchar)", "true"),
    ],
)
def test_json_has_the_format_of_athena(rows, expression, expected):
    assert rows(f"SELECT {expression}") == [(expected,)]


def test_json_parse_of_invalid_json_fails(rows):
    with pytest.raises(QueryFailedError, match="Cannot convert value to JSON: '{'"):
        rows("SELECT json_parse('{')")


def test_condition_reads_json_numbers_unless_duckdb_reformats_them():
    condition = duckdb_condition("json_extract_scalar(doc, '$.a[0]') = '1.5'")
    with duckdb.connect() as connection:
        connection.execute(condition.setup)
        (kept,) = connection.execute(f"SELECT {condition.sql} FROM (SELECT '{{\"a\": [1.5]}}' AS doc)").fetchone()
        assert kept is True
        with pytest.raises(duckdb.Error, match="cannot read a JSON number"):
            connection.execute(f"SELECT {condition.sql} FROM (SELECT '{{\"a\": [1.50]}}' AS doc)").fetchall()
