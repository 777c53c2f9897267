"""Task tokens, heartbeats and error names of the state machine interpreter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails, TaskTimedOutEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSeconds
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint, HeartbeatTimeoutError
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("states_callbacks")

_NEVER_CAUGHT_BY_ALL = {"States.Runtime", "States.DataLimitExceeded"}
_PREFIXES = {"ecs": "ECS", "emr-serverless": "EMRServerless", "athena": "Athena"}


@PATCHES.replace(StateTaskServiceCallback, "_eval_execution", "81a8da94bfdb")
def _create_a_token_for_each_retry(
    stock: Callable[..., None], self: StateTaskServiceCallback, env: Environment
) -> None:
    context = env.states.context_object
    if self._is_integration_pattern() and context.context_object_data["State"]["RetryCount"]:  # type: ignore[index]
        env.callback_pool_manager.add(context.update_task_token())
    stock(self, env)


@PATCHES.replace(CallbackEndpoint, "notify_heartbeat", "838bf10119e4")
def _accept_unexpected_heartbeats(stock: Callable[..., bool], self: CallbackEndpoint) -> bool:
    stock(self)
    return True


@PATCHES.replace(ExecutionState, "from_state_props", "16c725c841c9")
def _keep_the_default_timeout(stock: Callable[..., None], self: ExecutionState, state_props: Any) -> None:
    """Restores the default timeout of a task with a heartbeat, which moto shortens to 60 seconds."""
    stock(self, state_props)
    if self.timeout.is_default_value():
        self.timeout = TimeoutSeconds(TimeoutSeconds.DEFAULT_TIMEOUT_SECONDS, is_default=True)


@PATCHES.replace(StateTaskServiceCallback, "_from_error", "1b5fce896077")
def _name_the_error(stock: Callable[..., Any], self: Any, env: Environment, ex: Exception) -> FailureEvent:
    resource = {"resource": self._get_sfn_resource(), "resourceType": self._get_sfn_resource_type()}
    if isinstance(ex, HeartbeatTimeoutError):
        name = StatesErrorName(typ=StatesErrorNameType.StatesHeartbeatTimeout)
        timed_out = TaskTimedOutEventDetails(error=name.error_name, **resource)
        return FailureEvent(env, name, HistoryEventType.TaskTimedOut, EventDetails(taskTimedOutEventDetails=timed_out))
    if isinstance(ex, ClientError):
        code = ex.response["Error"]["Code"]
        service = _PREFIXES.get(self.resource.service_name, self.resource.service_name)
        error = f"{service}.{code.removesuffix('Exception')}Exception"
        failed = TaskFailedEventDetails(error=error, cause=_cause(ex), **resource)
        details = EventDetails(taskFailedEventDetails=failed)
        return FailureEvent(env, CustomErrorName(error), HistoryEventType.TaskFailed, details)
    failure: FailureEvent = stock(self, env, ex)
    return failure


@PATCHES.replace(CustomErrorName, "__init__", "2814dc26f7ae")
def _keep_error_names_of_branches(stock: Callable[..., None], self: CustomErrorName, error_name: str | None) -> None:
    """Keeps the name of an error inside a Parallel or Map; moto rejects names that begin with `States`."""
    if error_name in {kind.to_name() for kind in StatesErrorNameType}:
        ErrorName.__init__(self, error_name)
    else:
        stock(self, error_name)


def _cause(error: ClientError) -> str:
    answer = error.response
    status, request = answer["ResponseMetadata"]["HTTPStatusCode"], answer["ResponseMetadata"].get("RequestId")
    return f"{answer['Error']['Message']} (Status Code: {status}; Request ID: {request})"


@PATCHES.replace(ErrorEqualsDecl, "_eval_body", "aeda14a0cc01")
def _match_error_names(_: Any, self: ErrorEqualsDecl, env: Environment) -> None:
    """Supports wildcards: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html."""
    error = env.stack.pop().error_name
    names = {name.error_name for name in self.error_names}
    env.stack.append(
        error in names
        or ("States.ALL" in names and error not in _NEVER_CAUGHT_BY_ALL)
        or ("States.TaskFailed" in names and error != "States.Timeout" and error not in _NEVER_CAUGHT_BY_ALL)
        or ("States.Timeout" in names and error == "States.HeartbeatTimeout")
    )
