from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest

from datalake_sdk.contracts.checks import RowRule, contract_checks
from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.engine.checks.row_checks import RowChecks
from datalake_sdk.errors import CheckTypeError

REPETITIVE = ["ab", "x", None] * 2_000
"""Strings that are checked once per distinct value."""


def options(**limits):
    return {"logicalTypeOptions": limits}


def violations(values, data_type, column):
    """Positions of the values that violate a check of the column."""
    contract = parse_table("t", {"schema": {"a": column}})
    rows = pa.table({"a": pa.array(values, data_type)})
    found = RowChecks(contract_checks(contract).rows, rows.schema, contract.columns).violations(rows)
    return sorted({int(position) for _, mask in found for position in mask.nonzero()[0]})


@pytest.mark.parametrize(
    ("values", "data_type", "column", "expected"),
    [
        ([1, None, 3], pa.int64(), {"required": True}, [1]),
        ([1, None, 3], pa.int64(), {"enum": [1]}, [2]),
        ([1, 2], pa.int64(), {"enum": [1, 2.5, 2**70]}, [1]),
        ([-0.0, 1.0, math.nan, None], pa.float64(), {"enum": [0]}, [1, 2]),
        ([Decimal("1.50"), Decimal("1.51")], pa.decimal128(9, 2), {"enum": [1.5, 0.001]}, [1]),
        ([dt.date(2026, 1, 1), dt.date(2026, 1, 2)], pa.date32(), {"enum": [dt.date(2026, 1, 1)]}, [1]),
        (
            [UUID(int=1).bytes, UUID(int=2).bytes],
            pa.uuid(),
            {"enum": ["00000000-0000-0000-0000-000000000001"]},
            [1],
        ),
        ([0, 1, None], pa.int64(), options(minimum=0.5), [0]),
        ([0, 1, 2], pa.int64(), options(exclusiveMinimum=1), [0, 1]),
        ([0, 1, 2], pa.int64(), options(exclusiveMaximum=1.5), [2]),
        ([2**53, 2**53 + 1], pa.int64(), options(maximum=2**53), [1]),
        ([0, None], pa.int32(), options(minimum=2**40), [0]),
        ([0, None], pa.int32(), options(maximum=2**40), []),
        ([0, None], pa.int32(), options(maximum=10**400), []),
        ([math.nan, 1.0, None], pa.float64(), options(maximum=2), [0]),
        ([Decimal("0.12"), Decimal("0.13")], pa.decimal128(9, 2), options(minimum=0.125), [0]),
        ([Decimal("9.99")], pa.decimal128(3, 2), options(minimum=1000), [0]),
        ([Decimal("9.99")], pa.decimal128(3, 2), options(maximum=1000), []),
        ([dt.date(2026, 1, 1), dt.date(2026, 1, 2)], pa.date32(), options(minimum="2026-01-01T12:00:00"), [0]),
        ([dt.time(8), dt.time(9)], pa.time64("us"), options(minimum="08:30:00"), [0]),
        (
            [dt.datetime(2026, 1, 1, 1, tzinfo=dt.UTC)],
            pa.timestamp("us", "UTC"),
            options(maximum="2026-01-01T01:30:00+01:00"),
            [0],
        ),
        (["a", "äb", "😀😀😀", None], pa.string(), options(minLength=2, maxLength=2), [0, 2]),
        (["a", "ab", "abc", None], pa.string(), options(minLength=2, maxLength=2), [0, 2]),
        (["name_1", "xname_1", None], pa.string(), options(pattern="^name_"), [1]),
        (["a1", "b", None], pa.string(), options(pattern="[0-9]$"), [1]),
        (["a1", "g", "", None], pa.string(), options(pattern="^[0-9a-f]+$"), [1, 2]),
        (REPETITIVE, pa.string(), {"enum": ["ab"]}, [*range(1, 6_000, 3)]),
        (REPETITIVE, pa.string(), options(maxLength=1), [*range(0, 6_000, 3)]),
        (
            REPETITIVE,
            pa.string(),
            {"quality": [{"metric": "missingValues", "arguments": {"missingValues": ["x"]}}]},
            [each for each in range(6_000) if each % 3],
        ),
    ],
)
def test_values_are_compared_exactly_in_the_type_of_the_column(values, data_type, column, expected):
    assert violations(values, data_type, column) == expected


def test_lengths_of_a_slice_are_those_of_its_strings():
    contract = parse_table("t", {"schema": {"a": options(maxLength=1)}})
    rows = pa.table({"a": ["ää", "a", "bb"]}).slice(1)
    ((_, mask),) = RowChecks(contract_checks(contract).rows, rows.schema, contract.columns).violations(rows)
    assert mask.tolist() == [False, True]


@pytest.mark.parametrize(
    ("data_type", "column", "words"),
    [
        (pa.string(), options(minimum=1), "'a.minimum' has the value 1, but its column is string"),
        (pa.int64(), options(minimum="2026-01-01"), "it must be a number"),
        (pa.int64(), options(pattern="a"), "applied to a string column"),
        (pa.int64(), {"enum": ["a"]}, "it must be a number"),
        (pa.string(), {"enum": [1]}, "it must be a quoted string"),
        (pa.timestamp("us"), options(minimum="2026-01-01T00:00:00Z"), "a time without a zone"),
        (pa.date32(), options(minimum="tomorrow"), "a date or time in ISO 8601"),
        (pa.time64("us"), options(minimum="08:30:00+02:00"), "a time without a zone"),
        (pa.uuid(), {"enum": ["1234"]}, "it must be a UUID"),
        (pa.float64(), options(maximum=10**400), "a number of 64 bits"),
    ],
)
def test_a_check_that_does_not_apply_to_its_column_is_an_error(data_type, column, words):
    with pytest.raises(CheckTypeError) as caught:
        violations([], data_type, column)
    assert words in caught.value.message


def test_checks_with_bounds_are_checks_of_the_table():
    contract = parse_table(
        "t",
        {
            "schema": {
                "a": {
                    "quality": [
                        {"metric": "nullValues"},
                        {"metric": "nullValues", "mustBe": 0},
                        {"metric": "nullValues", "mustBeLessThan": 0.1, "unit": "percent"},
                    ]
                }
            }
        },
    )
    checks = contract_checks(contract)
    assert [(check.name, check.rule) for check in checks.rows] == [
        ("a.nullValues", RowRule.REQUIRED),
        ("a.nullValues (2)", RowRule.REQUIRED),
    ]
    assert [check.name for check in checks.table] == ["a.nullValues (3)"]
