"""Edge values of functions and casts that every engine must return, and arguments that every engine must reject."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

INFINITY = float("inf")
STRING_VALUES = [
    ("split('a,b,', ',')", ["a", "b", ""]),
    ("split('', ',')", [""]),
    (r"split('a\Eb', '\E')", ["a", "b"]),
    ("split_part('äöü', '', 2)", "ö"),
    ("split_part('äöü', '', 4)", None),
    ("split_part('', '', 1)", None),
    ("split_part('', ',', 1)", ""),
    ("split_part('a-b', '-', BIGINT '2')", "b"),
    ("replace('ab', '', 'x$')", "x$ax$bx$"),
    ("replace('', '', 'x')", "x"),
    ("replace('😀', '', '-')", "-😀-"),
    ("regexp_extract('b', '(a)|(b)', 1)", None),
    ("regexp_extract('😀bb', '(a)?(b)', 1)", None),
    ("regexp_extract('b', '(a?)b', 1)", ""),
    ("regexp_extract('xb', '(y)?b', 0)", "b"),
    ("regexp_extract('x', '(y)', 1)", None),
    ("regexp_extract('ab', '(b)', BIGINT '1')", "b"),
    ("regexp_split('ab', '')", ["", "a", "b", ""]),
    ("regexp_split('', '')", ["", ""]),
    ("substr('abc', 2, -1)", ""),
    ("substr(CAST(NULL AS varchar), 0)", None),
    ("substr('abc', 0, CAST(NULL AS integer))", None),
    ("substr('abc', BIGINT '2')", "bc"),
    ("lpad('a', BIGINT '3', 'x')", "xxa"),
    ("chr(BIGINT '65')", "A"),
    ("upper('straße ﬁ ᾳ')", "STRAßE ﬁ ᾼ"),
    ("lower('ΑΣ İ')", "\u03b1\u03c3 i"),
    ("trim(chr(8195) || 'a' || chr(160) || chr(12288))", "a\u00a0"),
    ("ltrim(chr(28) || 'a')", "a"),
    ("rtrim('a' || chr(8232))", "a"),
    ("reverse('e' || chr(769) || 'x')", "x\u0301e"),
    ("levenshtein_distance('é', 'e')", 1),
    ("levenshtein_distance('a😀', 'a')", 1),
    ("CAST('a' AS char(3)) = 'a'", True),
    ("CAST('a' AS char(3)) = CAST('a' AS char(5))", True),
    ("CAST('b' AS char(3)) > 'a'", True),
    ("CAST('a' AS char(3)) IS DISTINCT FROM 'a'", False),
    ("CAST('a' AS char(3)) || 'b'", "a  b"),
    ("length(CAST('a' AS char(3)))", 3),
]
NUMBER_VALUES = [
    ("ceil(5)", 5),
    ("floor(9223372036854775807)", 9223372036854775807),
    ("ceil(DECIMAL '9.9')", Decimal("10")),
    ("floor(-1.5e0)", -2.0),
    ("ceil(1e300)", 1e300),
    ("log10(0)", -INFINITY),
    ("is_nan(log2(-1))", True),
    ("log(2, 0)", -INFINITY),
    ("log(1, 2)", INFINITY),
    ("round(1.55, BIGINT '1')", Decimal("1.60")),
    ("(1, NULL) = (1, NULL)", None),
    ("(1, NULL) = (2, NULL)", False),
    ("CAST(1.005e0 AS decimal(5, 2))", Decimal("1.01")),
    ("CAST(-1.005e0 AS decimal(5, 2))", Decimal("-1.01")),
    ("CAST('1e3' AS double)", 1000.0),
    ("CAST(' -Infinity ' AS double)", -INFINITY),
    ("CAST('T' AS boolean)", True),
    ("try_cast('yes' AS boolean)", None),
    ("try_cast('nan' AS double)", None),
    ("try_cast('inf' AS real)", None),
    ("try_cast(' 5' AS bigint)", None),
    ("try(CAST('no' AS boolean))", None),
    ("try(CAST('2020-01-01 10:00:00' AS date))", None),
    ("(SELECT geometric_mean(x) FROM (VALUES 0, 4) AS t(x))", 0.0),
    ("(SELECT corr(x, x) FROM (VALUES 1) AS t(x))", None),
    ("(SELECT regr_slope(y, x) FROM (VALUES (1, 1), (2, 1)) AS t(y, x))", None),
]
COLLECTION_VALUES = [
    ("element_at(ARRAY['a', 'b'], BIGINT '2')", "b"),
    ("ARRAY['a', 'b'][BIGINT '2']", "b"),
    ("ARRAY[1, NULL][2]", None),
    ("MAP(ARRAY['a'], ARRAY[1])['a'] + 1", 2),
    ("MAP(ARRAY['a'], ARRAY[NULL])['a']", None),
    ("MAP(ARRAY[BIGINT '7'], ARRAY['x'])[7]", "x"),
    ("MAP(ARRAY['a'], ARRAY[ARRAY[5]])['a'][1]", 5),
    ("element_at(MAP(ARRAY['a'], ARRAY[1]), 'b')", None),
    ("repeat('a', BIGINT '2')", ["a", "a"]),
    ("array_remove(ARRAY[1, 2], CAST(NULL AS integer))", None),
    ("array_union(ARRAY[1], CAST(NULL AS array(integer)))", None),
    ("array_intersect(ARRAY[1], CAST(NULL AS array(integer)))", None),
    ("json_array_length('x')", None),
    (
        "sequence(DATE '2020-01-31', DATE '2020-03-31', INTERVAL '1' MONTH)",
        [dt.date(2020, 1, 31), dt.date(2020, 2, 29), dt.date(2020, 3, 31)],
    ),
    (
        "sequence(DATE '2020-02-29', DATE '2019-02-28', INTERVAL '-1' YEAR)",
        [dt.date(2020, 2, 29), dt.date(2019, 2, 28)],
    ),
]
TIME_VALUES = [
    ("CAST('2020-01-01 00:00:00.1235' AS timestamp(3))", dt.datetime(2020, 1, 1, 0, 0, 0, 124000)),
    (
        "CAST('2020-01-01 10:00:00.1239 UTC' AS timestamp with time zone)",
        dt.datetime(2020, 1, 1, 10, 0, 0, 124000, dt.UTC),
    ),
    ("CAST('2020-01-01 10:00:00 +02:00' AS timestamp)", dt.datetime(2020, 1, 1, 10)),
    ("(SELECT CAST(x AS timestamp) FROM (VALUES '2020-01-01 10:00 +02:00') AS t(x))", dt.datetime(2020, 1, 1, 10)),
    ("TIMESTAMP '1969-12-31 23:59:59.999500' = CAST(TIMESTAMP '1969-12-31 23:59:59.999500' AS timestamp(3))", False),
    ("date_format(TIMESTAMP '2020-01-05 00:05:09.123556', '%f')", "124000"),
    ("from_unixtime(1.23456e0)", dt.datetime(1970, 1, 1, 0, 0, 1, 235000, dt.UTC)),
    ("from_iso8601_timestamp('2020-01-01T10:00:00.123956Z')", dt.datetime(2020, 1, 1, 10, 0, 0, 123000, dt.UTC)),
    ("from_iso8601_timestamp('2020-01-01')", dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
    ("date_diff('hour', DATE '2020-01-01', TIMESTAMP '2020-01-01 05:00:00')", 5),
]
EDGE_VALUES = STRING_VALUES + NUMBER_VALUES + COLLECTION_VALUES + TIME_VALUES
"""Expressions and their values."""

EDGE_FAILURES = [
    ("split('ab', '')", "The delimiter may not be the empty string"),
    ("split('ab', '', 2)", "The delimiter may not be the empty string"),
    ("split('ab', ',', 0)", "Limit must be positive"),
    ("from_hex('0g')", "hexadecimal"),
    ("MAP(ARRAY['a'], ARRAY[1])['b']", "Key not present in map: b"),
    ("ARRAY[1, 2][-1]", "Array subscript is negative: -1"),
    ("to_base(10, 37)", "Radix must be between 2 and 36"),
    ("width_bucket(nan(), 0e0, 1e0, 5)", "NaN"),
    ("CAST('yes' AS boolean)", "to boolean"),
    ("CAST('inf' AS double)", "to double"),
    ("CAST(' 1 ' AS integer)", "integer"),
    ("CAST(nan() AS decimal(3, 0))", "to decimal"),
    ("CAST('2020-01-01T10:00:00' AS timestamp)", "Value cannot be cast to timestamp"),
    ("CAST('2020-01-01 24:00:00' AS timestamp)", "Value cannot be cast to timestamp"),
    ("CAST('2020-01-01 10:00:00' AS date)", "Value cannot be cast to date"),
    ("(SELECT CAST(x AS timestamp(6)) FROM (VALUES '2020-01-01 00:00:00.1234567') AS t(x))", "cannot be cast"),
    ("from_iso8601_timestamp('2020-01-01 10:00:00')", "Invalid format"),
    ("from_iso8601_date('2020-01-01 10:00:00')", "Invalid format"),
    ("date_diff('hour', DATE '2020-01-01', DATE '2020-01-02')", "hour'? is not a valid DATE field"),
    ("date_trunc('minute', DATE '2020-01-01')", "minute'? is not a valid DATE field"),
]
"""Expressions that fail, and part of the message."""

TOO_PRECISE = [
    "TIMESTAMP '2020-01-01 00:00:00.1234567'",
    "TIMESTAMP '2020-01-01 00:00:00.123456789 UTC'",
    "CAST('2020-01-01' AS timestamp(9))",
    "CAST('2020-01-01' AS timestamp(7) with time zone)",
]
"""Times with more than six fractional digits of a second."""
