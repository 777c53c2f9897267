"""Time zones and precision of timestamps: https://trino.io/docs/current/language/types.html#date-and-time."""

from __future__ import annotations

import datetime as dt

import pytest

from datalake_sdk.errors import QueryFailedError, SqlUnsupportedError

KATHMANDU = "TIMESTAMP '2020-05-10 12:34:56.789 Asia/Kathmandu'"
IN_PARIS = "TIMESTAMP '2020-10-25 00:30:00 UTC' AT TIME ZONE 'Europe/Paris'"


def utc(*fields: int) -> dt.datetime:
    return dt.datetime(*fields, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (KATHMANDU, utc(2020, 5, 10, 6, 49, 56, 789000)),
        (f"hour({KATHMANDU})", 12),
        (f"extract(minute FROM {KATHMANDU})", 34),
        (f"date_format({KATHMANDU}, '%H:%i')", "12:34"),
        ("date_format(TIMESTAMP '2001-01-09 13:04:05.321 +07:09', '%k:%i')", "13:04"),
        (f"CAST({KATHMANDU} AS timestamp)", dt.datetime(2020, 5, 10, 12, 34, 56, 789000)),
        (f"CAST({KATHMANDU} AS date) = DATE '2020-05-10'", True),
        (f"CAST({KATHMANDU} AS varchar)", "2020-05-10 12:34:56.789 Asia/Kathmandu"),
        (f"{KATHMANDU} = TIMESTAMP '2020-05-10 06:49:56.789'", True),
        (f"date_trunc('hour', {KATHMANDU})", utc(2020, 5, 10, 6, 15)),
        (f"CAST(date_trunc('day', {KATHMANDU}) AS varchar)", "2020-05-10 00:00:00.000 Asia/Kathmandu"),
        (f"hour(coalesce(NULL, {KATHMANDU}))", 12),
        (f"hour(CASE WHEN true THEN {KATHMANDU} END)", 12),
        ("hour(from_iso8601_timestamp('2020-01-01T10:00:00+02:00'))", 10),
        ("(SELECT hour(from_iso8601_timestamp(x)) FROM (VALUES '2020-01-01T10:00:00-05:00') AS t(x))", 10),
        ("hour(with_timezone(TIMESTAMP '2020-07-01 10:00:00', 'Europe/Paris'))", 10),
        ("CAST(from_unixtime(0, 'Asia/Kathmandu') AS varchar)", "1970-01-01 05:30:00.000 Asia/Kathmandu"),
        (f"hour(date_trunc('hour', {IN_PARIS}))", 2),
        (f"date_trunc('hour', {IN_PARIS}) = TIMESTAMP '2020-10-25 00:00:00 UTC'", True),
        (f"date_add('day', 1, {IN_PARIS})", utc(2020, 10, 26, 1, 30)),
        (f"date_add('hour', 24, {IN_PARIS})", utc(2020, 10, 26, 0, 30)),
        ("TIMESTAMP '2020-10-01 00:00:00 Asia/Tokyo' + INTERVAL '1' MONTH", utc(2020, 10, 31, 15)),
        (f"date_diff('day', {IN_PARIS}, TIMESTAMP '2020-10-26 01:29:00 UTC')", 0),
    ],
)
def test_timestamp_keeps_its_time_zone(rows, expression, expected):
    assert rows(f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize(
    "query",
    [
        f"WITH t AS (SELECT {KATHMANDU} AS x) SELECT hour(x) FROM t",
        f"SELECT hour(y) FROM (SELECT x FROM (SELECT {KATHMANDU} AS x)) AS t(y)",
        f"SELECT hour(t.x) FROM (SELECT 1 AS x) AS s CROSS JOIN (SELECT {KATHMANDU} AS x) AS t",
        f"SELECT hour(max(x)) FROM (SELECT * FROM (SELECT {KATHMANDU} AS x))",
    ],
)
def test_column_of_a_subquery_keeps_its_time_zone(rows, query):
    assert rows(query) == [(12,)]


@pytest.mark.parametrize(
    "expression",
    [
        f"hour(if(random() < 0, {KATHMANDU}, now()))",
        "(SELECT hour(y) FROM (SELECT now() AT TIME ZONE x AS y FROM (VALUES 'UTC') AS t(x)))",
        "TIME '10:00:00+01:00'",
        "TIMESTAMP '2020-01-01 00:00:00.1234567'",
        "CAST('2020-01-01' AS timestamp(9))",
    ],
)
def test_time_that_duckdb_cannot_represent_is_unsupported(rows, expression):
    with pytest.raises(SqlUnsupportedError):
        rows(f"SELECT {expression}")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("CAST(TIMESTAMP '2020-01-01 10:00:00.555' AS timestamp(2))", dt.datetime(2020, 1, 1, 10, 0, 0, 560000)),
        ("CAST(TIMESTAMP '1960-01-01 10:00:00.55555' AS timestamp(4))", dt.datetime(1960, 1, 1, 10, 0, 0, 555600)),
        ("CAST(TIMESTAMP '2020-01-01 10:00:00.9996 UTC' AS timestamp with time zone)", utc(2020, 1, 1, 10, 0, 1)),
        ("CAST(TIME '23:59:59.9996' AS time)", dt.time(0, 0)),
        ("CAST(CAST('2020-01-01 10:00:00.55' AS timestamp(1)) AS varchar)", "2020-01-01 10:00:00.6"),
        ("TIMESTAMP '2020-01-01 10:00:00' + INTERVAL '1.5' SECOND", dt.datetime(2020, 1, 1, 10, 0, 1, 500000)),
        ("date_format(TIMESTAMP '2020-01-01 10:00:59.9996', '%i:%s.%f')", "01:00.000000"),
        ("CAST(date_parse('2020-01-01', '%Y-%m-%d') AS varchar)", "2020-01-01 00:00:00.000"),
    ],
)
def test_timestamp_is_rounded_to_its_precision(rows, expression, expected):
    assert rows(f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("10:30", "%H:%i", dt.datetime(1970, 1, 1, 10, 30)),
        ("12:30", "%h:%i", dt.datetime(1970, 1, 1, 0, 30)),
        ("12:30 PM", "%h:%i %p", dt.datetime(1970, 1, 1, 12, 30)),
        ("69-05", "%y-%m", dt.datetime(2069, 5, 1)),
        ("2020 1.2006", "%Y %s.%f", dt.datetime(2020, 1, 1, 0, 0, 1, 200000)),
    ],
)
def test_missing_date_fields_default_to_1970(rows, text, pattern, expected):
    assert rows(f"SELECT date_parse('{text}', '{pattern}')") == [(expected,)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("REAL '1200'", "1.2E3"),
        ("DOUBLE '-754.2008'", "-7.542008E2"),
        ("1e0", "1.0E0"),
        ("0.00001e0", "1.0E-5"),
        ("10e0", "1.0E1"),
        ("120e0", "1.2E2"),
        ("-123.45e0", "-1.2345E2"),
        ("100.25e0", "1.0025E2"),
        ("9999999.5e0", "9.9999995E6"),
        ("12345678.5e0", "1.23456785E7"),
        ("REAL '33.3'", "3.33E1"),
        ("1e22", "1.0E22"),
        ("-0e0", "-0E0"),
        ("nan()", "NaN"),
        ("-infinity()", "-Infinity"),
        ("DECIMAL '-.001'", "-0.001"),
    ],
)
def test_cast_of_a_number_to_varchar(rows, expression, expected):
    assert rows(f"SELECT CAST({expression} AS varchar)") == [(expected,)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2020-01-01 10:00", "date"),
        ("2020/01/02", "date"),
        ("2020-05-10T12:34:56", "timestamp"),
        ("2020-05-10 12:34:56 xxx", "timestamp"),
    ],
)
def test_cast_of_an_invalid_time_string_fails(rows, text, kind):
    with pytest.raises(QueryFailedError, match="Value cannot be cast"):
        rows(f"SELECT CAST('{text}' AS {kind})")
    assert rows(f"SELECT try_cast(x AS {kind}) FROM (VALUES '{text}', ' 2020-1-2 ') AS t(x) WHERE x = '{text}'") == [
        (None,)
    ]
