"""Digits in strings do not count as digits of numbers, which doubles may not preserve."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest

from datalake_sdk.inputs.json.digits import keeps_digits
from datalake_sdk.inputs.text.blocks import Block


def keeps(text: str, *, numbers: list[float]) -> bool:
    data = text.encode()
    return keeps_digits(Block(data + b'"rest', len(data), 0, is_last=False), [pa.array(numbers)])


@pytest.mark.parametrize("digits", ["123456789012345678e10", "0.12345678901234567890"])
@pytest.mark.parametrize("before", ["id:", "id ", r"a\" b,", r"a\\ ", r"a\\\" "])
def test_digits_in_strings_are_not_numbers(before, digits):
    assert keeps(f'{{"s":"{before}{digits}","d":1.5}}\n', numbers=[1.5])


@pytest.mark.parametrize("number", ["0.10000000000000000001", "123456789012345678e10"])
@pytest.mark.parametrize("string", ["", ": ", r"\"", r"\\", r"\\\"", " 0.12345678901234567890"])
def test_numbers_after_strings_are_checked(string, number):
    assert not keeps(f'{{"s":"{string}","d":{number}}}\n', numbers=[float(number)])


def test_integers_in_strings_are_not_numbers():
    assert keeps('{"s":"id: 12345678901234567","d":1e300}\n', numbers=[1e300])
    assert not keeps('{"s":"id","d":12345678901234567}\n', numbers=[12345678901234567.0])


@pytest.mark.parametrize("number", ["1e-400", "-1E-400", "0.1e-0324", "2.5e-320"])
def test_numbers_that_are_too_small_are_found(number):
    assert not keeps(f'{{"s":"x","d":{number}}}\n', numbers=[float(number)])


@pytest.mark.parametrize("text", ['"1e-400"', '"c0e-4001"', "0.0"])
def test_zeros_among_other_text_are_kept(text):
    assert keeps(f'{{"s":{text},"d":0}}\n', numbers=[0.0])


@pytest.mark.parametrize("digits", ["9" * 2_000_000, "12345678e" * 200_000])
def test_very_long_sequences_of_digits_take_linear_time(digits):
    started = time.process_time()
    assert keeps(f'{{"s":"{digits}","d":1.5}}\n', numbers=[1.5])
    assert time.process_time() - started < 5


def test_long_numbers_are_found_among_very_long_ones():
    assert not keeps(f'{{"s":"{"9" * 200}","d":0.10000000000000000001}}\n', numbers=[0.1])
