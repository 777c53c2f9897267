from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from domain_factory.failsafe import handler

TASK = "arn:aws:ecs:eu-west-1:123456789012:task/shop_sales_dev/0a1b"
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop_sales_dev"
JOB_RUN = "arn:aws:emr-serverless:eu-west-1:123456789012:/applications/app/jobruns/run"


LOG = {"enabled": True, "logGroupName": "shop_sales_dev_daily/fit"}
CONSOLE = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group"
DOMAIN = {"project_name": "shop", "domain_name": "sales", "stage_name": "dev"}
STATE_MACHINE_TAGS = {"tags": [{"key": name, "value": value} for name, value in DOMAIN.items()]}


class Gone(Exception):
    pass


class Services:
    """Records the calls to each service; tests set the responses."""

    def __init__(self, monkeypatch):
        self.sent = []
        self.answers = {}
        self.exceptions = SimpleNamespace(
            TaskTimedOut=Gone, TaskDoesNotExist=Gone, InvalidToken=Gone, ResourceNotFound=Gone, ClientError=ClientError
        )
        monkeypatch.setattr(handler, "_client", lambda service: self)

    def __getattr__(self, operation):
        def call(**arguments):
            self.sent.append((operation, arguments))
            answer = self.answers.get(operation, {})
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, operation):
        return SimpleNamespace(paginate=lambda **arguments: [getattr(self, operation)(**arguments)])

    def asked(self, operation):
        return [arguments for name, arguments in self.sent if name == operation]


@pytest.fixture
def services(monkeypatch):
    monkeypatch.setenv("MAX_TASK_AGE_MINUTES", "60")
    monkeypatch.setenv("ECS_CLUSTER_ARN", CLUSTER)
    monkeypatch.setenv("TECHNICAL_BUCKET", "shop-sales-dev-technical")
    monkeypatch.delenv("EMR_APPLICATION_ID", raising=False)
    for name, value in DOMAIN.items():
        monkeypatch.setenv(name.upper(), value)
    services = Services(monkeypatch)
    services.answers["get_application"] = {"application": {"tags": {**DOMAIN, "team": "sales"}}}
    services.answers["list_state_machines"] = {"stateMachines": []}
    services.answers["list_tags_for_resource"] = STATE_MACHINE_TAGS
    handler._stored_tags.cache_clear()
    return services


def stopped_task(**more):
    variables = [{"name": "TASK_NAME", "value": "load"}, {"name": "step_function_task_token", "value": "AQ=="}]
    return {
        "taskArn": TASK,
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop_sales_dev_daily_load:3",
        "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "overrides": {"containerOverrides": [{"name": "load", "environment": variables}]},
        "containers": [{"name": "load", "exitCode": 137}],
        **more,
    }


def task_event(**more):
    return {"detail-type": "ECS Task State Change", "detail": stopped_task(**more)}


def job_run(**more):
    token = "spark.emr-serverless.driverEnv.step_function_task_token"
    submit = {"sparkSubmitParameters": f"--conf spark.executor.cores=2 --conf {token}=AQ=="}
    return {
        "arn": JOB_RUN,
        "name": "fit",
        "state": "FAILED",
        "stateDetails": "Job failed. ExitCode: 137",
        "jobDriver": {"sparkSubmit": submit},
        "configurationOverrides": {"monitoringConfiguration": {"cloudWatchLoggingConfiguration": LOG}},
        **more,
    }


def job_run_event(state):
    detail = {"applicationId": "app", "jobRunId": "run", "state": state}
    return {"detail-type": "EMR Serverless Job Run State Change", "detail": detail}


def test_a_stopped_task_fails_its_state_with_its_name_the_reason_a_hint_and_its_log(services):
    handler.handler(task_event(), None)
    (failure,) = services.asked("send_task_failure")
    assert (failure["taskToken"], failure["error"]) == ("AQ==", "TransientError")
    assert failure["cause"].splitlines() == [
        "load: EssentialContainerExited: Essential container in task exited; container load: exit code 137",
        "Hint: SIGKILL ended the task. If it happens again, raise `memory` in its infra_config.",
        f"Log: {CONSOLE}/shop_sales_dev_daily$252Fload/log-events/ecs$252Fload$252F0a1b",
        f"Resource: {TASK}",
    ]


# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
@pytest.mark.parametrize(
    ("stop_code", "reason", "container", "error", "hint"),
    [
        (
            "EssentialContainerExited",
            "Essential container in task exited",
            {"exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"},
            "TerminalError",
            "Raise `memory`",
        ),
        (
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): shop:1: not found",
            {},
            "TerminalError",
            "The image cannot be pulled",
        ),
        (
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): dial tcp: i/o timeout",
            {},
            "TransientError",
            "check subnets and endpoints",
        ),
        (
            "TaskFailedToStart",
            "CannotPullContainerError: toomanyrequests: Rate exceeded",
            {},
            "TransientError",
            "throttled",
        ),
        (
            "TaskFailedToStart",
            "ResourceInitializationError: failed to validate logger args: the log group does not exist",
            {},
            "TerminalError",
            "log group",
        ),
        (
            "TaskFailedToStart",
            "Timeout waiting for network interface provisioning to complete.",
            {},
            "TransientError",
            "a retry may succeed",
        ),
        (
            "SpotInterruption",
            "Your Spot Task was interrupted.",
            {"exitCode": 137},
            "TransientError",
            "Spot capacity",
        ),
        (
            "EssentialContainerExited",
            "Essential container in task exited",
            {"exitCode": 0},
            "TerminalError",
            "without calling back",
        ),
        (
            "EssentialContainerExited",
            "Essential container in task exited",
            {"exitCode": 139},
            "TransientError",
            "See the end of its log",
        ),
        ("ServiceSchedulerInitiated", "Host EC2 terminated.", {}, "TransientError", "without calling back"),
    ],
)
def test_a_stop_reason_decides_whether_a_retry_may_succeed(services, stop_code, reason, container, error, hint):
    containers = [{"name": "load", **container}]
    handler.handler(task_event(stopCode=stop_code, stoppedReason=reason, containers=containers), None)
    (failure,) = services.asked("send_task_failure")
    assert failure["error"] == error
    first, second, *_ = failure["cause"].splitlines()
    assert first.startswith(f"load: {stop_code}: {reason}")
    assert hint in second


@pytest.mark.parametrize(
    ("details", "error", "hint"),
    [
        (
            "Job failed. ExitCode: 1. java.lang.OutOfMemoryError: Java heap space",
            "TerminalError",
            "spark_driver_memory or",
        ),
        ("Job failed. ExitCode: 137", "TransientError", "spark_driver_memory"),
        ("Job failed. ExitCode: 1. ValueError: no rows", "TransientError", "See the end of its log"),
    ],
)
def test_the_details_of_a_job_run_decide_whether_a_retry_may_succeed(services, details, error, hint):
    services.answers["get_job_run"] = {"jobRun": job_run(stateDetails=details)}
    handler.handler(job_run_event("FAILED"), None)
    (failure,) = services.asked("send_task_failure")
    assert failure["error"] == error
    assert hint in failure["cause"].splitlines()[1]


def test_a_running_task_is_ignored(services):
    handler.handler(task_event(lastStatus="RUNNING"), None)
    assert services.sent == []


def test_a_task_without_a_waiting_state_is_ignored(services):
    handler.handler(task_event(overrides={"containerOverrides": [{"name": "load"}]}), None)
    handler.handler(task_event(overrides={}), None)
    assert services.sent == []


def test_a_failed_job_run_fails_its_state_with_the_details_of_emr(services):
    services.answers["get_job_run"] = {"jobRun": job_run()}
    handler.handler(job_run_event("FAILED"), None)
    assert services.asked("get_job_run") == [{"applicationId": "app", "jobRunId": "run"}]
    (failure,) = services.asked("send_task_failure")
    assert (failure["taskToken"], failure["error"]) == ("AQ==", "TransientError")
    assert failure["cause"].startswith("fit: JobRunFAILED: Job failed. ExitCode: 137\n")
    assert f"Log: {CONSOLE}/shop_sales_dev_daily$252Ffit\n" in failure["cause"]


@pytest.mark.parametrize("tags", [{}, {**DOMAIN, "domain_name": "billing"}])
def test_job_runs_of_other_domains_are_ignored(services, tags):
    services.answers["get_application"] = {"application": {"tags": tags}}
    services.answers["get_job_run"] = {"jobRun": job_run()}
    handler.handler(job_run_event("FAILED"), None)
    assert services.asked("send_task_failure") == []


def test_the_task_token_is_found_in_spark_defaults(services):
    defaults = {"spark.emr-serverless.driverEnv.step_function_task_token": "BQ=="}
    configured = {"applicationConfiguration": [{"classification": "spark-defaults", "properties": defaults}]}
    services.answers["get_job_run"] = {
        "jobRun": job_run(jobDriver={"sparkSubmit": {}}, configurationOverrides=configured)
    }
    handler.handler(job_run_event("CANCELLED"), None)
    assert services.asked("send_task_failure")[0]["taskToken"] == "BQ=="


@pytest.mark.parametrize("state", ["RUNNING", "SUCCESS"])
def test_running_and_successful_job_runs_are_ignored(services, state):
    handler.handler(job_run_event(state), None)
    assert services.sent == []


def test_a_task_that_called_back_is_not_an_error(services):
    services.answers["send_task_failure"] = Gone("Task Timed Out")
    handler.handler(task_event(), None)
    assert len(services.asked("send_task_failure")) == 1


def test_a_rejected_callback_is_an_error(services):
    services.answers["send_task_failure"] = PermissionError("AccessDeniedException")
    with pytest.raises(PermissionError):
        handler.handler(task_event(), None)


def test_a_cause_is_within_the_limit_of_step_functions():
    failure = handler.Failure("AQ==", "load", "TaskFailedToStart", '"' * 40_000, TASK, CONSOLE)
    assert len(failure.cause) <= 32_768


def test_the_schedule_reports_and_stops_tasks_and_job_runs_that_are_too_old(services, monkeypatch):
    monkeypatch.setenv("EMR_APPLICATION_ID", "app")
    now = datetime.now(UTC)
    ages = {"old": now - timedelta(minutes=61), "new": now - timedelta(minutes=59)}
    services.answers["list_tasks"] = {"taskArns": list(ages)}
    services.answers["describe_tasks"] = {
        "tasks": [stopped_task(taskArn=f"{TASK}/{name}", createdAt=created) for name, created in ages.items()]
    }
    services.answers["list_job_runs"] = {
        "jobRuns": [{"id": name, "arn": name, "createdAt": created} for name, created in ages.items()]
    }
    services.answers["get_job_run"] = {"jobRun": job_run(state="RUNNING", stateDetails="")}
    handler.handler({"detail-type": "Scheduled Event", "detail": {}}, None)
    (stopped,) = services.asked("stop_task")
    assert (stopped["cluster"], stopped["task"]) == (CLUSTER, f"{TASK}/old")
    assert "longer than 60 minutes" in stopped["reason"]
    assert services.asked("cancel_job_run") == [{"applicationId": "app", "jobRunId": "old"}]
    assert [failure["error"] for failure in services.asked("send_task_failure")] == ["TerminalError"] * 2
    assert all("longer than 60 minutes" in failure["cause"] for failure in services.asked("send_task_failure"))
    calls = [operation for operation, _ in services.sent]
    assert calls.index("send_task_failure") < calls.index("stop_task")


def test_the_schedule_works_without_emr(services):
    services.answers["list_tasks"] = {"taskArns": []}
    handler.handler({"detail-type": "Scheduled Event", "detail": {}}, None)
    assert [operation for operation, _ in services.sent] == ["list_tasks", "list_state_machines"]


def machine(name, kind="STANDARD"):
    return {"name": name, "type": kind, "stateMachineArn": f"arn:aws:states:eu-west-1:123456789012:stateMachine:{name}"}


def test_the_schedule_publishes_the_age_of_the_oldest_running_execution_of_each_pipeline(services):
    now = datetime.now(UTC)
    others = [machine("shop_billing_dev_orders"), machine("shop_sales_dev_events", "EXPRESS")]
    services.answers["list_tasks"] = {"taskArns": []}
    services.answers["list_state_machines"] = {"stateMachines": [machine("shop_sales_dev_orders"), *others]}
    services.answers["list_executions"] = {
        "executions": [
            {"startDate": now - timedelta(minutes=10)},
            {"startDate": now - timedelta(days=2), "redriveDate": now - timedelta(minutes=20)},
        ]
    }
    handler.handler({"detail-type": "Scheduled Event", "detail": {}}, None)
    orders = machine("shop_sales_dev_orders")["stateMachineArn"]
    assert services.asked("list_executions") == [{"stateMachineArn": orders, "statusFilter": "RUNNING"}]
    (published,) = services.asked("put_metric_data")
    (datum,) = published["MetricData"]
    assert (published["Namespace"], datum["MetricName"]) == ("Datalake", "OldestExecutionAge")
    assert datum["Dimensions"] == [{"Name": "StateMachineArn", "Value": orders}]
    assert datum["Value"] == pytest.approx(1200, abs=60)


def test_a_pipeline_without_a_running_execution_has_no_age(services):
    services.answers["list_tasks"] = {"taskArns": []}
    services.answers["list_state_machines"] = {"stateMachines": [machine("shop_sales_dev_orders")]}
    services.answers["list_executions"] = {"executions": []}
    handler.handler({"detail-type": "Scheduled Event", "detail": {}}, None)
    assert services.asked("put_metric_data") == []


def test_an_alarm_reads_the_age_that_is_published(services):
    alarms = (Path(__file__).parents[3] / "pipeline_factory" / "alarms.tf").read_text(encoding="utf-8")
    assert f'namespace   = "{handler._NAMESPACE}"' in alarms
    assert f'metric      = "{handler._AGE_METRIC}"' in alarms
