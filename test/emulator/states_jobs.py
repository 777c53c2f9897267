"""Run-a-job integrations (`.sync`): states that wait for a job of ECS, EMR Serverless or Athena."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable
from typing import Any

import moto.stepfunctions.parser.asl as interpreter
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_callback,
    state_task_service_ecs,
    state_task_service_unsupported,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_ecs import (
    StateTaskServiceEcs,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_unsupported import (
    StateTaskServiceUnsupported,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils import boto_client

from test.emulator.patching import ServicePatches
from test.emulator.states_roles import client_of_a_state

PATCHES = ServicePatches("states_jobs")

Resolver = Callable[[], Any]
_POLL_INTERVAL_SECONDS = 0.1
_RUN_A_JOB = {"athena", "emr-serverless"}
_ERROR_PREFIXES = {"athena": "Athena", "ecs": "Ecs", "emrserverless": "EmrServerless", "glue": "Glue", "s3": "S3"}


@PATCHES.on_start
def _set_up() -> None:
    state_task_service_unsupported._SUPPORTED_INTEGRATION_PATTERNS.add(ResourceCondition.Sync)
    # https://github.com/aws/aws-cdk/pull/35465
    state_task_service_ecs._SUPPORTED_API_PARAM_BINDINGS["runtask"].add("CapacityProviderStrategy")
    state_task_service_callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = _POLL_INTERVAL_SECONDS  # type: ignore[misc]
    state_task_service_aws_sdk._SERVICE_ERROR_NAMES.update(_ERROR_PREFIXES)


def _client_of_a_state(_: Any, region: str, service: str, state_credentials: Any = None) -> Any:
    return client_of_a_state(service, region, state_credentials.role_arn if state_credentials else None)


for _module in pkgutil.walk_packages(interpreter.__path__, f"{interpreter.__name__}."):
    if ".exec.state_" in _module.name:
        _holder = importlib.import_module(_module.name)
        if hasattr(_holder, boto_client.boto_client_for.__name__):
            PATCHES.replace(_holder, boto_client.boto_client_for.__name__, "1f44dc2ac8aa")(_client_of_a_state)


@PATCHES.replace(StateTaskServiceUnsupported, "_validate_service_integration_is_supported", "4a05ba89ff6e")
def _validate(_: Any, self: StateTaskServiceUnsupported) -> None:
    """Supported patterns: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html."""
    callback = self.resource.condition == ResourceCondition.WaitForTaskToken
    if callback and self.resource.service_name in _RUN_A_JOB:
        raise ValueError(f"The resource provided {self.resource.resource_arn} is not recognized.")


@PATCHES.replace(StateTaskServiceUnsupported, "_build_sync_resolver", "5d6df460f579")
def _job(
    _: Any,
    self: StateTaskServiceUnsupported,
    env: Environment,
    resource_runtime_part: Any,
    normalised_parameters: dict[str, Any],
    state_credentials: Any,
) -> Resolver:
    submitted = env.stack.pop()
    service = self._get_boto_service_name()
    caller = client_of_a_state(service, resource_runtime_part.region, state_credentials.role_arn)
    poll = {"emr-serverless": _poll_job_run, "athena": _poll_query}[service]
    return lambda: poll(self, env, caller, submitted)


def _poll_job_run(self: Any, env: Environment, caller: Any, submitted: dict[str, Any]) -> Any:
    answer = caller.get_job_run(applicationId=submitted["ApplicationId"], jobRunId=submitted["JobRunId"])
    answer.pop("ResponseMetadata")
    state = answer["jobRun"]["state"]
    self._normalise_response(answer, service_action_name="get_job_run")
    if state in ("FAILED", "CANCELLED"):
        raise _failed(self, env, answer["JobRun"])
    return answer["JobRun"] if state == "SUCCESS" else None


def _poll_query(self: Any, env: Environment, caller: Any, submitted: dict[str, Any]) -> Any:
    answer = caller.get_query_execution(QueryExecutionId=submitted["QueryExecutionId"])
    answer.pop("ResponseMetadata")
    state = answer["QueryExecution"]["Status"]["State"]
    self._normalise_response(answer, service_action_name="get_query_execution")
    if state in ("FAILED", "CANCELLED"):
        raise _failed(self, env, answer)
    return answer if state == "SUCCEEDED" else None


@PATCHES.replace(StateTaskServiceEcs, "_eval_service_task", "3ef35a6a2cb6")
def _submit(
    _: Any,
    self: StateTaskServiceEcs,
    env: Environment,
    resource_runtime_part: Any,
    normalised_parameters: dict[str, Any],
    state_credentials: Any,
) -> None:
    """Makes a single call; moto's version also describes the task, which requires another permission.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
    """
    caller = client_of_a_state("ecs", resource_runtime_part.region, state_credentials.role_arn)
    answer = getattr(caller, self._get_boto_service_action())(**normalised_parameters)
    answer.pop("ResponseMetadata")
    self._normalise_response(response=answer, service_action_name=self._get_boto_service_action())
    env.stack.append(answer)


@PATCHES.replace(StateTaskServiceEcs, "_build_sync_resolver", "6c540791a32b")
def _task(stock: Callable[..., Resolver], self: StateTaskServiceEcs, env: Environment, **named: Any) -> Resolver:
    poll = stock(self, env=env, **named)

    def poll_and_check() -> Any:
        task = poll()
        if task and (task.get("StopCode") == "TaskFailedToStart" or any(_exit_codes(task))):
            raise _failed(self, env, task)
        return task

    return poll_and_check


def _exit_codes(task: dict[str, Any]) -> list[int | None]:
    return [container.get("ExitCode") for container in task["Containers"]]


def _failed(self: Any, env: Environment, cause: Any) -> FailureEventException:
    name = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
    details = TaskFailedEventDetails(
        resource=self._get_sfn_resource(),
        resourceType=self._get_sfn_resource_type(),
        error=name.error_name,
        cause=json.dumps(cause, default=str),
    )
    return FailureEventException(
        FailureEvent(env, name, HistoryEventType.TaskFailed, EventDetails(taskFailedEventDetails=details))
    )
