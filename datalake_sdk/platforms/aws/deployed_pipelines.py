"""Executions and dead letters of deployed pipelines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datalake_sdk import naming
from datalake_sdk.errors import (
    AwsRequestError,
    NoSuchExecutionError,
    NothingToRedriveError,
    NotRedrivableError,
    UnpublishedPipelineError,
)
from datalake_sdk.platforms.aws.causes import error_name, readable_cause
from datalake_sdk.platforms.aws.dead_letters import DeadLetterQueue
from datalake_sdk.platforms.aws.execution_history import execution_states
from datalake_sdk.platforms.aws.executions import (
    console_link,
    describe_execution,
    execution_arn,
    unsuccessful_executions,
)
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.invocation_logs import InvocationLog
from datalake_sdk.platforms.aws.published_tasks import no_such_pipeline, published_tasks
from datalake_sdk.platforms.aws.registered_datasets import published_datasets
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.task_logs import CloudWatchLog
from datalake_sdk.platforms.deployments import (
    ExecutionProgress,
    LogStreams,
    PipelineExecution,
    RedrivenMessage,
    StartedExecution,
    TaskLog,
)

_MAX_SUGGESTIONS = 5
_URLS = "dead_letter_queue_urls"
_PAGE = 1000
"""Maximum: https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html"""


@dataclass(frozen=True)
class PublishedPipeline:
    """What pipeline_factory publishes for operators.

    Args:
        state_machine_arn: ARN of the state machine.
        dead_letter_queue_urls: URLs of the queues of events that started no execution.
    """

    state_machine_arn: str
    dead_letter_queue_urls: tuple[str, ...]


class AwsPipelines:
    """Pipelines that publish their state machine.

    Args:
        session: Account and region.
        environment: Name of the environment.
    """

    def __init__(self, session: AwsSession, environment: str) -> None:
        self._session = session
        self._environment = environment

    def start(self, pipeline: str, name: str, execution_input: str) -> StartedExecution:
        machine = self._published(pipeline).state_machine_arn
        with aws_errors():
            started = self._states().start_execution(stateMachineArn=machine, name=name, input=execution_input)
        arn = started["executionArn"]
        return StartedExecution(arn, name, console_link(arn))

    def executions(self, pipeline: str, prefix: str) -> Iterator[tuple[StartedExecution, str]]:
        machine = self._published(pipeline).state_machine_arn
        with aws_errors():
            pages = (
                self._states()
                .get_paginator("list_executions")
                .paginate(stateMachineArn=machine, PaginationConfig={"PageSize": _PAGE})
            )
            for each in (execution for page in pages for execution in page["executions"]):
                if each["name"].startswith(prefix):
                    arn = each["executionArn"]
                    yield StartedExecution(arn, each["name"], console_link(arn)), each["status"]

    def progress(self, execution: StartedExecution) -> ExecutionProgress:
        states, arn = self._states(), execution.identifier
        with aws_errors():
            described = states.describe_execution(executionArn=arn)
            pages = states.get_paginator("get_execution_history").paginate(
                executionArn=arn, PaginationConfig={"PageSize": _PAGE}
            )
            machine = described["stateMachineArn"].split(":")[-1]
            entered = execution_states(machine, (event for page in pages for event in page["events"]))
        return ExecutionProgress(
            described["status"],
            error_name(described.get("error", ""), described.get("cause", "")),
            readable_cause(described.get("cause", "")),
            tuple(entered),
        )

    def log(self, streams: LogStreams) -> TaskLog:
        if streams.since is not None:
            return InvocationLog(self._session, streams.group, streams.run, streams.since)
        return CloudWatchLog(self._session, streams.group, streams.streams)

    def execution(self, pipeline: str, name: str | None) -> PipelineExecution:
        published = self._published(pipeline)
        if name is None:
            last = unsuccessful_executions(self._session, published.state_machine_arn, 1)
            if not last:
                raise NothingToRedriveError(pipeline)
            name = last[0]["name"]
        return self._described(published, pipeline, name)

    def redrive(self, execution: PipelineExecution) -> None:
        try:
            with aws_errors():
                self._states().redrive_execution(executionArn=execution.identifier)
        except AwsRequestError as error:
            if error.code == "ExecutionNotRedrivable":
                raise NotRedrivableError(execution.name, error.message) from error
            raise

    def dead_letters(self, pipeline: str) -> int:
        return sum(queue.count() for queue in self._queues(pipeline))

    def redrive_dead_letters(self, pipeline: str) -> Iterator[RedrivenMessage]:
        for queue in self._queues(pipeline):
            yield from queue.redrive()

    def _queues(self, pipeline: str) -> list[DeadLetterQueue]:
        published = self._published(pipeline)
        machine = published.state_machine_arn
        return [DeadLetterQueue(self._session, url, machine) for url in published.dead_letter_queue_urls]

    def _published(self, pipeline: str) -> PublishedPipeline:
        name = naming.pipeline_parameter_name(self._environment, pipeline)
        try:
            with aws_errors():
                value = self._session.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        except AwsRequestError as error:
            if error.code != "ParameterNotFound":
                raise
            if published_tasks(self._session, self._environment, pipeline):
                raise UnpublishedPipelineError(pipeline, name) from error
            raise no_such_pipeline(self._session, self._environment, pipeline) from error
        fields = json.loads(value)
        urls = list(fields[_URLS])
        if path := fields.get("datasets"):
            urls += [url for each in published_datasets(self._session, path).values() for url in each[_URLS]]
        return PublishedPipeline(fields["state_machine_arn"], tuple(urls))

    def _described(self, published: PublishedPipeline, pipeline: str, name: str) -> PipelineExecution:
        machine = published.state_machine_arn
        states, arn = self._states(), execution_arn(machine, name)
        described = describe_execution(self._session, arn)
        if described is None:
            others = unsuccessful_executions(self._session, machine, _MAX_SUGGESTIONS)
            raise NoSuchExecutionError(name, f"pipeline '{pipeline}'", [each["name"] for each in others])
        with aws_errors():
            pages = states.get_paginator("get_execution_history").paginate(executionArn=arn, includeExecutionData=False)
            failed = unsuccessful_states(event for page in pages for event in page["events"])
            then = states.describe_state_machine_for_execution(executionArn=arn)["definition"]
            now = states.describe_state_machine(stateMachineArn=machine)["definition"]
        return _execution(described, failed, is_outdated=then != now)

    def _states(self) -> Any:
        return self._session.client("stepfunctions")


def unsuccessful_states(history: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Returns the names of the task states that were entered but not left since the last redrive.

    Args:
        history: Events of an execution, oldest first.
    """
    open_states: Counter[str] = Counter()
    for event in history:
        if event["type"] == "ExecutionRedriven":
            open_states.clear()
        elif event["type"] == "TaskStateEntered":
            open_states[event["stateEnteredEventDetails"]["name"]] += 1
        elif event["type"] == "TaskStateExited":
            open_states[event["stateExitedEventDetails"]["name"]] -= 1
    return tuple(name for name, count in open_states.items() if count > 0)


def _execution(described: Mapping[str, Any], failed: tuple[str, ...], *, is_outdated: bool) -> PipelineExecution:
    arn = described["executionArn"]
    is_redrivable = described["redriveStatus"] == "REDRIVABLE"
    return PipelineExecution(
        identifier=arn,
        name=described["name"],
        status=described["status"],
        ended=described.get("stopDate"),
        error=described.get("error", ""),
        cause=readable_cause(described.get("cause", "")),
        failed_tasks=failed,
        obstacle="" if is_redrivable else described.get("redriveStatusReason", described["redriveStatus"]),
        is_outdated=is_outdated,
        link=console_link(arn),
    )
