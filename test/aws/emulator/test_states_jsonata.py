"""JSONata in state machines, as an alternative to JSONPath."""

from __future__ import annotations

import uuid

import pytest


def test_expressions_can_use_input_result_and_variables(shop):
    states = {
        "First": {
            "Type": "Pass",
            "Assign": {"name": "{% $states.input.name %}", "sum": "{% $sum($states.input.numbers) %}"},
            "Output": "{% $states.input.numbers[0] %}",
            "Next": "Second",
        },
        "Second": {
            "Type": "Pass",
            "Output": {"text": "{% $name & '!' %}", "sum": "{% $sum %}", "given": "{% $states.input %}"},
            "End": True,
        },
    }
    given = {"name": 'a "quoted"\nname', "numbers": [1, 2.5]}
    output = shop.output(states, given, QueryLanguage="JSONata")
    assert output == {"text": 'a "quoted"\nname!', "sum": 3.5, "given": 1}


def test_uuid_returns_a_new_identifier_each_time(shop):
    """https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html."""
    output = shop.output(
        {"P": {"Type": "Pass", "Output": "{% [$uuid(), $uuid()] %}", "End": True}}, QueryLanguage="JSONata"
    )
    assert [uuid.UUID(identifier).version for identifier in output] == [4, 4]
    assert output[0] != output[1]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$parse('[1]')", [1]),
        ("$hash('a', 'SHA-1')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(0, 4, 2)", [0, 2, 4]),
    ],
)
def test_functions_of_step_functions_are_provided(shop, expression, value):
    """https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html."""
    state = {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}
    assert shop.output({"P": state}, QueryLanguage="JSONata") == value


def test_the_arguments_of_a_task_are_evaluated(shop):
    shop.define_task("import os; raise SystemExit(int(os.environ['CODE']))")
    state = shop.run_task_state(".sync", environment=[{"Name": "CODE", "Value": "{% $states.input.code %}"}])
    state["Arguments"] = state.pop("Parameters")
    state["Output"] = "{% $states.result.Containers[0].ExitCode %}"
    assert shop.output({"Run": state}, {"code": "0"}, QueryLanguage="JSONata") == 0


@pytest.mark.parametrize(("numbers", "way"), [([1], "one"), ([1, 2], "many")])
def test_the_condition_of_a_choice_is_evaluated(shop, numbers, way):
    states = {
        "Ask": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $count($states.input) > 1 %}", "Next": "Many"}],
            "Default": "One",
        },
        "Many": {"Type": "Pass", "Output": "many", "End": True},
        "One": {"Type": "Pass", "Output": "one", "End": True},
    }
    assert shop.output(states, numbers, QueryLanguage="JSONata") == way


def test_the_items_of_a_map_are_evaluated(shop):
    inner = {
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Output": "{% $states.input * 2 %}", "End": True}},
    }
    each = {"Type": "Map", "Items": "{% $states.input.items %}", "ItemProcessor": inner, "End": True}
    assert shop.output({"Each": each}, {"items": [1, 2]}, QueryLanguage="JSONata") == [2, 4]


@pytest.mark.parametrize("expression", ["$missing_function(1)", "$states.input.missing"])
def test_a_failing_expression_is_a_query_evaluation_error(shop, expression):
    states = {"P": {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}}
    assert shop.execute(states, QueryLanguage="JSONata")["error"] == "States.QueryEvaluationError"
