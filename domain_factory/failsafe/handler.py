"""The failsafe: fails the waiting states of tasks that exited without calling back, and stops overdue tasks.

It also publishes how long executions have been running, and adds executions and failed tasks to the run ledger.
"""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

import boto3
import ledger

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

TERMINAL, TRANSIENT = "TerminalError", "TransientError"
"""Error names of failed states, as tasks report them; generated state machines retry the second."""

_TASK_TOKEN = "step_function_task_token"
_EXECUTION, _EXECUTION_START = "step_function_execution_arn", "step_function_execution_start_time"
_DRIVER = "spark.emr-serverless.driverEnv."
_MESSAGE_LIMIT = 10_000
"""In characters; the limit of a cause is 32,768: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html"""
_MAX_DESCRIBED_TASKS = 100
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"""
_NAMESPACE, _AGE_METRIC = "Datalake", "OldestExecutionAge"
_MAX_METRICS = 1000
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html"""
_UNFINISHED_STATES = ["SUBMITTED", "QUEUED", "PENDING", "SCHEDULED", "RUNNING"]
_FIRST_SIGNAL, _SIGKILL = 128, 137
"""A process that a signal ends exits with 128 and the number of the signal."""
_MAXIMUM_AGE = "MaximumAgeExceeded"
_LOG_STREAM_PREFIX = "ecs"


@dataclass(frozen=True)
class Diagnosis:
    """What a stop reason means.

    Args:
        error: Error name of the failed state: `TransientError` if a retry may succeed.
        hint: Next step.
    """

    error: str
    hint: str


_DIAGNOSES = {
    "java.lang.OutOfMemoryError": Diagnosis(
        TERMINAL, "Spark ran out of memory. Raise spark_driver_memory or spark_executor_memory in the infra_config."
    ),
    "OutOfMemoryError": Diagnosis(TERMINAL, "The task ran out of memory. Raise `memory` in its infra_config."),
    "ExitCode: 137": Diagnosis(
        TRANSIENT, "Spark was killed. If it happens again, raise spark_driver_memory in the infra_config of the task."
    ),
    "i/o timeout": Diagnosis(
        TRANSIENT, "The registry did not answer. If it happens again, check subnets and endpoints."
    ),
    "Timeout waiting": Diagnosis(TRANSIENT, "Fargate did not start the task in time; a retry may succeed."),
    "toomanyrequests": Diagnosis(TRANSIENT, "The registry throttled the pull of the image; a retry may succeed."),
    "CannotPullContainerError": Diagnosis(
        TERMINAL, "The image cannot be pulled. Apply the pipeline again, which builds it, and check the network."
    ),
    "ResourceInitializationError": Diagnosis(
        TERMINAL, "The container was not started. Apply the pipeline again, which creates its log group and roles."
    ),
    "CannotStartContainerError": Diagnosis(TERMINAL, "The container was not started: check the command of the image."),
    "SpotInterruption": Diagnosis(TRANSIENT, "AWS reclaimed the Spot capacity; a retry starts the task again."),
    _MAXIMUM_AGE: Diagnosis(
        TERMINAL, "Reduce the work of one execution, or raise max_task_age_minutes of the domain and `timeout_minutes`."
    ),
}
"""By text in the stop code or the reason; the first that is found applies.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"""
_EXITED = Diagnosis(TERMINAL, "The task exited without calling back. See the end of its log.")
_KILLED = Diagnosis(TRANSIENT, "SIGKILL ended the task. If it happens again, raise `memory` in its infra_config.")
_OTHER = Diagnosis(TRANSIENT, "The task ended without calling back. See the end of its log.")


@dataclass(frozen=True)
class Failure:
    """Why a task ended, and the state that waits for it.

    Args:
        token: Task token of the state.
        task: Name of the task.
        kind: Stop code or state, as the service reports it.
        message: Explanation of the service.
        resource: ARN of the ECS task or the job run.
        log: Link to the log of the task.
        exit_code: Exit code of the container; None if there is none.
        run: The task in its execution, for the run ledger; None if unknown.
    """

    token: str
    task: str
    kind: str
    message: str
    resource: str
    log: str
    exit_code: int | None = None
    run: ledger.TaskOfExecution | None = None

    @property
    def diagnosis(self) -> Diagnosis:
        text = f"{self.kind} {self.message}".lower()
        found = (diagnosis for mark, diagnosis in _DIAGNOSES.items() if mark.lower() in text)
        return next(found, _diagnosis_of_exit(self.exit_code))

    @property
    def reason(self) -> str:
        """What the service reports."""
        return f"{self.kind}: {self.message}"[:_MESSAGE_LIMIT]

    @property
    def cause(self) -> str:
        """Name of the task and message; then the hint, the log and the resource, one a line."""
        lines = [f"{self.task}: {self.reason}", f"Hint: {self.diagnosis.hint}", f"Log: {self.log}"]
        return "\n".join([*lines, f"Resource: {self.resource}"])


def handler(event: Mapping[str, Any], context: object) -> None:
    """Handles an event of EventBridge.

    Args:
        event: A state change of a task or a job run, or a scheduled event.
        context: Context of the Lambda invocation.
    """
    detail = event["detail"]
    match event["detail-type"]:
        case "ECS Task State Change" if detail["lastStatus"] == "STOPPED":
            report(failure_of_task(detail))
        case "EMR Serverless Job Run State Change" if detail["state"] in ("FAILED", "CANCELLED"):
            if belongs_to_domain(tags_of_application(detail["applicationId"])):
                ids = {"applicationId": detail["applicationId"], "jobRunId": detail["jobRunId"]}
                report(failure_of_job_run(_client("emr-serverless").get_job_run(**ids)["jobRun"]))
        case "Step Functions Execution Status Change":
            if belongs_to_domain(tags_of_state_machine(detail["stateMachineArn"])):
                record(ledger.execution_event(_environment(), detail))
        case "Scheduled Event":
            latest = datetime.now(UTC) - timedelta(minutes=float(os.environ["MAX_TASK_AGE_MINUTES"]))
            stop_tasks(os.environ["ECS_CLUSTER_ARN"], latest)
            if application := os.environ.get("EMR_APPLICATION_ID"):
                stop_job_runs(application, latest)
            publish_execution_ages(_environment())


def belongs_to_domain(tags: Mapping[str, str]) -> bool:
    """Returns whether the tags of a resource are those of this domain and stage."""
    return all(tags.get(name) == os.environ[name.upper()] for name in ("project_name", "domain_name", "stage_name"))


def tags_of_application(application: str) -> Mapping[str, str]:
    """Returns the tags of an EMR Serverless application.

    The event of a job run contains no tags, so the failsafe of each domain receives the events of all applications.
    """
    return dict(_client("emr-serverless").get_application(applicationId=application)["application"].get("tags", {}))


def tags_of_state_machine(machine: str) -> Mapping[str, str]:
    """Returns the tags of a state machine; none if it has been deleted.

    Names do not identify the stage: the rule of stage `dev` also matches the state machines of a stage `dev_2`.
    """
    try:
        return _stored_tags(machine)
    except _client("stepfunctions").exceptions.ResourceNotFound:
        return {}


@cache
def _stored_tags(machine: str) -> Mapping[str, str]:
    tags = _client("stepfunctions").list_tags_for_resource(resourceArn=machine)["tags"]
    return {tag["key"]: tag["value"] for tag in tags}


def failure_of_task(task: Mapping[str, Any]) -> Failure | None:
    """Returns why an ECS task stopped, or None if no state waits for it.

    Args:
        task: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
    """
    overrides = task.get("overrides", {}).get("containerOverrides", [])
    variables = [variable for override in overrides for variable in override.get("environment", [])]
    values = {variable["name"]: variable["value"] for variable in variables}
    if not values.get(_TASK_TOKEN):
        return None
    containers = task.get("containers", [])
    reasons = [task.get("stoppedReason", ""), *map(_container_exit, containers)]
    return Failure(
        token=values[_TASK_TOKEN],
        task=overrides[0]["name"],
        kind=task.get("stopCode", "TaskStopped"),
        message="; ".join(dict.fromkeys(filter(None, reasons))),
        resource=task["taskArn"],
        log=_log_of_task(task, overrides[0]["name"]),
        exit_code=next((container["exitCode"] for container in containers if "exitCode" in container), None),
        run=_run(values, overrides[0]["name"], task.get("createdAt")),
    )


def failure_of_job_run(job_run: Mapping[str, Any]) -> Failure | None:
    """Returns why a job run of EMR Serverless ended, or None if no state waits for it.

    Args:
        job_run: https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_JobRun.html
    """
    settings = dict(_spark_settings(job_run))
    variables = {name.removeprefix(_DRIVER): value for name, value in settings.items() if name.startswith(_DRIVER)}
    if not variables.get(_TASK_TOKEN):
        return None
    monitoring = job_run.get("configurationOverrides", {}).get("monitoringConfiguration", {})
    group = monitoring.get("cloudWatchLoggingConfiguration", {}).get("logGroupName", "")
    return Failure(
        token=variables[_TASK_TOKEN],
        task=job_run.get("name", "Spark task"),
        kind=f"JobRun{job_run['state']}",
        message=job_run["stateDetails"],
        resource=job_run["arn"],
        log=_console_link(_region(job_run["arn"]), group) if group else "none",
        run=_run(variables, job_run.get("name", ""), job_run.get("createdAt")),
    )


def report(failure: Failure | None) -> None:
    """Fails the waiting state, unless it is no longer waiting."""
    if failure is None:
        return
    states = _client("stepfunctions")
    gone = states.exceptions.TaskTimedOut, states.exceptions.TaskDoesNotExist, states.exceptions.InvalidToken
    try:
        states.send_task_failure(taskToken=failure.token, error=failure.diagnosis.error, cause=failure.cause)
        logger.info("%s reported: %s: %s", failure.resource, failure.kind, failure.message)
        record(_failed_task(failure))
    except gone as error:
        logger.info("%s already called back, or its execution has ended: %s", failure.resource, error)


def record(event: Mapping[str, Any] | None) -> None:
    """Adds an event to the run ledger; a failure is only logged."""
    if event is None:
        return
    s3 = _client("s3")
    try:
        ledger.write(s3, os.environ["TECHNICAL_BUCKET"], event)
    except s3.exceptions.ClientError as error:
        logger.warning("cannot write the run ledger: %s", error)


def _failed_task(failure: Failure) -> dict[str, Any] | None:
    if failure.run is None:
        return None
    diagnosis = failure.diagnosis
    return ledger.failed_task(_environment(), failure.run, diagnosis.error, failure.reason, diagnosis.hint)


def _run(variables: Mapping[str, str], task: str, created: object) -> ledger.TaskOfExecution | None:
    if not {_EXECUTION, _EXECUTION_START} <= variables.keys():
        return None
    time = datetime.fromisoformat(created) if isinstance(created, str) else created
    start = time if isinstance(time, datetime) else datetime.now(UTC)
    return ledger.TaskOfExecution(
        variables[_EXECUTION], variables[_EXECUTION_START], task, variables[_TASK_TOKEN], start
    )


def _environment() -> str:
    return f"{os.environ['PROJECT_NAME']}_{os.environ['DOMAIN_NAME']}_{os.environ['STAGE_NAME']}"


def stop_tasks(cluster: str, latest: datetime) -> None:
    """Reports and stops the ECS tasks of a cluster that were created before `latest`.

    The report comes first: a task that is stopped reports itself as transient, and would be retried.
    """
    ecs = _client("ecs")
    for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, maxResults=_MAX_DESCRIBED_TASKS):
        tasks = ecs.describe_tasks(cluster=cluster, tasks=page["taskArns"])["tasks"] if page["taskArns"] else []
        for task in tasks:
            if task["createdAt"] < latest:
                report(_overdue(failure_of_task(task), task["createdAt"]))
                ecs.stop_task(cluster=cluster, task=task["taskArn"], reason=_too_old(task["createdAt"]))
                logger.warning("%s stopped: %s", task["taskArn"], _too_old(task["createdAt"]))


def stop_job_runs(application: str, latest: datetime) -> None:
    """Reports and cancels the job runs of an EMR Serverless application that were created before `latest`."""
    emr = _client("emr-serverless")
    for page in emr.get_paginator("list_job_runs").paginate(applicationId=application, states=_UNFINISHED_STATES):
        for listed in page["jobRuns"]:
            if listed["createdAt"] < latest:
                ids = {"applicationId": application, "jobRunId": listed["id"]}
                report(_overdue(failure_of_job_run(emr.get_job_run(**ids)["jobRun"]), listed["createdAt"]))
                emr.cancel_job_run(**ids)
                logger.warning("%s cancelled: %s", listed["arn"], _too_old(listed["createdAt"]))


def _overdue(failure: Failure | None, created: datetime) -> Failure | None:
    return failure and replace(failure, kind=_MAXIMUM_AGE, message=_too_old(created))


def _diagnosis_of_exit(code: int | None) -> Diagnosis:
    if code is None:
        return _OTHER
    if code == _SIGKILL:
        return _KILLED
    return _EXITED if code < _FIRST_SIGNAL else _OTHER


def publish_execution_ages(environment: str) -> None:
    """Publishes the age of the oldest running execution of each state machine of an environment, in seconds.

    Step Functions publishes the duration of an execution only when it ends.
    """
    ages = {machine: _oldest_age(machine) for machine in _state_machines(f"{environment}_")}
    data = [
        {
            "MetricName": _AGE_METRIC,
            "Dimensions": [{"Name": "StateMachineArn", "Value": machine}],
            "Value": age.total_seconds(),
            "Unit": "Seconds",
        }
        for machine, age in ages.items()
        if age is not None
    ]
    for start in range(0, len(data), _MAX_METRICS):
        _client("cloudwatch").put_metric_data(Namespace=_NAMESPACE, MetricData=data[start : start + _MAX_METRICS])


def _state_machines(prefix: str) -> Iterator[str]:
    for page in _client("stepfunctions").get_paginator("list_state_machines").paginate():
        for machine in page["stateMachines"]:
            arn, is_candidate = machine["stateMachineArn"], machine["name"].startswith(prefix)
            if is_candidate and machine["type"] == "STANDARD" and belongs_to_domain(tags_of_state_machine(arn)):
                yield arn


def _oldest_age(machine: str) -> timedelta | None:
    pages = _client("stepfunctions").get_paginator("list_executions")
    running = pages.paginate(stateMachineArn=machine, statusFilter="RUNNING")
    starts = [each.get("redriveDate", each["startDate"]) for page in running for each in page["executions"]]
    return datetime.now(UTC) - min(starts) if starts else None


def _container_exit(container: Mapping[str, Any]) -> str:
    reasons = [f"exit code {container['exitCode']}"] if "exitCode" in container else []
    reasons += [container["reason"]] if container.get("reason") else []
    return f"container {container['name']}: {', '.join(reasons)}" if reasons else ""


def _log_of_task(task: Mapping[str, Any], name: str) -> str:
    """Returns a link to the log of a task.

    pipeline_factory names the family of its definition `{pipeline}_{task}`, and its log group `{pipeline}/{task}`.
    """
    family = task["taskDefinitionArn"].split("/")[-1].split(":")[0]
    group = f"{family.removesuffix(f'_{name}')}/{name}"
    stream = f"{_LOG_STREAM_PREFIX}/{name}/{task['taskArn'].split('/')[-1]}"
    return _console_link(_region(task["taskArn"]), group, stream)


def _console_link(region: str, group: str, stream: str = "") -> str:
    """The console of CloudWatch encodes names twice, with `$` instead of `%`."""
    encoded = [quote(quote(name, safe=""), safe="").replace("%", "$") for name in (group, stream)]
    events = f"/log-events/{encoded[1]}" if stream else ""
    host = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return f"{host}#logsV2:log-groups/log-group/{encoded[0]}{events}"


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _spark_settings(job_run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Spark settings: the defaults, then the parameters of the job, which override them."""
    for configuration in job_run.get("configurationOverrides", {}).get("applicationConfiguration", []):
        yield from configuration.get("properties", {}).items()
    for word in shlex.split(job_run["jobDriver"].get("sparkSubmit", {}).get("sparkSubmitParameters", "")):
        name, equals, value = word.partition("=")
        if equals:
            yield name, value


def _too_old(created: datetime) -> str:
    return f"Running since {created:%Y-%m-%d %H:%M} UTC, longer than {os.environ['MAX_TASK_AGE_MINUTES']} minutes"


@cache
def _client(service: str) -> Any:
    return boto3.client(service)
