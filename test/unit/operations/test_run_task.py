"""`run_task` follows a run until it ends, even if polls fail with transient errors."""

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
from datalake_sdk.platforms.deployments import TaskOutcome

DONE = TaskOutcome(succeeded=True, started=True, exit_code=0, reason="")


class Log:
    """A log with a line for each of three calls."""

    def __init__(self):
        self.lines = ["line", "line", "line"]

    def __str__(self):
        return "log group 'tasks'"

    def new_lines(self):
        return [self.lines.pop()] if self.lines else []


class Run:
    """A run with prepared outcomes; an exception among them is raised."""

    identifier = "run"

    def __init__(self, *outcomes):
        self.log = Log()
        self.outcomes = list(outcomes)
        self.started = None
        self.stopped = False

    def start(self, *arguments):
        self.started = arguments
        return self

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
        run_task(platform, "daily", "load", parameters, lambda run: None, lines.append, poll_interval=0)
        return lines


def test_parameters_are_parsed_as_names_and_values():
    assert parse_parameters(["a=1", "b=", "c=x=y"]) == {"a": "1", "b": "", "c": "x=y"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [(["a"], "it must be NAME=VALUE"), (["=1"], "it must be"), (["a=1", "a=2"], "'a' is already given")],
)
def test_a_malformed_parameter_is_rejected(given, reason):
    with pytest.raises(InvalidTaskParameterError, match=reason):
        parse_parameters(given)


def test_an_embedded_lake_has_no_deployed_tasks(lake):
    with pytest.raises(MissingCapabilityError, match="run_task needs deployed pipelines") as caught:
        run_task(lake.platform, "daily", "load", {}, print, print)
    assert "Select an environment on AWS" in caught.value.hint


def test_parameters_become_environment_variables():
    run = Run(DONE)
    assert run.follow(size="2")[0] == "line"
    assert run.started == ("daily", "load", {"TASK_ADDITIONAL_PARAMETERS_size": "2"})


def test_a_throttled_poll_is_repeated():
    assert Run(ThrottledError("DescribeTasks", "slow"), DONE).follow() == ["line"] * 3


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), AccessDeniedError("ecs:DescribeTasks", "", "")])
def test_an_interrupted_or_failed_poll_stops_the_task(reason):
    run = Run(reason)
    with pytest.raises(type(reason)):
        run.follow()
    assert run.stopped


def test_the_error_states_how_the_task_ended():
    with pytest.raises(DeployedTaskError, match="ended with exit code 137: OutOfMemoryError"):
        Run(TaskOutcome(False, True, 137, "OutOfMemoryError")).follow()
    with pytest.raises(TaskNotStartedError, match="could not be started: CannotPullContainerError"):
        Run(TaskOutcome(False, False, None, "CannotPullContainerError")).follow()
