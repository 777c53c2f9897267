"""Every state machine that the modules generate is valid Amazon States Language, according to statelint."""

from __future__ import annotations

import json
import subprocess

import pytest

from test.terraform.terraform import Terraform
from test.terraform.tools import python_tool

VERSION = "3.1.0"
# Terraform writes 2.0 as 2, which Step Functions accepts.
IGNORED = "FLOAT"
TASK = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken", "End": True}


@pytest.fixture(scope="module")
def problems(tmp_path_factory):
    """`problems(definition)`: what statelint reports, or an empty string."""
    program = python_tool("statelint", VERSION) / "statelint"
    file = tmp_path_factory.mktemp("statelint") / "definition.json"

    def problems(definition):
        file.write_text(definition)
        return subprocess.run([program, "--ignore", IGNORED, file], capture_output=True, text=True).stdout

    return problems


def test_the_definitions_of_the_examples_are_valid(problems, examples):
    definitions = {
        f"{path}: {resource.address}": resource.values["definition"]
        for path, resources in examples.items()
        for resource in resources
        if resource.type == "aws_sfn_state_machine"
    }
    assert len(definitions) >= 6
    assert {name: found for name, definition in definitions.items() if (found := problems(definition))} == {}


def test_the_definitions_of_the_module_tests_are_valid(problems, repository):
    module = Terraform(repository / "pipeline_factory", {})
    module.init()
    definitions = planned_definitions(module.run("test", "-json", "-verbose", "-filter=tests/orchestration.tftest.hcl"))
    assert len(definitions) >= 7
    assert {name: found for name, definition in definitions.items() if (found := problems(definition))} == {}


def planned_definitions(messages):
    """The definition of the state machine in each run of `terraform test` that plans one."""
    plans = [json.loads(line) for line in messages.splitlines() if '"type":"test_plan"' in line]
    return {
        plan["@testrun"]: change["change"]["after"]["definition"]
        for plan in plans
        for change in plan["test_plan"].get("resource_changes", [])
        if change["type"] == "aws_sfn_state_machine"
    }


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
