"""Digits in strings do not count as digits of numbers, which doubles may not preserve."""

from __future__ import annotations

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
