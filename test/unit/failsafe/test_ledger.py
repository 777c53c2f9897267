"""The failsafe records the runs that the SDK cannot record itself, in the SDK's format."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from datalake_sdk.ledger.model import EventKey, EventType, RunKind, run_id_of
from datalake_sdk.ledger.openlineage import from_openlineage
from datalake_sdk.runtime.environment import task_settings
from datalake_sdk.runtime.task_runs import _task_run
from domain_factory.failsafe import handler
from test.openlineage import validate
from test.unit.failsafe.test_handler import STATE_MACHINE_TAGS, Gone, job_run, services, stopped_task

__all__ = ["services"]

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:shop_sales_dev_daily"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_daily:morning"
START = "2026-11-29T23:59:59.250Z"
VARIABLES = {
    "TASK_NAME": "load",
    "step_function_task_token": "AQ==",
    "step_function_execution_arn": EXECUTION,
    "step_function_execution_start_time": START,
}
TASK = {**VARIABLES, "PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev", "PIPELINE_NAME": "daily"}


def container(**variables):
    given = [{"name": name, "value": value} for name, value in {**VARIABLES, **variables}.items()]
    overrides = {"containerOverrides": [{"name": "load", "environment": given}]}
    task = stopped_task(overrides=overrides, createdAt="2026-11-30T00:00:03.000Z")
    return {"detail-type": "ECS Task State Change", "detail": task}


def execution(status, **more):
    start = datetime.fromisoformat(START).timestamp() * 1000
    detail = {"executionArn": EXECUTION, "stateMachineArn": MACHINE, "status": status, "startDate": start}
    stop = None if status == "RUNNING" else start + 90_000
    return {"detail-type": "Step Functions Execution Status Change", "detail": {**detail, "stopDate": stop, **more}}


def recorded(services, event):
    """The event that an invocation adds to the ledger."""
    handler.handler(event, None)
    (written,) = services.asked("put_object")
    assert (written["Bucket"], written["IfNoneMatch"]) == ("shop-sales-dev-technical", "*")
    content = json.loads(written["Body"])
    validate(content)
    event = from_openlineage(content)
    day, _, name = written["Key"].removeprefix("runs/date=").partition("/")
    assert (EventKey.parse(name), day) == (event.key, event.key.day)
    return event


def test_a_task_that_did_not_call_back_is_recorded_under_the_id_that_it_derives_itself(services):
    event = recorded(services, container())
    own = _task_run(task_settings({**TASK, "OUTPUT_TABLES": '{"shop.orders": {}}'}), TASK)
    assert (event.run.id, event.run.parent, event.run.group_time) == (own.id, own.parent, own.group_time)
    assert (event.run.job, event.run.execution) == (own.job, own.execution)
    assert event.type is EventType.FAIL
    assert event.error is not None
    assert event.error.name == "TransientError"
    assert event.error.message.startswith("EssentialContainerExited: Essential container in task exited")
    assert event.error.hint


def test_a_spark_task_is_recorded_too(services):
    prefix = "spark.emr-serverless.driverEnv."
    settings = " ".join(f"--conf '{prefix}{name}={value}'" for name, value in VARIABLES.items())
    run = job_run(jobDriver={"sparkSubmit": {"sparkSubmitParameters": settings}}, createdAt=datetime.now(UTC))
    services.answers["get_job_run"] = {"jobRun": run}
    detail = {"state": "FAILED", "applicationId": "app", "jobRunId": "run"}
    event = recorded(services, {"detail-type": "EMR Serverless Job Run State Change", "detail": detail})
    assert event.run.id == run_id_of(EXECUTION, "fit", "AQ==")


def test_a_task_that_called_back_is_not_recorded(services):
    services.answers["send_task_failure"] = services.exceptions.TaskTimedOut()
    handler.handler(container(), None)
    assert services.asked("put_object") == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("RUNNING", EventType.START),
        ("SUCCEEDED", EventType.COMPLETE),
        ("TIMED_OUT", EventType.FAIL),
        ("ABORTED", EventType.ABORT),
    ],
)
def test_executions_are_recorded_when_they_start_and_end(services, status, kind):
    event = recorded(services, execution(status))
    assert (event.type, event.run.id, event.run.job.kind) == (kind, run_id_of(EXECUTION), RunKind.PIPELINE)
    assert event.run.job.name == "daily"
    assert (event.cost is None) == (kind is EventType.START)
    assert (event.error is None) == (kind in (EventType.START, EventType.COMPLETE))


def test_executions_are_recorded_after_a_deleted_state_machine_was_created_again(services):
    services.answers["list_tags_for_resource"] = Gone()
    handler.handler(execution("ABORTED"), None)
    assert services.asked("put_object") == []
    services.answers["list_tags_for_resource"] = STATE_MACHINE_TAGS
    assert recorded(services, execution("RUNNING")).type is EventType.START


def test_a_failed_execution_is_recorded_with_message_and_hint(services):
    cause = "load: ValueError: no rows\nHint: Wait.\n\nTraceback (most recent call last): …"
    event = recorded(services, execution("FAILED", error="TerminalError", cause=cause))
    assert event.error is not None
    assert (event.error.name, event.error.message, event.error.hint) == (
        "TerminalError",
        "load: ValueError: no rows",
        "Wait.",
    )


def test_an_event_that_the_task_has_recorded_is_kept(services):
    services.answers["put_object"] = ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
    handler.handler(container(), None)
    assert len(services.asked("send_task_failure")) == 1


def test_a_ledger_that_cannot_be_written_does_not_stop_the_failsafe(services, caplog):
    services.answers["put_object"] = ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")
    handler.handler(container(), None)
    assert len(services.asked("send_task_failure")) == 1
    assert "cannot write the run ledger" in caplog.text
