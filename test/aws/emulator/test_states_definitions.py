"""Invalid state machine definitions are rejected by validation and on creation."""

from __future__ import annotations

import json

import pytest

PASS = {"Type": "Pass", "End": True}
TASK = {"Type": "Task", "End": True}


def validate(shop, definition):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return shop.sfn.validate_state_machine_definition(definition=text)


@pytest.mark.parametrize(
    "state",
    [
        PASS,
        {**TASK, "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken"},
        {**TASK, "Resource": "arn:aws:states:::emr-serverless:startJobRun.sync"},
        {**TASK, "Resource": "arn:aws:states:::aws-sdk:emrserverless:startJobRun.waitForTaskToken"},
        {**TASK, "Resource": "arn:aws:states:::athena:startQueryExecution.sync"},
        {**PASS, "QueryLanguage": "JSONata", "Output": "{% $states.input %}"},
    ],
)
def test_a_valid_definition_is_accepted(shop, state):
    assert validate(shop, {"StartAt": "A", "States": {"A": state}})["result"] == "OK"


BAD = [
    ("{", "INVALID_JSON_DESCRIPTION", "Expecting"),
    ({"StartAt": "A"}, "SCHEMA_VALIDATION_FAILED", ""),
    ({"StartAt": "B", "States": {"A": PASS}}, "MISSING_TRANSITION_TARGET", "Missing 'StartAt' target: B"),
    ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "MISSING_TRANSITION_TARGET", "target: B"),
    ({"StartAt": "A", "States": {"A": PASS, "B": PASS}}, "MISSING_TRANSITION_TARGET", '"B" is not reachable'),
    (
        {
            "StartAt": "A",
            "States": {
                "A": {"Type": "Parallel", "End": True, "Branches": [{"StartAt": "C", "States": {"B": PASS}}]},
            },
        },
        "MISSING_TRANSITION_TARGET",
        "target: C",
    ),
    (
        {"StartAt": "A", "States": {"A": {**TASK, "Resource": "arn:aws:states:::nothing:doIt"}}},
        "SCHEMA_VALIDATION_FAILED",
        "nothing",
    ),
    (
        {
            "StartAt": "A",
            "States": {"A": {**TASK, "Resource": "arn:aws:states:::emr-serverless:startJobRun.waitForTaskToken"}},
        },
        "SCHEMA_VALIDATION_FAILED",
        "not recognized",
    ),
]


@pytest.mark.parametrize(("definition", "code", "message"), BAD)
def test_validation_reports_the_problems_of_a_definition(shop, definition, code, message):
    answer = validate(shop, definition)
    assert answer["result"] == "FAIL"
    assert answer["diagnostics"][0]["code"] == code
    assert message in answer["diagnostics"][0]["message"]


@pytest.mark.parametrize(("definition", "code", "_"), BAD)
def test_an_invalid_definition_creates_no_state_machine(shop, definition, code, _):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    with pytest.raises(shop.sfn.exceptions.InvalidDefinition, match=code):
        shop.sfn.create_state_machine(name="m", definition=text, roleArn="arn:aws:iam::123456789012:role/machine")
    machine = shop.machine({"P": PASS})
    with pytest.raises(shop.sfn.exceptions.InvalidDefinition, match=code):
        shop.sfn.update_state_machine(stateMachineArn=machine, definition=text)
