"""States that invoke a function: the limit of their results."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("states_lambda")

_MAX_RESULT_BYTES = 262_144


@PATCHES.replace(StateTaskServiceLambda, "_eval_service_task", "4a98c28eba36")
def _limit_the_result(
    stock: Callable[..., None], self: StateTaskServiceLambda, env: Environment, *arguments: Any, **named: Any
) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html#service-limits-task-executions."""
    stock(self, env, *arguments, **named)
    if len(json.dumps(env.stack[-1], default=str).encode()) <= _MAX_RESULT_BYTES:
        return
    name = StatesErrorName(typ=StatesErrorNameType.StatesStatesDataLimitExceeded)
    cause = (
        f"The state/task '{self.resource.resource_arn}' returned a result with a size exceeding the maximum number of "
        "bytes service limit."
    )
    details = TaskFailedEventDetails(
        error=name.error_name,
        cause=cause,
        resource=self._get_sfn_resource(),
        resourceType=self._get_sfn_resource_type(),
    )
    raise FailureEventException(
        FailureEvent(env, name, HistoryEventType.TaskFailed, EventDetails(taskFailedEventDetails=details))
    )
