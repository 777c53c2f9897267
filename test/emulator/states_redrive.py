"""RedriveExecution: continues an unsuccessful execution from the states that failed.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

import copy
import datetime
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import AWSError
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import IterationWorker
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramRunning
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from test.emulator import events
from test.emulator.patching import ServicePatches
from test.emulator.states_events import emit, reason_against_redrive

PATCHES = ServicePatches("states_redrive")

Place = tuple[tuple[int, ...], str]
"""Indices of the iterations around a state, and its name, which is unique in a state machine."""


class ExecutionNotRedrivable(AWSError):
    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


@dataclass(frozen=True)
class Visit:
    """A state that succeeded.

    Args:
        output: Its output.
        variables: Variables in its scope afterwards.
        next_state: The next state; None if there is none.
    """

    output: Any
    variables: dict[str, Any]
    next_state: str | None


@dataclass
class Progress:
    """The states of an execution that succeeded, which a redrive does not run again."""

    visits: dict[Place, list[Visit]] = field(default_factory=lambda: defaultdict(list))
    replayed: dict[Place, int] = field(default_factory=lambda: defaultdict(int))

    def next_visit(self, place: Place) -> Visit | None:
        """Returns the next recorded visit of a state; None if the state has to run."""
        index = self.replayed[place]
        self.replayed[place] += 1
        return self.visits[place][index] if index < len(self.visits[place]) else None


@PATCHES.replace(Environment, "as_inner_frame_of", "eb77183cac4a")
def _inherit(stock: Callable[..., Any], cls: Any, env: Any, *arguments: Any, **named: Any) -> Any:
    frame = stock(cls, env, *arguments, **named)
    frame.progress, frame.iterations = _progress(env), _iterations(env)
    return frame


@PATCHES.replace(IterationWorker, "_eval_job", "5f736d9451fe")
def _number(stock: Callable[..., None], self: Any, env: Any, job: Any) -> None:
    env.iterations = (*_iterations(env), job.job_index)
    stock(self, env, job)


@PATCHES.replace(CommonStateField, "_eval_body", "035f80caae12")
def _run_or_replay(stock: Callable[..., None], self: Any, env: Any) -> None:
    place = (_iterations(env), self.name)
    visit = _progress(env).next_visit(place)
    if visit:
        _replay(visit, env)
        return
    stock(self, env)
    state = env.program_state()
    if isinstance(state, ProgramRunning | ProgramEnded):
        variables = dict(env.variable_store._inner_scope)
        following = state.next_state_name if isinstance(state, ProgramRunning) else None
        _progress(env).visits[place].append(Visit(env.states.get_input(), variables, following))


def _replay(visit: Visit, env: Any) -> None:
    env.states.reset(input_value=visit.output)
    env.variable_store._inner_scope.update(copy.deepcopy(visit.variables))
    env.variable_store._variable_declarations_cache = None
    if visit.next_state is None:
        env.set_ended()
    else:
        env.next_state_name = visit.next_state


def _progress(env: Any) -> Progress:
    if not hasattr(env, "progress"):
        env.progress = Progress()
    progress: Progress = env.progress
    return progress


def _iterations(env: Any) -> tuple[int, ...]:
    return getattr(env, "iterations", ())


@PATCHES.add(StepFunctionResponse, "redrive_execution")
def _redrive_execution(self: StepFunctionResponse) -> ActionResult:
    execution: Any = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    token, tokens = self._get_param("clientToken"), vars(execution).setdefault("redrive_tokens", {})
    if token not in tokens:
        reason = reason_against_redrive(execution)
        if reason:
            raise ExecutionNotRedrivable(f"Execution Not Redrivable: '{reason}'")
        tokens[token] = redrive(execution)
    return ActionResult({"redriveDate": tokens[token]})


def redrive(execution: Any) -> datetime.datetime:
    """Runs an execution again, except for the states that succeeded; returns the time."""
    before = execution.exec_worker.env
    execution.redrive_count = getattr(execution, "redrive_count", 0) + 1
    execution.redrive_date = datetime.datetime.now(datetime.UTC)
    execution.exec_status, execution.stop_date = ExecutionStatus.RUNNING, None
    execution.error = execution.cause = None
    execution.exec_worker = execution._get_start_execution_worker()
    execution.exec_worker.env = _continued(execution, before)
    events.forget(execution.exec_arn)
    emit(execution, "RUNNING")
    thread = Thread(target=_run, args=(execution,), daemon=True)
    TMP_THREADS.append(thread)
    thread.start()
    date: datetime.datetime = execution.redrive_date
    return date


def _continued(execution: Any, before: Any) -> Any:
    """Returns an environment that keeps the history, the task tokens and the progress of the previous attempt."""
    env = execution.exec_worker._get_evaluation_environment()
    env.event_manager, env.callback_pool_manager = before.event_manager, before.callback_pool_manager
    env.progress = Progress(_progress(before).visits)
    env.states.context_object.context_object_data["Execution"] |= {
        "RedriveCount": execution.redrive_count,
        "RedriveTime": events.iso(execution.redrive_date),
    }
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.ExecutionRedriven,
        event_details=EventDetails(executionRedrivenEventDetails={"redriveCount": execution.redrive_count}),
    )
    return env


def _run(execution: Execution) -> None:
    worker: Any = execution.exec_worker
    worker._get_evaluation_entrypoint().eval(worker.env)
    worker._execution_communication.terminated()
