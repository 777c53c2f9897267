"""Tasks of deployed pipelines: found in the pipeline's state machine, started alone on ECS or EMR Serverless."""

from __future__ import annotations

import json
from difflib import get_close_matches

from datalake_sdk import naming
from datalake_sdk.errors import AwsRequestError, NoSuchStateMachineError
from datalake_sdk.platforms.aws.ecs_runs import start_on_ecs
from datalake_sdk.platforms.aws.emr_runs import start_on_emr
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.state_machines import ECS, TaskState, task_states
from datalake_sdk.platforms.aws.task_requests import find_state
from datalake_sdk.platforms.base import TaskCall, TaskRun


class AwsTasks:
    """Starts tasks as their pipelines do.

    Args:
        session: Account and region.
        environment: Name of the environment.
    """

    def __init__(self, session: AwsSession, environment: str) -> None:
        self._session = session
        self._environment = environment

    def start(self, call: TaskCall) -> TaskRun:
        state_machine = naming.state_machine_name(self._environment, call.pipeline)
        state = find_state(self._states(state_machine), call, state_machine)
        with aws_errors():
            return (start_on_ecs if state.service == ECS else start_on_emr)(self._session, state, call)

    def _states(self, state_machine: str) -> list[TaskState]:
        arn = self._session.arn("states", f"stateMachine:{state_machine}")
        try:
            with aws_errors():
                described = self._session.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
        except AwsRequestError as error:
            if error.code != "StateMachineDoesNotExist":
                raise
            near = get_close_matches(state_machine, self._names())
            raise NoSuchStateMachineError(state_machine, self._session.region, near) from error
        return list(task_states(json.loads(described["definition"])))

    def _names(self) -> list[str]:
        with aws_errors():
            pages = self._session.client("stepfunctions").get_paginator("list_state_machines").paginate()
            return [machine["name"] for page in pages for machine in page["stateMachines"]]
