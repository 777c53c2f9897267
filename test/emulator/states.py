"""Step Functions: API operations, and the events of executions."""

from __future__ import annotations

import datetime
import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.exceptions import AWSError, InvalidExecutionInput, InvalidName, ValidationException
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackNotifyConsumerError,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
    CallbackPoolManager,
)
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from test.emulator.patching import ServicePatches
from test.emulator.states_events import emit, redrive_details
from test.emulator.states_stopping import RESET, halt

PATCHES = ServicePatches("states")

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html and the other operations
_LONGEST_ERROR, _LONGEST_CAUSE, _LARGEST_PAYLOAD, _LONGEST_NAME = 256, 32_768, 262_144, 80
_SECONDS_TO_STOP = 2.0


class TaskTimedOut(AWSError):
    TYPE = "TaskTimedOut"
    STATUS = 400


class InvalidToken(AWSError):
    TYPE = "InvalidToken"
    STATUS = 400


class InvalidOutput(AWSError):
    TYPE = "InvalidOutput"
    STATUS = 400


@PATCHES.on_start
def _run_state_machines() -> None:
    from moto.core.config import default_user_config

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    # The interpreter logs the whole state for every error that a definition catches.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)


@PATCHES.on_reset
def _stop_all() -> None:
    """Stops all executions and waits for their threads, which would otherwise use services during the reset."""
    now = datetime.datetime.now(datetime.UTC)
    for backend in [each for regions in list(stepfunctions_parser_backends.values()) for each in regions.values()]:
        for execution in backend._get_executions():
            execution.forgotten = True
            if execution.exec_worker and execution.exec_worker.env:
                halt(execution.exec_worker.env, now, error=None, cause=RESET)
    end = time.monotonic() + _SECONDS_TO_STOP
    for thread in list(TMP_THREADS):
        thread.join(max(0.0, end - time.monotonic()))
    TMP_THREADS.clear()


@PATCHES.replace(StepFunctionsParserBackend, "start_execution", "0f8d9dd57baf")
def _start_execution(
    stock: Callable[..., Execution],
    self: StepFunctionsParserBackend,
    state_machine_arn: str,
    name: str | None = None,
    execution_input: str | None = None,
    trace_header: str | None = None,
) -> Execution:
    _check_length("name", name, _LONGEST_NAME)
    _check_length("input", execution_input, _LARGEST_PAYLOAD)
    if name and not re.fullmatch(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+", name):
        raise InvalidName(f"Invalid Name: '{name}'")
    try:
        json.loads(execution_input or "{}")
    except ValueError as error:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from error
    return stock(self, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header)


@PATCHES.replace(StepFunctionResponse, "stop_execution", "633c8a544aac")
def _stop_execution(_: Any, self: StepFunctionResponse) -> ActionResult:
    execution: Any = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    now = datetime.datetime.now(datetime.UTC)
    execution.stop(stop_date=now, error=self._get_param("error"), cause=self._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date or now})


@PATCHES.replace(StepFunctionResponse, "describe_execution", "c3953bdc9ce2")
def _describe_execution(stock: Callable[..., ActionResult], self: StepFunctionResponse) -> ActionResult:
    described: Any = stock(self).result
    execution: Any = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    if described["status"] == "SUCCEEDED":
        described["output"] = to_json_str(execution.output, separators=(",", ":"))
    if execution.stop_date:
        described["stopDate"] = execution.stop_date
    return ActionResult(described | redrive_details(execution))


@PATCHES.replace(StepFunctionResponse, "describe_state_machine_for_execution", "6ea2c887b4ce")
def _describe_state_machine_for_execution(_: Any, self: StepFunctionResponse) -> ActionResult:
    """Returns the definition that the execution runs, which may have changed since."""
    execution: Any = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    machine = execution.state_machine
    return ActionResult(
        {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "definition": machine.definition,
            "roleArn": execution.role_arn,
            "updateDate": machine.update_date,
        }
    )


@PATCHES.replace(StepFunctionResponse, "get_execution_history", "3889cc6224ac")
def _get_execution_history(stock: Callable[..., ActionResult], self: StepFunctionResponse) -> ActionResult:
    history = list(stock(self).result["events"])  # type: ignore[index]
    if self._get_param("reverseOrder"):
        history.reverse()
    start, size = int(self._get_param("nextToken") or 0), int(self._get_param("maxResults") or 100)
    rest = {"nextToken": str(start + size)} if len(history) > start + size else {}
    return ActionResult({"events": history[start : start + size], **rest})


@PATCHES.add(StepFunctionResponse, "list_state_machine_versions")
def _list_state_machine_versions(self: StepFunctionResponse) -> ActionResult:
    machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
    versions = [
        {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
        for _, version in sorted(machine.versions.items(), reverse=True)
    ]
    return ActionResult({"stateMachineVersions": versions})


@PATCHES.replace(StepFunctionResponse, "send_task_success", "538bf9daaaa3")
def _send_task_success(_: Any, self: StepFunctionResponse) -> EmptyResult:
    token, output = self._get_param("taskToken"), self._get_param("output")
    _check_length("output", output, _LARGEST_PAYLOAD)
    try:
        json.loads(output)
    except ValueError as error:
        raise InvalidOutput(f"Invalid Output: '{error}'") from error
    return _notify(self, token, lambda pool: pool.notify(token, CallbackOutcomeSuccess(token, output)))


@PATCHES.replace(StepFunctionResponse, "send_task_failure", "f0fed5e80576")
def _send_task_failure(_: Any, self: StepFunctionResponse) -> EmptyResult:
    token, error, cause = (self._get_param(name) for name in ("taskToken", "error", "cause"))
    _check_length("error", error, _LONGEST_ERROR)
    _check_length("cause", cause, _LONGEST_CAUSE)
    return _notify(self, token, lambda pool: pool.notify(token, CallbackOutcomeFailure(token, error, cause)))


@PATCHES.replace(StepFunctionResponse, "send_task_heartbeat", "f42cd5661d37")
def _send_task_heartbeat(_: Any, self: StepFunctionResponse) -> EmptyResult:
    token = self._get_param("taskToken")
    return _notify(self, token, lambda pool: pool.heartbeat(token))


def _notify(self: StepFunctionResponse, token: str, notify: Callable[[CallbackPoolManager], bool]) -> EmptyResult:
    """Notifies the state that waits for the token; moto searches only running executions and ignores ended tasks."""
    backend: Any = self.stepfunction_backend
    for execution in backend._get_executions():
        environment = execution.exec_worker and execution.exec_worker.env
        if environment is None or environment.callback_pool_manager.get(token) is None:
            continue
        try:
            if execution.status != "RUNNING" or not notify(environment.callback_pool_manager):
                raise _task_timed_out()
        except CallbackNotifyConsumerError as error:
            raise _task_timed_out() from error
        return EmptyResult()
    raise InvalidToken("Invalid Token: 'Invalid token'")


def _task_timed_out() -> TaskTimedOut:
    return TaskTimedOut("Task Timed Out: 'Provided task does not exist anymore'")


def _check_length(field: str, value: str | None, longest: int) -> None:
    if value is not None and len(value) > longest:
        raise ValidationException(
            f"1 validation error detected: Value at '{field}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {longest}"
        )


@PATCHES.replace(Execution, "start", "07e927c2d5f9")
def _start(stock: Callable[..., None], self: Execution) -> None:
    emit(self, "RUNNING")
    stock(self)


@PATCHES.replace(Execution, "get_start_execution_details", "d2b1067cddcc")
def _format_the_start_time(stock: Callable[..., Any], self: Execution) -> Any:
    """Formats the context object's StartTime as a string; moto's datetime is formatted differently by intrinsics."""
    details = stock(self)
    details.start_time = self.start_date.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return details


@PATCHES.replace(BaseExecutionWorkerCommunication, "_reflect_execution_status", "038a396107af")
def _reflect_execution_status(stock: Callable[..., None], self: BaseExecutionWorkerCommunication) -> None:
    stock(self)
    execution: Any = self.execution
    state = execution.exec_worker.env.program_state()
    if isinstance(state, ProgramStopped):
        execution.error, execution.cause = state.error, state.cause
    emit(execution, execution.exec_status.value)
