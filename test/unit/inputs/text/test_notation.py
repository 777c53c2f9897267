"""Numbers, dates and times follow the notation options; other values stay strings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk.errors import DeclaredTypeError, InvalidInputOptionError
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.text.conversion import USUAL_NULLS, converted
from datalake_sdk.inputs.text.inference import ALL_FAMILIES, TIMESTAMP, ZONED_TIMESTAMP, Evidence, evidence_of
from datalake_sdk.inputs.text.notation import Notation, notation

COMMA = {"decimal_mark": ",", "thousands_mark": "."}
AMERICAN = {"date_formats": ("%m/%d/%Y", "%m/%d/%Y %I:%M %p")}
PARIS = {"timezone": "Europe/Paris"}


def notation_of(**options: object) -> Notation:
    return notation(InputOptions(**options))


def evidence(strings: list[str], given_notation: Notation, start: pa.DataType | None = None) -> Evidence:
    return evidence_of(pa.array(strings, pa.string()), USUAL_NULLS, ALL_FAMILIES, start, given_notation)


def read(strings: list[str], **options: object) -> pa.Array:
    given_notation = notation_of(**options)
    return converted(pa.array(strings), evidence(strings, given_notation).type, USUAL_NULLS, given_notation)


@pytest.mark.parametrize(
    ("strings", "options", "values"),
    [
        (["1,5", "-0,25", "NA", " 7 "], {"decimal_mark": ","}, [1.5, -0.25, None, 7.0]),
        (["1.234.567", "12"], COMMA, [1234567, 12]),
        (["1.234,5", "1234,5"], COMMA, [1234.5, 1234.5]),
        (["1,234", "-12,345.6"], {"thousands_mark": ","}, [1234.0, -12345.6]),
        (["1 234,5"], {"decimal_mark": ",", "thousands_mark": " "}, [1234.5]),
        (["1\u202f234"], {"decimal_mark": ",", "thousands_mark": "\u202f"}, [1234]),
        (["1'234.5"], {"thousands_mark": "'"}, [1234.5]),
        (["1,5e3"], {"decimal_mark": ","}, [1500.0]),
        (["1,12345678901234567890"], {"decimal_mark": ","}, [Decimal("1.1234567890123456789")]),
        (["12/31/2024", "1/2/2024"], AMERICAN, [date(2024, 12, 31), date(2024, 1, 2)]),
        (["12/31/2024 1:05 pm", "1/2/2024"], AMERICAN, [datetime(2024, 12, 31, 13, 5), datetime(2024, 1, 2)]),
        (["12/31/2024", "2024-02-01"], AMERICAN, [date(2024, 12, 31), date(2024, 2, 1)]),
        (["2024-01-02"], {"date_formats": ("%Y-%d-%m",)}, [date(2024, 2, 1)]),
        (["1 Feb 24", "3 mar 69"], {"date_formats": ("%d %b %y",)}, [date(2024, 2, 1), date(1969, 3, 3)]),
        (["February 1, 2024"], {"date_formats": ("%B %d, %Y",)}, [date(2024, 2, 1)]),
        (["20240201"], {"date_formats": ("%Y%m%d",)}, [20240201]),
        (["01/02/2024", "3.2.2024"], {"date_formats": ("%d/%m/%Y", "%d.%m.%Y")}, [date(2024, 2, 1), date(2024, 2, 3)]),
        (
            ["31.12.2024 23:59:58.25+02:00"],
            {"date_formats": ("%d.%m.%Y %H:%M:%S.%f%z",)},
            [datetime(2024, 12, 31, 21, 59, 58, 250_000, UTC)],
        ),
        (["2024-07-01 12:00"], PARIS, [datetime(2024, 7, 1, 10, tzinfo=UTC)]),
        (["2024-07-01 12:00", "2024-07-01T10:00Z"], PARIS, [datetime(2024, 7, 1, 10, tzinfo=UTC)] * 2),
        (["2024-07-02", "2024-07-02T00:00+01:00"], PARIS, [datetime(2024, 7, 1, 22 + n, tzinfo=UTC) for n in (0, 1)]),
        (["2050-07-01 12:00"], PARIS, [datetime(2050, 7, 1, 10, tzinfo=UTC)]),
        (["2024-10-27 02:30"], PARIS, [datetime(2024, 10, 27, 0, 30, tzinfo=UTC)]),
        (["2024-07-01"], PARIS, [date(2024, 7, 1)]),
        (["12/31/2024 1:00 AM"], AMERICAN | PARIS, [datetime(2024, 12, 31, 0, tzinfo=UTC)]),
        (["2014-7-1", "2014-12-31"], {}, [date(2014, 7, 1), date(2014, 12, 31)]),
        (["2014/7/1"], {}, [date(2014, 7, 1)]),
        (["2014-7-1 9:05", "2014-07-01"], {}, [datetime(2014, 7, 1, 9, 5), datetime(2014, 7, 1)]),
    ],
)  # fmt: skip
def test_values_follow_the_notation(strings, options, values):
    assert read(strings, **options).to_pylist() == values


@pytest.mark.parametrize(
    ("strings", "options"),
    [
        (["1.5"], {"decimal_mark": ","}),
        (["1.5", "1,5"], {"decimal_mark": ","}),
        (["12,34"], {"thousands_mark": ","}),
        (["1,2345"], {"thousands_mark": ","}),
        (["1.234.5"], COMMA),
        (["1.234"], {"decimal_mark": ","}),
        (["01,5"], {"decimal_mark": ","}),
        (["1,234"], {}),
        (["45%"], {}),
        (["1", "--"], {}),
        (["1", "**"], {}),
        (["12/31/2024"], {}),
        (["1/2/2024"], {}),
        (["2014-13-1"], {}),
        (["2014-7"], {}),
        (["2014-7-1x"], {}),
        (["31/12/2024"], AMERICAN),
        (["2/30/2024"], AMERICAN),
        (["1/2/24"], AMERICAN),
        (["1/2/2024 13:05 PM"], AMERICAN),
        (["1 Foo 2024"], {"date_formats": ("%d %b %Y",)}),
        (["01/02/2024"], {"date_formats": ("%d/%m/%Y", "%m/%d/%Y")}),
        (["2024-03-31 02:30"], PARIS),
        (["0001-01-01 00:00"], PARIS),
        (["9999-12-31 23:00"], {"timezone": "America/New_York"}),
    ],
)
def test_ambiguous_values_and_other_notations_stay_strings(strings, options):
    array = read(strings, **options)
    assert (array.type, array.to_pylist()) == (pa.string(), strings)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decimal_mark": ",,"}, "decimal_mark is ',,'; it must be one character"),
        ({"decimal_mark": "5"}, "decimal_mark is '5'; it must be one character"),
        ({"thousands_mark": "-"}, "thousands_mark is '-'; it must be one character"),
        ({"thousands_mark": "."}, "thousands_mark is '.'; it must be different from the decimal mark"),
        ({"date_formats": ("%d/%m",)}, "date_formats is '%d/%m'; it must be a format of %Y %y %m"),
        ({"date_formats": ("%Q/%m/%Y",)}, "date_formats is '%Q/%m/%Y'; it must be a format of %Y %y %m"),
        ({"date_formats": ("%d/%m/%Y %I",)}, "contains a year, a month and a day"),
        ({"date_formats": ("%d/%m/%Y:%M",)}, "contains a year, a month and a day"),
        ({"date_formats": ("%d/%m/%Y%",)}, "contains a year, a month and a day"),
        ({"timezone": "Paris"}, "timezone is 'Paris'; it must be an IANA time zone name"),
    ],
)
def test_invalid_notations_are_rejected(write_file, read_file, options, message):
    with pytest.raises(InvalidInputOptionError) as raised:
        read_file(write_file("a.csv", "a\n1\n"), **options)
    assert message in raised.value.message


@pytest.mark.parametrize(
    ("data_type", "name", "good", "bad", "value"),
    [
        (pa.date32(), "date", "12/31/2024", "31/12/2024", date(2024, 12, 31)),
        (pa.float64(), "double", '"1.234,5"', '"1,234.5"', 1234.5),
        (pa.decimal128(10, 2), "decimal(10, 2)", '"1.234,50"', "12%", Decimal("1234.50")),
        (TIMESTAMP, "timestamp", "2024-07-01 12:00", "noon", datetime(2024, 7, 1, 12)),
        (ZONED_TIMESTAMP, "timestamptz", "2024-07-01 12:00", "2024-03-31 02:30", datetime(2024, 7, 1, 10, tzinfo=UTC)),
    ],
)
def test_declared_columns_follow_the_notation_and_errors_are_located(
    write_file, read_file, data_type, name, good, bad, value
):
    options = {"types": {"a": data_type}, "declared": frozenset({"a"}), **COMMA, **AMERICAN, **PARIS}
    rows = f"id,a\n1,{good}\n"
    assert read_file(write_file("a.csv", rows), **options)["a"].to_pylist() == [value]
    path = write_file("b.csv", rows + f"2,{bad}\n")
    with pytest.raises(DeclaredTypeError) as raised:
        read_file(path, **options)
    shown = bad.strip('"')
    assert raised.value.message == f"input '{path}', line 3: column 'a' is declared as {name}, but contains '{shown}'"


def test_digits_are_dates_in_declared_columns_only(write_file, read_file):
    path, options = write_file("a.csv", "a\n20240201\n"), {"date_formats": ("%Y%m%d",)}
    assert read_file(path, **options)["a"].to_pylist() == [20240201]
    declared = {"types": {"a": pa.date32()}, "declared": frozenset({"a"})}
    assert read_file(path, **options, **declared)["a"].to_pylist() == [date(2024, 2, 1)]


def test_column_without_time_zone_does_not_accept_zoned_times():
    assert evidence(["2024-07-01 12:00"], notation_of(**PARIS), TIMESTAMP).fits_start is False
    assert evidence(["2024-07-01 12:00"], notation_of(**PARIS), ZONED_TIMESTAMP).fits_start is True


@given(values=st.lists(st.decimals(-(10**9), 10**9, allow_nan=False, places=3), min_size=1), grouped=st.booleans())
def test_numbers_with_other_separators_equal_those_with_a_point(values, grouped):
    plain = [f"{value:,}" if grouped else str(value) for value in values]
    strings = [text.translate(str.maketrans(",.", ".,")) for text in plain]
    expected = [Decimal(text.replace(",", "")) for text in plain]
    assert [Decimal(str(value)) for value in read(strings, **COMMA).to_pylist()] == expected


MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31))
ANY_MOMENTS = st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1))
FORMATS = st.sampled_from(
    ["%d.%m.%Y %H:%M:%S.%f", "%m-%d-%y %I:%M:%S.%f %p", "%B %d, %Y - %H:%M:%S.%f", "%d%b%Y/%H.%M.%S.%f"]
)


@given(moments=st.lists(MOMENTS, min_size=1), text=FORMATS)
def test_times_equal_those_that_python_parses(moments, text):
    strings = [moment.strftime(text) for moment in moments]
    assert read(strings, date_formats=(text,)).to_pylist() == [datetime.strptime(each, text) for each in strings]


@given(
    moments=st.lists(ANY_MOMENTS, min_size=1),
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Africa/Monrovia"]),
)
def test_times_without_offset_are_local_to_the_time_zone(moments, zone):
    zoned_moments = [moment.replace(tzinfo=ZoneInfo(zone), microsecond=0) for moment in moments]
    existing = [
        each for each in zoned_moments if (each.astimezone(UTC).astimezone(ZoneInfo(zone)) - each) == timedelta(0)
    ]
    strings = [each.strftime("%Y-%m-%d %H:%M:%S") for each in existing]
    if strings:
        assert read(strings, timezone=zone).to_pylist() == [each.astimezone(UTC) for each in existing]


PIECES = st.sampled_from(
    [
        "1,5",
        "1.234",
        "1",
        "x",
        "NA",
        " 2 ",
        "12/31/2024",
        "1/2/2024 1:05 PM",
        "2024-01-01",
        "2024-1-1",
        "2024-01-01 10:00Z",
    ]
)
NOTATIONS = st.sampled_from([{}, COMMA, AMERICAN, PARIS, AMERICAN | PARIS, {"date_formats": ("%m/%d/%Y", "%d/%m/%Y")}])


@given(pieces=st.lists(st.lists(PIECES, max_size=3), max_size=4), options=NOTATIONS)
def test_combined_evidence_of_pieces_equals_that_of_the_whole(pieces, options):
    given_notation, whole = notation_of(**options), [text for piece in pieces for text in piece]
    joined = reduce(or_, [evidence(piece, given_notation) for piece in pieces], Evidence())
    assert joined.type == evidence(whole, given_notation).type
    assert converted(pa.array(whole, pa.string()), joined.type, USUAL_NULLS, given_notation) is not None
