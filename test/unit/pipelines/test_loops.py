"""Items of loops and the parameters of their iterations."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import LoopInputError
from datalake_sdk.pipelines.definition import ForEach, Task
from datalake_sdk.pipelines.loops import input_items, iteration_parameters
from datalake_sdk.pipelines.parameters import RunInput


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("eu", {"item": "eu"}),
        (1, {"item": "1"}),
        (1.5, {"item": "1.5"}),
        (True, {"item": "true"}),
        (None, {"item": "null"}),
        ([1, "a"], {"item": '[1,"a"]'}),
        ({"region": "eu", "ids": [1, 2], "limit": 2.0}, {"region": "eu", "ids": "[1,2]", "limit": "2"}),
    ],
)
def test_an_item_sets_parameters(item, expected):
    assert iteration_parameters([item]) == [expected]


@pytest.mark.parametrize(
    ("path", "given"),
    [("$", [1, 2]), ("$.files", {"files": [1, 2]}), ("$[0].files", [{"files": [1, 2]}])],
)
def test_a_path_selects_the_items(path, given):
    assert input_items(Task("load", for_each=ForEach(input=path)), path, RunInput(given, {})) == [1, 2]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"files": "a"}, r'which selects "a", which is not a list'),
        ({}, "which selects nothing: there is no 'files'"),
        (
            {"files": [{"region": "eu"}]},
            "which selects items that set the parameter 'region', as additional_parameters",
        ),
        ({"files": ["a", {"max-age": 1}]}, "which selects items that set the parameter 'max-age'"),
    ],
)
def test_a_path_without_usable_items_is_an_error(given, reason):
    task = Task("load", additional_parameters={"region.$": "$.region"}, for_each=ForEach(input="$.files"))
    with pytest.raises(LoopInputError, match=r"tasks.load.for_each.input is '\$.files', " + reason):
        input_items(task, "$.files", RunInput(given, {}))
