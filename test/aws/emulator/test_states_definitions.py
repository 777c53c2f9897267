"""Invalid state machine definitions are rejected by validation and on creation."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

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


def test_definitions_in_different_query_languages_can_be_validated_at_the_same_time(shop):
    path = {**PASS, "Parameters": {"a.$": "$.a"}}
    jsonata = {**PASS, "QueryLanguage": "JSONata", "Output": "{% $states.input %}"}
    branches = [
        {"StartAt": f"{number}", "States": {f"{number}": state}} for number, state in enumerate([path, jsonata] * 20)
    ]
    definition = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": True, "Branches": branches}}}
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: validate(shop, definition), range(24)))
    assert [result["diagnostics"] for result in results] == [[]] * 24


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

TOKEN = {**TASK, "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken"}
JSONATA = {**PASS, "QueryLanguage": "JSONata"}

BAD_STATES = [
    ({**TOKEN, "TimeoutSeconds": 60, "HeartbeatSeconds": 60}, "HeartbeatSeconds must be smaller than TimeoutSeconds"),
    ({**TOKEN, "TimeoutSeconds": 0}, "'TimeoutSeconds' must be an integer between 1 and 99999999"),
    ({**PASS, "Note": "x"}, "Field 'Note' is not supported"),
    ({**PASS, "Retry": [{"ErrorEquals": ["A"]}]}, "Field 'Retry' is not supported"),
    ({**PASS, "Next": "A"}, "exactly one of these fields: [Next, End]"),
    ({"Type": "Pass"}, "exactly one of these fields: [Next, End]"),
    ({"Type": "Loop"}, "The field 'Type' should have one of these values: [Task, Wait, "),
    ({**TOKEN, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}]}, "States.ALL must appear alone"),
    ({**TOKEN, "Retry": [{"ErrorEquals": ["States.Unknown"]}]}, "States.Unknown"),
    ({**PASS, "Parameters": {"a": [{"b.$": "c"}]}}, "The value for the field 'b.$' must be a valid JSONPath"),
    ({**PASS, "Parameters": {"a.$": "States.Upper($.a)"}}, "or a valid intrinsic function call"),
    ({**PASS, "Output": 1}, "field 'Output' is only supported for the 'JSONata' QueryLanguage"),
    ({**JSONATA, "ResultPath": "$.a"}, "field 'ResultPath' is only supported for the 'JSONPath' QueryLanguage"),
    ({**TASK, "Resource": "arn:aws:states:::aws-sdk:nothing:doIt"}, "aws-sdk:nothing:doIt is not recognized"),
]


@pytest.mark.parametrize(("state", "message"), BAD_STATES)
def test_an_invalid_state_is_reported(shop, state, message):
    found = validate(shop, {"StartAt": "A", "States": {"A": state}})["diagnostics"]
    assert found[0]["code"] == "SCHEMA_VALIDATION_FAILED"
    assert message in found[0]["message"]


def test_an_invalid_state_inside_a_branch_is_reported_with_its_location(shop):
    branch = {"StartAt": "B", "States": {"B": {**PASS, "Note": "x"}}}
    parallel = {"Type": "Parallel", "End": True, "Branches": [branch]}
    with pytest.raises(shop.sfn.exceptions.InvalidDefinition, match=r"supported at /States/A/Branches\[0\]/States/B"):
        shop.machine({"A": parallel})


@pytest.mark.parametrize("name", ["x" * 81, "B"])
def test_names_of_states_are_short_and_unique(shop, name):
    branch = {"StartAt": "B", "States": {"B": PASS}}
    states = {"A": {"Type": "Parallel", "Branches": [branch], "Next": name}, name: PASS}
    (problem, *_) = validate(shop, {"StartAt": "A", "States": states})["diagnostics"]
    assert "exceeds the maximum length of 80" in problem["message"] or problem["message"] == "Duplicate state name: B"


@pytest.mark.parametrize("keys", ['"A": {}, "A": {}', '"A": {"End": true, "End": true}'])
def test_a_repeated_key_is_reported(shop, keys):
    (problem,) = validate(shop, f'{{"StartAt": "A", "States": {{{keys}}}}}')["diagnostics"]
    assert problem["code"] == "INVALID_JSON_DESCRIPTION"
    assert problem["message"].startswith("Duplicate field")


@pytest.mark.parametrize("expression", ["(1", "$eval('1')"])
def test_an_invalid_jsonata_expression_is_reported(shop, expression):
    state = {**JSONATA, "Output": f"{{% {expression} %}}"}
    (problem,) = validate(shop, {"StartAt": "A", "States": {"A": state}})["diagnostics"]
    assert (problem["code"], problem["location"]) == ("INVALID_JSONATA_EXPRESSION", "/States/A/Output")


def test_an_invalid_condition_is_reported(shop):
    choice = {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [{"Condition": "{% $a = %}", "Next": "B"}]}
    branch = {"StartAt": "A", "States": {"A": choice, "B": PASS}}
    states = {"All": {"Type": "Parallel", "Branches": [branch], "End": True}}
    (problem,) = validate(shop, {"StartAt": "All", "States": states})["diagnostics"]
    assert problem["location"] == "/States/All/Branches[0]/States/A/Choices[0]/Condition"


def test_a_workflow_without_an_end_is_reported(shop):
    loop = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    (problem,) = validate(shop, {"StartAt": "A", "States": loop})["diagnostics"]
    assert (problem["code"], problem["message"]) == ("MISSING_END_STATE", "Workflow has no terminal state")


def test_a_state_whose_output_exceeds_256_kib_fails(shop):
    doubled = {"Type": "Pass", "End": True, "Parameters": {"a.$": "$", "b.$": "$"}}
    execution = shop.execute({"P": doubled}, {"text": "x" * 140_000})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.DataLimitExceeded")


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
