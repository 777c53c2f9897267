"""Failed tasks on Glue: their error is that of the task, and their log that of the job run."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from datalake_sdk.platforms.aws.causes import error_name, readable_cause
from datalake_sdk.platforms.aws.execution_history import execution_states
from datalake_sdk.platforms.deployments import LogStreams

MACHINE = "shop_sales_dev_daily"
FAILED = "States.TaskFailed"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def cause(**job_run):
    return json.dumps({"Id": "jr_1", "JobName": f"{MACHINE}_load", "JobRunState": "FAILED", **job_run})


@pytest.mark.parametrize(
    ("job_run", "error", "message"),
    [
        ({"ErrorMessage": "TransientError: load: no capacity"}, "TransientError", "load: no capacity"),
        (
            {"ErrorMessage": "Error Category: UNCLASSIFIED_ERROR; TerminalError: load: ValueError: no city"},
            "TerminalError",
            "load: ValueError: no city",
        ),
        ({"ErrorMessage": "Command failed with exit code 10"}, FAILED, "Command failed with exit code 10"),
        ({"JobRunState": "TIMEOUT"}, FAILED, "job run jr_1 ended as TIMEOUT"),
    ],
)
def test_the_error_of_a_job_run_is_that_of_its_task(job_run, error, message):
    assert (error_name(FAILED, cause(**job_run)), readable_cause(cause(**job_run))) == (error, message)


def test_the_errors_of_other_states_are_unchanged():
    assert (error_name("Ecs.Failure", "text"), readable_cause("text")) == ("Ecs.Failure", "text")


def test_the_log_of_a_task_is_the_stream_of_its_job_run():
    scheduled = {"resourceType": "glue", "parameters": json.dumps({"JobName": f"{MACHINE}_load"})}
    history = [
        {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "load"}},
        {"type": "TaskScheduled", "taskScheduledEventDetails": scheduled},
        {"type": "TaskSubmitted", "taskSubmittedEventDetails": {"output": '{"JobRunId": "jr_1"}'}},
    ]
    events = [{"timestamp": NOW, "id": id, "previousEventId": id - 1, **event} for id, event in enumerate(history, 1)]
    (state,) = execution_states(MACHINE, events)
    assert state.logs == (LogStreams(f"{MACHINE}/load/output", ("jr_1",)),)
