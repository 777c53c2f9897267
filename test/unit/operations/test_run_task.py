"""A task's run is followed to its end, whatever the service says in between."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from datalake_sdk.errors import (
    AccessDeniedError,
    DeployedTaskError,
    InvalidTaskParameterError,
    MissingCapabilityError,
    TaskNotStartedError,
    ThrottledError,
)
from datalake_sdk.operations.run_task import parse_parameters, run_task
from datalake_sdk.platforms.base import TaskOutcome

DONE = TaskOutcome(succeeded=True, started=True, exit_code=0, reason="")


class Run:
    """A task whose outcomes are given; an exception among them is raised."""

    identifier, log = "run", None

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.calls = []
        self.stopped = False

    def start(self, call):
        self.calls.append(call)
        return self

    def new_lines(self):
        return ["line"]

    def outcome(self):
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def stop(self):
        self.stopped = True

    def follow(self, **parameters):
        lines = []
        platform = SimpleNamespace(tasks=self)
        run_task(platform, "daily", "load", parameters, lambda run: None, lines.append)
        return lines


def test_parameters_are_names_and_values():
    assert parse_parameters(["a=1", "b=", "c=x=y"]) == {"a": "1", "b": "", "c": "x=y"}


@pytest.mark.parametrize(
    ("given", "reason"), [(["a"], "it must be NAME=VALUE"), (["=1"], "it must be"), (["a=1", "a=2"], "'a' is given")]
)
def test_a_parameter_that_cannot_be_read_is_refused(given, reason):
    with pytest.raises(InvalidTaskParameterError, match=reason):
        parse_parameters(given)


def test_a_folder_has_no_deployed_tasks(lake):
    with pytest.raises(MissingCapabilityError, match="run_task needs deployed pipelines") as caught:
        run_task(lake.platform, "daily", "load", {}, print, print)
    assert "Name an environment on AWS" in caught.value.hint


def test_a_task_runs_with_its_parameters_and_without_what_belongs_to_an_execution():
    run = Run(DONE)
    assert run.follow(size="2") == ["line"]
    assert run.calls[0].variables == {
        "step_function_task_token": None,
        "step_function_execution_arn": None,
        "step_function_execution_input": None,
        "step_function_execution_start_time": None,
        "TASK_ADDITIONAL_PARAMETERS_size": "2",
    }


def test_a_throttle_does_not_end_the_watch():
    assert Run(ThrottledError("DescribeTasks", "slow"), DONE).follow() == ["line", "line"]


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), AccessDeniedError("ecs:DescribeTasks", "", "")])
def test_a_watch_that_ends_stops_the_task(reason):
    run = Run(reason)
    with pytest.raises(type(reason)):
        run.follow()
    assert run.stopped


def test_how_a_task_ended_is_told():
    with pytest.raises(DeployedTaskError, match="ended with exit code 137: OutOfMemoryError"):
        Run(TaskOutcome(False, True, 137, "OutOfMemoryError")).follow()
    with pytest.raises(TaskNotStartedError, match="could not be started: CannotPullContainerError"):
        Run(TaskOutcome(False, False, None, "CannotPullContainerError")).follow()
