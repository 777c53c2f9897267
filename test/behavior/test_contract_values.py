"""Contracts: which values violate a check, the same on every platform and engine."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pytest

from datalake_sdk.contracts.parsing import parse_table

pytestmark = pytest.mark.write_contract
UTC, OSLO = dt.UTC, dt.timezone(dt.timedelta(hours=2))
TZ = pa.timestamp("us", "UTC")


def options(**limits):
    return {"logicalTypeOptions": limits}


def expression(text):
    return {"quality": [{"expression": text}]}


def metric(name, **arguments):
    return {"quality": [{"metric": name, "arguments": arguments}] if arguments else [{"metric": name}]}


VALUES = {
    # NaN is outside of all bounds, as a comparison with it is false in Athena.
    "nan_below": (pa.float64(), [math.nan, 0.0, 5.0, None], options(minimum=0), [math.nan]),
    "nan_above": (pa.float64(), [math.nan, 0.0, 5.0, math.inf], options(maximum=5), [math.nan, math.inf]),
    "nan_listed": (pa.float64(), [math.nan, 1.0, None], {"enum": [1]}, [math.nan]),
    "nan_unique": (pa.float64(), [math.nan, math.nan, 1.0], {"unique": True}, [math.nan, math.nan]),
    "negative_zero": (pa.float64(), [-0.0, 0.0, 1.0], options(minimum=0), []),
    "negative_zero_listed": (pa.float64(), [-0.0, 1.0], {"enum": [0, 1]}, []),
    "negative_zero_unique": (pa.float64(), [-0.0, 0.0, 1.0], {"unique": True}, [-0.0, 0.0]),
    # A bound is converted to the type of the column: 0.1 as a double is less than 0.1 as a float.
    "float": (pa.float32(), [0.1, 0.2], options(maximum=0.1), [0.2]),
    "float_within_doubles": (pa.float32(), [0.5, -math.inf], options(minimum=-1e300, exclusiveMaximum=1e300), []),
    "float_listed": (pa.float32(), [0.1, 0.2], {"enum": [0.1]}, [0.2]),
    "double": (pa.float64(), [0.1, 0.1 + 2**-56], options(maximum=0.1), [0.1 + 2**-56]),
    "decimal": (pa.decimal128(9, 2), [Decimal("0.10"), Decimal("0.11")], options(maximum=0.1), [Decimal("0.11")]),
    "decimal_finer": (
        pa.decimal128(9, 2),
        [Decimal("0.12"), Decimal("0.13")],
        options(minimum=0.125),
        [Decimal("0.12")],
    ),
    "decimal_listed": (pa.decimal128(9, 2), [Decimal("1.50"), Decimal("2.00")], {"enum": [1.5, 0.125]}, [Decimal("2")]),
    "long": (pa.int64(), [0, 1, 2], options(minimum=0.5, exclusiveMaximum=2), [0, 2]),
    "long_listed": (pa.int64(), [1, 2, None], {"enum": [1, 2.5]}, [2]),
    "large": (pa.int64(), [2**53, 2**53 + 1], options(maximum=2**53), [2**53 + 1]),
    "boolean": (pa.bool_(), [True, False, None], {"enum": [True]}, [False]),
    "date": (
        pa.date32(),
        [dt.date(2020, 1, 1), dt.date(2019, 12, 31)],
        options(minimum="2020-01-01"),
        [dt.date(2019, 12, 31)],
    ),
    "time": (
        pa.timestamp("us"),
        [dt.datetime(2020, 1, 1), dt.datetime(2019, 12, 31, 23, 59, 59, 999999)],
        options(minimum="2020-01-01T00:00:00"),
        [dt.datetime(2019, 12, 31, 23, 59, 59, 999999)],
    ),
    "zoned": (
        TZ,
        [dt.datetime(2020, 1, 1, tzinfo=UTC), dt.datetime(2020, 1, 1, 1, tzinfo=OSLO)],
        options(minimum="2020-01-01T02:00:00+02:00"),
        [dt.datetime(2019, 12, 31, 23, tzinfo=UTC)],
    ),
    # Lengths count characters, as length() does in Athena.
    "characters": (pa.string(), ["åß", "😀😀", "abc", "", None], options(minLength=2, maxLength=2), ["abc", ""]),
    "combined": (pa.string(), ["e\u0301", "é"], options(maxLength=1), ["e\u0301"]),
    # Spark matches with Java's expressions, in which `$` also matches before a final newline.
    "end": (pa.string(), ["ab", "ab\n", "xab", None], options(pattern="^a.$"), ["ab\n", "xab"]),
    "dot": (pa.string(), ["\r", "\n", "\u2028", "😀"], options(pattern="^.$"), ["\n"]),
    "space": (pa.string(), ["\t", "\x0b", "\u00a0"], options(pattern=r"^\s$"), ["\x0b", "\u00a0"]),
    "no_space": (pa.string(), ["a", "\x0b", " "], options(pattern=r"^[\S]$"), [" "]),
    "digits": (pa.string(), ["1", "\u0661"], options(pattern=r"\d"), ["\u0661"]),
    "case": (pa.string(), ["a", "A", "a "], {"enum": ["a"]}, ["A", "a "]),
    "uuid": (pa.string(), ["3f2504e0-4f89-11d3-9a0c-0305e82c3301", "x"], options(format="uuid"), ["x"]),
    "null": (pa.string(), ["a", None, ""], {"required": True}, [None]),
    "nan_expression": (pa.float64(), [math.nan, 1.0, None], expression("is_nan(nan_expression)"), [1.0]),
    "null_expression": (pa.int64(), [1, None, -1], expression("null_expression > 0"), [-1]),
    "quotient": (pa.int64(), [1, 2, 3], expression("quotient / 2 = 1"), [1]),
    "text": (pa.string(), ["a", "B"], expression("regexp_like(text, '^[a-z]$') AND length(text) = 1"), ["B"]),
    "missing": (
        pa.string(),
        ["a", "", "n/a", None],
        metric("missingValues", missingValues=["", "n/a"]),
        ["", "n/a", None],
    ),
    "invalid": (pa.string(), ["a", "b", None], metric("invalidValues", validValues=["a"]), ["b"]),
    "nulls": (pa.int64(), [1, None], metric("nullValues"), [None]),
    "duplicates": (pa.int64(), [1, 2, 1, None, None], {"unique": True}, [1, 1]),
}
"""Type, values, contract and violating values of a column."""


def test_each_check_counts_the_values_that_violate_it(lake):
    size = max(len(values) for _, values, _, _ in VALUES.values())
    columns = {
        name: pa.array([*values, *[None] * (size - len(values))], kind) for name, (kind, values, _, _) in VALUES.items()
    }
    schema = {name: fields for name, (_, _, fields, _) in VALUES.items()}
    configuration = parse_table("the test", {"on_violation": "warn", "schema": schema})
    result = lake.ingest(pa.table(columns), configuration=configuration)
    counted = Counter()
    for check in result.checks:
        counted[check.column] += check.violations
    expected = {name: len(violating) for name, (_, _, _, violating) in VALUES.items()}
    for name in ("null", "missing", "nulls"):
        expected[name] += size - len(VALUES[name][1])
    assert counted == expected
