"""Types are inferred from values without loss, independently of block boundaries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.text.columns import column
from datalake_sdk.inputs.text.conversion import USUAL_NULLS, converted, lossless
from datalake_sdk.inputs.text.inference import ALL_FAMILIES, TIMESTAMP, ZONED_TIMESTAMP, Evidence, evidence_of

LONG, DOUBLE, TEXT, DATE, BOOLEAN = pa.int64(), pa.float64(), pa.string(), pa.date32(), pa.bool_()


def decimal(scale: int) -> pa.DataType:
    return pa.decimal128(38, scale)


def evidence(*strings: str | None, start: pa.DataType | None = None) -> Evidence:
    return evidence_of(pa.array(strings, TEXT), USUAL_NULLS, ALL_FAMILIES, start)


@pytest.mark.parametrize(
    ("strings", "expected"),
    [
        (["1", "-20", "0"], LONG),
        (["9223372036854775807", "-9223372036854775808"], LONG),
        (["9223372036854775808"], decimal(0)),
        (["9" * 38], decimal(0)),
        (["9" * 39], TEXT),
        (["00501"], TEXT),
        (["1", "-007"], TEXT),
        (["+5"], TEXT),
        (["+5.0"], TEXT),
        (["0x1F"], TEXT),
        (["1_000"], TEXT),
        ([" 5", "\t-6  ", " NA ", "   "], LONG),
        ([" 2024-01-01"], DATE),
        (["true ", " false"], BOOLEAN),
        (["5 6"], TEXT),
        ([" "], TEXT),
        (["1,5"], TEXT),
        (["12.50", ".5", "5.", "-0.25"], DOUBLE),
        (["1", "12.5"], DOUBLE),
        (["0.30000000000000004"], DOUBLE),
        (["1234567.1000000000000"], DOUBLE),
        (["0.5", "1.2248000000000001"], DOUBLE),
        (["1.2248000000000001", "6.4e-05"], DOUBLE),
        (["9.531978640547919", "0.5154051557313311"], DOUBLE),
        (["-4.9406564584124654e-324", "1.7976931348623157e+308"], DOUBLE),
        (["1.000000000000000056e-01"], DOUBLE),
        (["0.1000000000000000055511151231257827"], DOUBLE),
        (["1.2248000000000002"], decimal(16)),
        (["1234567890123456.78"], decimal(2)),
        (["0.1234567890123456789"], decimal(19)),
        (["9007199254740992", "0.5"], DOUBLE),
        (["9007199254740993", "0.5"], decimal(1)),
        (["9007199254740993", "1e3"], TEXT),
        (["1" * 30, "0." + "1" * 20], TEXT),
        (["00.5"], TEXT),
        (["1e5", "-2E+05", "1.5e-3"], DOUBLE),
        (["1e400"], TEXT),
        (["1e-400"], TEXT),
        (["1.5", "inf", "-Infinity"], DOUBLE),
        (["true", "False", "TRUE"], BOOLEAN),
        (["true", "1"], TEXT),
        (["0", "1"], LONG),
        (["yes"], TEXT),
        (["2024-02-29"], DATE),
        (["2023-02-29"], TEXT),
        (["0000-01-01"], TEXT),
        (["2024-1-1", "2024/01/02"], DATE),
        (["1/2/2024"], TEXT),
        (["20240101"], LONG),
        (["2024-01-01 10:11:12", "2024-01-01T10:11:12.123456"], TIMESTAMP),
        (["2024-01-01", "2024-01-01 10:11"], TIMESTAMP),
        (["2024-01-01 10:11", "2024-01-01"], TIMESTAMP),
        (["2024-01-01 10:11:12.1234567"], TEXT),
        (["2024-01-01T10:11:12Z", "2024-01-01 10:11:12+05:30"], ZONED_TIMESTAMP),
        (["2024-01-01T10:11:12Z", "2024-01-01 10:11:12"], TEXT),
        (["9999-12-31 23:00:00-05:00"], TEXT),
        (["1", "oops"], TEXT),
        (["1", "2024-01-01"], TEXT),
        (["1", "NA", "", "null", "n/a", "None"], LONG),
        (["NA", "2024-01-01"], DATE),
        (["nan", "1.5"], DOUBLE),
        (["NA", "Namibia"], TEXT),
        (["NA", None], TEXT),
        ([None], TEXT),
        ([], TEXT),
    ],
)
def test_inferred_type_is_the_narrowest_without_loss(strings, expected):
    assert evidence(*strings).type == expected


@pytest.mark.parametrize(
    ("start", "strings", "expected"),
    [
        (pa.string(), ["501"], TEXT),
        (pa.float64(), ["1", "2"], DOUBLE),
        (pa.int32(), ["1", "NA"], pa.int32()),
        (pa.int32(), ["2147483648"], LONG),
        (pa.int32(), ["1.5"], DOUBLE),
        (pa.int64(), ["oops"], TEXT),
        (pa.float32(), ["0.5", "0.1"], pa.float32()),
        (pa.float32(), ["0.123456789"], DOUBLE),
        (pa.float32(), ["0.100000001"], pa.float32()),
        (pa.float64(), ["1.2248000000000001", "6.3999999999999997e-05"], DOUBLE),
        (pa.decimal128(10, 2), ["1.5", "12"], pa.decimal128(10, 2)),
        (pa.decimal128(10, 2), ["1.125"], decimal(3)),
        (pa.date32(), ["2024-01-01 10:00"], TIMESTAMP),
        (TIMESTAMP, ["2024-01-01"], TIMESTAMP),
        (ZONED_TIMESTAMP, ["2024-01-01"], TEXT),
        (pa.time64("us"), ["10:11:12"], pa.time64("us")),
        (pa.time64("us"), ["noon"], TEXT),
        (pa.uuid(), ["6f1b4bb0-2f5c-4f6c-9f57-0f2d3b8f7c11"], pa.uuid()),
        (pa.large_string(), ["501"], TEXT),
        (pa.int64(), [], LONG),
    ],
)
def test_column_keeps_its_initial_type_while_values_fit(start, strings, expected):
    options = InputOptions(types={"a": start})
    plain = TEXT if start == pa.large_string() else start
    assert column("a", evidence(*strings, start=plain), options, is_final=True).type == expected


@pytest.mark.parametrize(
    ("text", "target", "value"),
    [
        ("2024-01-01 10:11:12+05:30", ZONED_TIMESTAMP, datetime(2024, 1, 1, 4, 41, 12, tzinfo=UTC)),
        ("2024-01-01", DATE, date(2024, 1, 1)),
        ("0.1234567890123456789", decimal(19), Decimal("0.1234567890123456789")),
        ("TRUE", BOOLEAN, True),
        ("NA", LONG, None),
        ("NA", TEXT, "NA"),
        ("", TEXT, ""),
        ("", DOUBLE, None),
        (" 5", LONG, 5),
        (" NA ", DOUBLE, None),
        (" 5", TEXT, " 5"),
    ],
)
def test_values_equal_their_text(text, target, value):
    assert converted(pa.array([text]), target, USUAL_NULLS).to_pylist() == [value]


NUMBERS = st.one_of(
    st.integers(-(10**21), 10**21).map(str),
    st.floats(allow_nan=False).map(repr),
    st.builds("{:.{}g}".format, st.floats(allow_nan=False), st.integers(1, 20)),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.from_regex(r"[+-]?[0-9]{0,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)
VALUES = st.one_of(
    NUMBERS,
    st.dates().map(str),
    st.datetimes().map(str),
    st.datetimes(timezones=st.timezones()).map(str),
    st.sampled_from(["", "NA", "true", "FALSE", "007", "text", "1"]),
)


@given(st.lists(st.lists(st.one_of(VALUES, st.none()), max_size=3), max_size=4))
def test_combined_evidence_of_pieces_equals_that_of_the_whole(pieces):
    joined = reduce(or_, [evidence(*piece) for piece in pieces], Evidence())
    assert joined.type == evidence(*[text for piece in pieces for text in piece]).type


@given(st.lists(NUMBERS, min_size=1, max_size=4))
def test_numbers_keep_their_value(strings):
    target = evidence(*strings).type
    values = converted(pa.array(strings), target, USUAL_NULLS).to_pylist()
    for text, value in zip(strings, values, strict=True):
        if isinstance(value, float):
            digits = max(len(text.lower().partition("e")[0].replace(".", "").lstrip("+-0")), 1)
            representations = {repr(value), f"{value:.{digits - 1}e}"}
            assert Decimal(text) in {Decimal(representation) for representation in representations}
        elif value is not None:
            assert value == (text if target == TEXT else Decimal(text))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4), st.integers(17, 25))
def test_doubles_printed_with_17_digits_are_read_as_the_same_doubles(values, digits):
    strings = [f"{value:.{digits}g}" for value in values]
    assert lossless(pa.array(strings), DOUBLE).to_pylist() == values


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_every_value_fits_the_inferred_type(strings):
    assert converted(pa.array(strings), evidence(*strings).type, USUAL_NULLS) is not None
