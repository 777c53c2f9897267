"""Options of an input by name, as task code gives them."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import UnknownInputOptionError
from datalake_sdk.inputs.options import InputOptions, input_options


def test_options_are_taken_by_name():
    given = {"csv_delimiter": ";", "null_values": ["-", "**"], "comment": "#"}
    assert input_options(given) == InputOptions(csv_delimiter=";", null_values=("-", "**"), comment="#")


def test_a_single_text_may_stand_for_several():
    assert input_options({"null_values": "--"}).null_values == ("--",)


@pytest.mark.parametrize(("name", "hint"), [("coment", "Did you mean 'comment'?"), ("types", "There are input_")])
def test_an_unknown_option_is_refused(name, hint):
    with pytest.raises(UnknownInputOptionError, match=f"no input option '{name}'") as caught:
        input_options({name: "#"})
    assert caught.value.hint.startswith(hint)
