"""StopExecution, timeouts and failed branches stop everything they started."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import MaxAttemptsOutcome
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_outcome import RetrierOutcome
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackConsumerTimeout
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.backend.execution import Execution

from test.emulator.patching import ServicePatches
from test.emulator.states_roles import StateRole, client_of_a_state

PATCHES = ServicePatches("states_stopping")

RESET = "The emulator is reset"
"""Cause of a stop that cancels no jobs, because the emulator shuts down."""


@PATCHES.replace(Execution, "stop", "16663c65db9a")
def _stop(_: Any, self: Execution, stop_date: Any, error: str | None, cause: str | None) -> None:
    environment = _started(self)
    halt(environment, stop_date, error or None, cause or None)


def halt(environment: Environment, stop_date: Any, error: str | None, cause: str | None) -> None:
    """Stops an execution and wakes the states that wait for a token."""
    environment.set_stop(stop_date=stop_date, error=error, cause=cause)
    for endpoint in list(environment.callback_pool_manager._pool.values()):
        endpoint.interrupt_all()


def _started(execution: Execution) -> Environment:
    """Returns the environment of an execution; waits until it exists, shortly after the start of the execution."""
    while (
        execution.exec_worker is None
        or execution.exec_worker.env is None
        or execution.exec_worker.env.program_state() is None
    ):
        time.sleep(0.001)
    return execution.exec_worker.env


@PATCHES.replace(Environment, "set_error", "6447409d4056")
def _ignore_errors_after_the_end(stock: Callable[..., None], self: Environment, error: Any) -> None:
    if self.is_running():
        stock(self, error)


@PATCHES.replace(RetrierDecl, "_eval_body", "48463fff19ce")
def _retry(_: Any, self: RetrierDecl, env: Environment) -> None:
    """Like moto's version, except that the wait before a retry ends when the execution ends."""
    self.error_equals.eval(env)
    if not env.stack.pop():
        env.stack.append(RetrierOutcome.Skipped)
        return
    self.max_attempts.eval(env=env)
    if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
        env.stack.append(RetrierOutcome.Failed)
        return
    for part in (self.interval_seconds, self.backoff_rate, self.max_delay_seconds, self.jitter_strategy):
        part.eval(env=env)
    env.program_state_event.wait(env.stack.pop())
    env.stack.append(RetrierOutcome.Executed)


@PATCHES.replace(StateTaskServiceCallback, "_eval_integration_pattern", "3b97ada1d4cb")
def _wait_for_the_end_of_a_task(
    stock: Callable[..., None],
    self: StateTaskServiceCallback,
    env: Environment,
    resource_runtime_part: Any,
    normalised_parameters: dict[str, Any],
    state_credentials: Any,
) -> None:
    submitted = env.stack[-1]
    token = env.states.context_object.context_object_data["Task"]["Token"]  # type: ignore[index]
    endpoint = env.callback_pool_manager.get(token)
    try:
        stock(self, env, resource_runtime_part, normalised_parameters, state_credentials)
    except TimeoutError:
        if env.is_running():
            raise
        env.stack.append(None)
    finally:
        if endpoint:
            endpoint.report(CallbackConsumerTimeout())
        reset = getattr(env.program_state(), "cause", None) == RESET
        if not env.is_running() and not reset and self.resource.condition != ResourceCondition.WaitForTaskToken:
            _cancel(self.resource.api_name, submitted, resource_runtime_part.region, state_credentials.role_arn)


@PATCHES.replace(StateTaskService, "_after_eval_execution", "118261fe0a62")
def _report_no_success_after_a_stop(
    stock: Callable[..., None], self: StateTaskService, env: Environment, *arguments: Any, **named: Any
) -> None:
    if env.is_running():
        stock(self, env, *arguments, **named)


def _cancel(service: str, submitted: dict[str, Any], region: str, role: StateRole) -> None:
    """Cancels a job on a best-effort basis: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html."""
    try:
        if service == "ecs":
            task = submitted["Tasks"][0]
            client_of_a_state("ecs", region, role).stop_task(cluster=task["ClusterArn"], task=task["TaskArn"])
        elif service == "emr-serverless":
            client_of_a_state("emr-serverless", region, role).cancel_job_run(
                applicationId=submitted["ApplicationId"], jobRunId=submitted["JobRunId"]
            )
        elif service == "athena":
            query = submitted["QueryExecutionId"]
            client_of_a_state("athena", region, role).stop_query_execution(QueryExecutionId=query)
        elif service == "states":
            client_of_a_state("stepfunctions", region, role).stop_execution(executionArn=submitted["ExecutionArn"])
    except ClientError as error:
        sys.stdout.write(f"Step Functions could not cancel a task of {service}: {error}\n")
