"""Edge cases of functions: https://trino.io/docs/current/functions.html."""

from __future__ import annotations

from decimal import Decimal

import pytest

from datalake_sdk.errors import QueryFailedError, SqlUnsupportedError
from test.unit.sql.edge_cases import EDGE_FAILURES, EDGE_VALUES, TOO_PRECISE


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        *EDGE_VALUES,
        ("regexp_extract('xbb', '(b)', 1)", "b"),
        ("array_join(ARRAY[NULL, NULL], '=')", ""),
        ("array_join(ARRAY[1e0, NULL], ',', 'x')", "1.0E0,x"),
        ("slice(ARRAY[1, 2], -3, 3)", []),
        ("map_concat(MAP(ARRAY[1], ARRAY[2]), NULL)", None),
        ("hamming_distance('a', NULL)", None),
        ("repeat('a', CAST(NULL AS integer))", None),
        ("repeat('a', 0)", []),
        ("element_at(MAP(ARRAY[0], ARRAY['a']), 0)", "a"),
        ("from_base('0b1', 16)", 177),
        ("format('%.2f', 1e27)", f"1{'0' * 27}.00"),
        (
            "format('%,f', DECIMAL '123456789012345678901234567890.12')",
            "123,456,789,012,345,678,901,234,567,890.120000",
        ),
        ("""json_value('{"a": 1e30}', 'lax $.a' RETURNING bigint)""", None),
        ("""json_value('{"a": 1e999}', 'lax $.a' RETURNING bigint)""", None),
        ("""json_value('{"a": -2.5}', 'lax $.a' RETURNING bigint)""", -3),
        ("MAP(ARRAY[ARRAY[1]], ARRAY['a'])[ARRAY[1]]", "a"),
        ("CAST(CAST('bar' AS varchar(20)) AS varchar(2))", "ba"),
        ("CAST('13-2-2' AS date) = DATE '0013-02-02'", True),
        ("sign(-2.5)", Decimal("-1.0")),
        ("0 || ARRAY[1] || ARRAY[2] || 3", [0, 1, 2, 3]),
        ("concat(ARRAY['a'], 'b', 'c')", ["a", "b", "c"]),
        ("CAST(NULL AS array(integer)) || 1", None),
        ("ARRAY[1] || CAST(NULL AS integer)", [1, None]),
        ("(SELECT listagg(x) WITHIN GROUP (ORDER BY x) FROM (VALUES 'b', 'a') AS t(x))", "ab"),
        (
            "CAST(CAST('12151fd2-7586-11e9-8f9e-2a86e4085a59' AS uuid) AS varchar)",
            "12151fd2-7586-11e9-8f9e-2a86e4085a59",
        ),
        ("regexp_extract_all('b ab', '(a)?b', 1)", [None, "a"]),
        ("CAST(CAST(X'12151fd2758611e98f9e2a86e4085a59' AS uuid) AS varchar)", "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
    ],
)
def test_edge_case_returns_the_value_of_athena(rows, expression, expected):
    assert rows(f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        *EDGE_FAILURES,
        ("regexp_replace('aab', 'a*', 'x')", "matches of the empty string and others is not supported"),
        ("'a' || 1", "Cannot apply operator: varchar\\(1\\) \\|\\| integer"),
        ("concat('a', DATE '2020-01-01')", "Cannot apply operator: varchar\\(1\\) \\|\\| date"),
        ("regexp_split('ab', 'x*')", "a pattern that matches the empty string is not supported"),
        ("ARRAY[1, 2][0]", "SQL array indices start at 1"),
        ("ARRAY[1, 2][3]", "less than or equal to array length: 3 > 2"),
        ("CAST(X'f000001100' AS uuid)", "Invalid UUID binary length: 5"),
        ("CAST(123 AS varchar(2))", "cannot be represented as varchar\\(2\\)"),
        ("CAST(ARRAY[1] AS varchar)", "Cannot cast"),
        ("MAP(ARRAY[ARRAY[NULL]], ARRAY[2])", "map key cannot be indeterminate"),
        ("split_part('a', '-', 0)", "Index must be greater than zero"),
        ("lpad('a', 2, '')", "Padding string must not be empty"),
        ("codepoint('ab')", "single character"),
        ("hamming_distance('a', 'ab')", "same length"),
        ("from_hex('abc')", "even number"),
        ("from_base('0x1f', 16)", "Not a valid base-16 number: 0x1f"),
        ("from_base('0b1', 2)", "Not a valid base-2 number: 0b1"),
        ("element_at(ARRAY[1], 0)", "SQL array indices start at 1"),
        ("repeat('a', -1)", "greater than or equal to 0"),
        ("repeat('a', 10001)", "less than or equal to 10000"),
        ("sequence(1, 10, -1)", "from the start value to the stop value"),
        ("sequence(1, 10, 0)", "must not be zero"),
        ("sequence(DATE '2024-01-02', DATE '2024-01-01', INTERVAL '1' DAY)", "from the start value to the stop value"),
        ("slice(ARRAY[1], 1, -1)", "length must be"),
        ("DATE '2020-01-01' + INTERVAL '3' HOUR", "Cannot add hour"),
    ],
)
def test_edge_case_fails_as_in_athena(rows, expression, reason):
    with pytest.raises(QueryFailedError, match=reason):
        rows(f"SELECT {expression}")


@pytest.mark.parametrize("expression", TOO_PRECISE)
def test_more_than_microseconds_are_unsupported(rows, expression):
    with pytest.raises(SqlUnsupportedError, match="precision above 6"):
        rows(f"SELECT {expression}")
