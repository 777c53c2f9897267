"""Parameters that are computed from the input of a run, as Step Functions computes them."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import ParameterPathError
from datalake_sdk.pipelines.definition import Task
from datalake_sdk.pipelines.parameters import RunInput, task_parameters

EVENT = {"detail": {"object": {"key": "in/1 é.csv", "size": 7}, "a name": "x"}, "items": [{"id": "first"}]}
CONTEXT = {"Execution": {"Id": "arn", "Name": "run-1"}}


def value(expression: str, given: object = EVENT, infra_type: str = "ECS") -> str:
    task = Task("load", infra_type=infra_type, additional_parameters={"given.$": expression})
    return task_parameters(task, RunInput(given, CONTEXT))["given"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$.detail.object.key", "in/1 é.csv"),
        ("$.detail['a name']", "x"),
        ("$.items[0].id", "first"),
        ("$$.Execution.Name", "run-1"),
        ("States.JsonToString($.detail.object)", '{"key":"in/1 é.csv","size":7}'),
        ("States.JsonToString($.items[*].id)", '["first"]'),
        ("States.JsonToString($.items)", '[{"id":"first"}]'),
        ("States.Format('{}: {} bytes', $.detail.object.key, $.detail.object.size)", "in/1 é.csv: 7 bytes"),
        (r"States.Format('it\'s {}', $.items[0].id)", "it's first"),
    ],
)
def test_a_path_selects_from_the_input(expression, expected):
    assert value(expression) == expected


def test_the_input_can_be_a_list():
    assert value("$[1].detail.key", [{}, {"detail": {"key": "b"}}]) == "b"
    assert value("States.JsonToString($)", [1]) == "[1]"


def test_constant_parameters_keep_their_values():
    task = Task("load", additional_parameters={"source": "$.not.a.path"})
    assert task_parameters(task, RunInput({}, {})) == {"source": "$.not.a.path"}


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("$.detail.bucket", "selects nothing: there is no 'bucket'"),
        ("$.items[4]", "selects nothing: there is no 4"),
        ("$.detail.object.size", "selects 7, which is not a string"),
        ("$..key", "is not supported in local runs"),
        ("$.items[*].id", 'selects ["first"], which is not a string'),
        ("States.UUID()", "is not supported in local runs"),
        ("States.Format('{} {}', $.items[0].id)", "has 2 placeholders and 1 paths"),
    ],
)
def test_a_path_without_a_string_is_an_error_that_names_the_parameter(expression, reason):
    with pytest.raises(ParameterPathError) as raised:
        value(expression)
    assert raised.value.message.startswith(f"tasks.load.additional_parameters['given.$'] is '{expression}', which ")
    assert reason in raised.value.message


def test_a_spark_task_receives_other_values_as_json():
    assert value("$.detail.object.size", infra_type="EMRServerless") == "7"
