"""The state machines of the examples are valid Amazon States Language, according to statelint."""

from __future__ import annotations

import json

import pytest

TASK = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken", "End": True}


def test_the_definitions_of_the_examples_are_valid(problems, examples):
    definitions = {
        f"{path}: {resource.address}": resource.values["definition"]
        for path, resources in examples.items()
        for resource in resources
        if resource.type == "aws_sfn_state_machine"
    }
    assert len(definitions) >= 6
    assert {name: found for name, definition in definitions.items() if (found := problems(definition))} == {}


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({**TASK, "End": False}, "No terminal state"),
        ({**TASK, "End": None, "Next": "end"}, 'No state found named "end"'),
        ({**TASK, "HeartbeatSecond": 60}, 'Field "HeartbeatSecond" not allowed'),
        ({**TASK, "ResultPath": "result"}, "should be a Reference Path"),
        ({**TASK, "Retry": [{"ErrorEquals": ["TransientError"], "BackoffRate": 0.5}]}, "allowed floor is 1"),
    ],
)
def test_an_invalid_state_is_found(state, problem, problems):
    assert problem in problems(json.dumps({"StartAt": "load", "States": {"load": state}}))
