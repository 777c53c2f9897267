"""Locations of the logs of an execution's tasks, and their results, from its history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from datalake_sdk.platforms.aws.task_logs import driver_streams, job_log_group
from datalake_sdk.platforms.deployments import LogStreams

_STREAM_PREFIX = "ecs"
"""`awslogs-stream-prefix` of the containers of pipeline_factory."""


def submitted_log(machine: str, scheduled: Mapping[str, Any], submitted: Mapping[str, Any]) -> LogStreams | None:
    """Returns the log of a task that was started; None if the state starts something else.

    Args:
        machine: Name of the state machine, `{environment}_{pipeline}`.
        scheduled: Details of the event `TaskScheduled`.
        submitted: Details of the event `TaskSubmitted`.
    """
    # The history omits data that is too long.
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_TaskSubmittedEventDetails.html
    if "parameters" not in scheduled or "output" not in submitted:
        return None
    request, response = json.loads(scheduled["parameters"]), json.loads(submitted["output"])
    service = scheduled["resourceType"]
    if service == "ecs" and response.get("Tasks"):
        return _container_log(machine, request, response["Tasks"][0])
    if service.endswith("emrserverless") and "JobRunId" in response:
        return _job_log(request, response)
    if service == "glue" and "JobRunId" in response:
        group = f"{machine}/{request['JobName'].removeprefix(f'{machine}_')}"
        return LogStreams(job_log_group(group), (response["JobRunId"],))
    return None


def invocation_log(machine: str, scheduled: Mapping[str, Any], since: datetime) -> LogStreams | None:
    """Returns the log of a task on Lambda; None if the state does not invoke one.

    Args:
        machine: Name of the state machine, `{environment}_{pipeline}`.
        scheduled: Details of the event `TaskScheduled`.
        since: Time of the event.
    """
    if scheduled.get("resourceType") != "lambda" or "parameters" not in scheduled:
        return None
    event = json.loads(scheduled["parameters"]).get("Payload")
    if not isinstance(event, dict) or not {"task", "run"} <= event.keys():
        return None
    return LogStreams(f"{machine}/{event['task']}", run=event["run"], since=since)


def task_output(succeeded: Mapping[str, Any]) -> str | None:
    """Returns the result of a task as JSON; None if the history does not contain it.

    Args:
        succeeded: Details of the event `TaskSucceeded`.
    """
    output: str | None = succeeded.get("output")
    if output is None or succeeded.get("resourceType") != "lambda":
        return output
    return json.dumps(json.loads(output).get("Payload"))


def _container_log(machine: str, request: Mapping[str, Any], task: Mapping[str, Any]) -> LogStreams | None:
    overrides = request.get("Overrides", {}).get("ContainerOverrides", [])
    if not overrides:
        return None
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    container, task_id = overrides[0]["Name"], task["TaskArn"].split("/")[-1]
    return LogStreams(f"{machine}/{container}", (f"{_STREAM_PREFIX}/{container}/{task_id}",))


def _job_log(request: Mapping[str, Any], response: Mapping[str, Any]) -> LogStreams | None:
    monitoring = request.get("ConfigurationOverrides", {}).get("MonitoringConfiguration", {})
    log = monitoring.get("CloudWatchLoggingConfiguration", {})
    if "LogGroupName" not in log:
        return None
    types = log.get("LogTypes", {}).get("SPARK_DRIVER", [])
    streams = driver_streams(response["ApplicationId"], response["JobRunId"], types)
    return LogStreams(log["LogGroupName"], tuple(streams))
