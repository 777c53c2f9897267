from __future__ import annotations

import json

import pytest

from datalake_sdk.cli.printing import print_fields, print_json
from datalake_sdk.sizes import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (1_660, "1.7 kB"),
        (12_345_678, "12.3 MB"),
        (10**18, "1,000.0 PB"),
    ],
)
def test_sizes_are_rounded_to_one_decimal_of_the_largest_unit(size, text):
    assert size_text(size) == text


def test_json_cannot_control_a_terminal(capsys):
    value = {"answer": "a\x1b[2J\x9b2J\u202e\u200b\udcff\U000e0041é\n"}
    print_json(value)
    shown = capsys.readouterr().out
    assert shown.rstrip("\n").isprintable()
    assert "é" in shown
    assert json.loads(shown) == value


def test_control_characters_in_fields_are_removed(capsys):
    print_fields({"comment": "\x1b[31mred\u202e"})
    assert capsys.readouterr().out == "comment  red\n"
