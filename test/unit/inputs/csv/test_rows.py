"""Boundaries of CSV rows are exact, regardless of quoted content."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk.inputs.csv.dialect import Dialect
from datalake_sdk.inputs.csv.rows import quote_pairs, row_starts, whole_rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\nc,d\ne", "a,b\nc,d\n"),
        ('a,"b\n', ""),
        ('a,"b\nc"\nd,"e\n', 'a,"b\nc"\n'),
        ('a,"b""\nc"\nd', 'a,"b""\nc"\n'),
        ('a,""\nb,"\n', 'a,""\n'),
        ('5" pipe,1\n6" pipe,"x\ny"\n7', '5" pipe,1\n6" pipe,"x\ny"\n'),
        ('say "hi",1\nb', 'say "hi",1\n'),
        ('"a" b,c\n"d', '"a" b,c\n'),
        ("a,b\rc,d\re", "a,b\rc,d\r"),
        ("a\rb\nc\rd", "a\rb\nc\r"),
        ("a\nb\r", "a\n"),
        ("a\nb\r\n", "a\nb\r\n"),
        ('a\n"b\rc"\rd', 'a\n"b\rc"\r'),
        ("no end", ""),
    ],
)
def test_whole_rows_ends_at_the_last_complete_row(text, rows):
    assert text[: whole_rows(text.encode(), Dialect())] == rows


FIELDS = st.text(alphabet='ab,;"\n\r 5', max_size=6)


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=2), min_size=1), st.integers(0, 200), st.sampled_from(",;"))
def test_blocks_never_split_a_row(rows, length, delimiter):
    text = b""
    ends = [0]
    for row in rows:
        out = io.StringIO(newline="")
        # Python 3.11 only quotes line breaks that occur in the line terminator.
        csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(row)
        text += out.getvalue().removesuffix("\r\n").encode() + b"\n"
        ends.append(len(text))
    beginning = text[:length]
    expected = max(end for end in ends if end <= len(beginning))
    assert whole_rows(beginning, Dialect(delimiter)) == expected


@given(st.text(alphabet='a,"\n', max_size=40))
def test_rows_equal_those_of_pythons_reader(text):
    starts = list(row_starts(text.encode(), Dialect()))
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert len(starts) == len(rows)


def test_stray_quotes_do_not_open_a_field():
    assert quote_pairs(b'5" x,"a""b",c" d\n"e"', Dialect()).tolist() == [5, 7, 8, 10, 17, 19]
