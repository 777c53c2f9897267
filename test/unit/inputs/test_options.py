"""Input options by name, as task code passes them."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import InvalidInputOptionError, UnknownInputOptionError
from datalake_sdk.inputs.options import InputOptions, input_options


def test_options_are_passed_by_name():
    given = {"csv_delimiter": ";", "null_values": ["-", "**"], "comment": "#"}
    assert input_options(given) == InputOptions(csv_delimiter=";", null_values=("-", "**"), comment="#")


def test_tuple_options_accept_a_single_string():
    assert input_options({"null_values": "--"}).null_values == ("--",)


@pytest.mark.parametrize(("name", "hint"), [("coment", "Did you mean 'comment'?"), ("types", "Valid options are")])
def test_unknown_options_are_rejected(name, hint):
    with pytest.raises(UnknownInputOptionError, match=f"unknown input option '{name}'") as caught:
        input_options({name: "#"})
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("skip_rows", "3", "an integer"),
        ("skip_rows", True, "an integer"),
        ("header_row", 1.5, "an integer"),
        ("usual_nulls", "no", "True or False"),
        ("encoding", None, "a string"),
        ("timezone", 2, "a string"),
        ("input_format", 1, "a string"),
        ("null_values", [-999], "a string, or a list of strings"),
        ("date_formats", None, "a string, or a list of strings"),
    ],
)
def test_values_of_the_wrong_type_are_rejected(name, value, rule):
    with pytest.raises(InvalidInputOptionError, match=f"{name} is .*; it must be {rule}"):
        input_options({name: value})
