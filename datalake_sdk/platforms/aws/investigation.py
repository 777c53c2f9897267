"""Facts about unsuccessful executions, from Step Functions, Parameter Store and CloudWatch Logs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from datalake_sdk import naming
from datalake_sdk.errors import (
    NoSuchExecutionError,
    NoSuchPipelineError,
    NothingToInvestigateError,
    NotUnsuccessfulError,
)
from datalake_sdk.platforms.aws.causes import error_name, readable_cause
from datalake_sdk.platforms.aws.executions import (
    UNSUCCESSFUL,
    console_link,
    describe_execution,
    execution_arn,
    unsuccessful_executions,
)
from datalake_sdk.platforms.aws.failed_states import FailedState, failed_states
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.invocation_logs import invocation_tail
from datalake_sdk.platforms.aws.log_tails import log_tail
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.task_logs import job_log_group
from datalake_sdk.platforms.investigation import LogTail, UnsuccessfulExecution, UnsuccessfulTask

_OPERATIONS = "operations"
_LOG_LINES = 60
_MAX_READ_LOGS = 5
_MAX_SUGGESTIONS = 5
_NONE = "Step Functions keeps executions for 90 days. Check project, domain, stage and --region."
_PAGE = 1000
"""Maximum: https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html"""


class AwsInvestigations:
    """Unsuccessful executions of the pipelines that publish their state machine.

    Args:
        session: Account and region.
        environment: Name of the environment.
    """

    def __init__(self, session: AwsSession, environment: str) -> None:
        self._session = session
        self._environment = environment

    def execution(self, pipeline: str | None, execution: str | None) -> UnsuccessfulExecution:
        machines = self._machines(pipeline)
        if execution is None:
            return self._facts(*self._latest(machines, pipeline))
        for name, machine in machines.items():
            arn = _arn_in(machine, execution)
            described = None if arn is None else describe_execution(self._session, arn)
            if described is not None:
                if described["status"] not in UNSUCCESSFUL:
                    raise NotUnsuccessfulError(described["name"], described["status"])
                return self._facts(name, described)
        raise NoSuchExecutionError(execution, self._scope(pipeline), self._others(machines, execution))

    def _others(self, machines: Mapping[str, str], execution: str) -> list[str] | None:
        """Returns the names of unsuccessful executions, to suggest them instead of a name that does not exist."""
        if execution.startswith("arn:"):
            return None
        found = (unsuccessful_executions(self._session, machine, _MAX_SUGGESTIONS) for machine in machines.values())
        return [each["name"] for executions in found for each in executions]

    def _machines(self, pipeline: str | None) -> dict[str, str]:
        """Returns the ARNs of state machines by the names of their pipelines."""
        path = naming.parameter_path(self._environment)
        with aws_errors():
            pages = (
                self._session.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
            )
            values = {
                each["Name"].removeprefix(f"{path}/"): each["Value"] for page in pages for each in page["Parameters"]
            }
        machines = {
            name.removesuffix(f"/{_OPERATIONS}"): json.loads(value)["state_machine_arn"]
            for name, value in values.items()
            if name.count("/") == 1 and name.endswith(f"/{_OPERATIONS}")
        }
        if pipeline is None:
            return machines
        if pipeline not in machines:
            similar = get_close_matches(pipeline, sorted(machines))
            raise NoSuchPipelineError(pipeline, self._environment, self._session.region, similar)
        return {pipeline: machines[pipeline]}

    def _latest(self, machines: Mapping[str, str], pipeline: str | None) -> tuple[str, Mapping[str, Any]]:
        found = [
            (each["stopDate"], name, each)
            for name, arn in machines.items()
            for each in unsuccessful_executions(self._session, arn, 1)
        ]
        if not found:
            raise NothingToInvestigateError(self._scope(pipeline), _NONE)
        _, name, last = max(found, key=lambda entry: entry[:2])
        return name, describe_execution(self._session, last["executionArn"]) or last

    def _scope(self, pipeline: str | None) -> str:
        return f"environment '{self._environment}'" if pipeline is None else f"pipeline '{pipeline}'"

    def _facts(self, pipeline: str, described: Mapping[str, Any]) -> UnsuccessfulExecution:
        arn = described["executionArn"]
        with aws_errors():
            states = failed_states(self._history(arn))
        return UnsuccessfulExecution(
            pipeline=pipeline,
            name=described["name"],
            identifier=arn,
            status=described["status"],
            started=described["startDate"],
            ended=described.get("stopDate"),
            error=error_name(described.get("error", ""), described.get("cause", "")),
            cause=readable_cause(described.get("cause", "")),
            given=described.get("input", ""),
            tasks=tuple(self._task(pipeline, state, number < _MAX_READ_LOGS) for number, state in enumerate(states)),
            link=console_link(arn),
        )

    def _history(self, arn: str) -> Iterator[Sequence[Mapping[str, Any]]]:
        pages = self._session.client("stepfunctions").get_paginator("get_execution_history")
        for page in pages.paginate(executionArn=arn, reverseOrder=True, PaginationConfig={"PageSize": _PAGE}):
            yield page["events"]

    def _task(self, pipeline: str, state: FailedState, reads_log: bool) -> UnsuccessfulTask:
        task, resource, streams = _job_run(state, f"{self._environment}_{pipeline}_") or _run(state)
        log = self._log(pipeline, task, state, streams) if reads_log else None
        return UnsuccessfulTask(
            state=state.name,
            task=task,
            error=state.error,
            cause=state.cause,
            attempts=state.attempts,
            entered=state.entered,
            ended=state.ended,
            given=state.given,
            resource=resource,
            log=log,
        )

    def _log(self, pipeline: str, task: str, state: FailedState, streams: Sequence[str]) -> LogTail | None:
        group = naming.log_group_name(self._environment, pipeline, task)
        if state.scheduled is not None and (run := _invocation(state).get("run")):
            return invocation_tail(self._session, group, run, state.scheduled, state.ended, _LOG_LINES)
        if "JobName" in state.parameters:
            group = job_log_group(group)
        return log_tail(self._session, group, streams, _LOG_LINES) if streams else None


def _arn_in(machine: str, execution: str) -> str | None:
    """Returns the ARN of an execution, given by name or ARN; None if the ARN belongs to another state machine."""
    if execution.startswith("arn:"):
        return execution if execution.startswith(execution_arn(machine, "")) else None
    return execution_arn(machine, execution)


def _job_run(state: FailedState, prefix: str) -> tuple[str, str, list[str]] | None:
    """Returns the same as `_run` for a task on Glue; None for others.

    Args:
        state: The state.
        prefix: Start of the names of the pipeline's jobs, before the names of their tasks.
    """
    job = state.parameters.get("JobName")
    if job is None:
        return None
    run = state.submitted.get("JobRunId", "")
    return job.removeprefix(prefix), f"{job}, job run {run}", [run] if run else []


def _run(state: FailedState) -> tuple[str, str, list[str]]:
    """Returns the name of a task, the ARN of its last attempt, and its log streams, as pipeline_factory names them.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html
    """
    started, requested = state.submitted, state.parameters
    if "JobRunId" in started:
        folder = f"applications/{started['ApplicationId']}/jobs/{started['JobRunId']}/SPARK_DRIVER"
        streams = [f"{folder}/stdout", f"{folder}/stderr"]
        return requested.get("Name", state.name), started.get("Arn", started["JobRunId"]), streams
    if event := _invocation(state):
        return event["task"], requested["FunctionName"], []
    overrides = requested.get("Overrides", {}).get("ContainerOverrides", [])
    task = next((override["Name"] for override in overrides if "Name" in override), state.name)
    arn = next((each["TaskArn"] for each in started.get("Tasks", [])), "")
    return task, arn, [f"ecs/{task}/{arn.split('/')[-1]}"] if arn else []


def _invocation(state: FailedState) -> Mapping[str, Any]:
    """Returns the event of a task on Lambda; empty for other states."""
    event = state.parameters.get("Payload")
    return event if isinstance(event, dict) and "task" in event else {}
