"""JSONata in state machines, evaluated with `jsonata-python`; moto requires a Java library that it does not include."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.intrinsic import jsonata
from moto.stepfunctions.parser.asl.eval import variable_store
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.jsonata import validations
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("states_jsonata")


# https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-step-functions
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "hash": lambda text, algorithm: hashlib.new(algorithm.replace("-", ""), text.encode()).hexdigest(),
    "parse": json.loads,
    "partition": lambda items, size: [items[start : start + size] for start in range(0, len(items), size)],
    "range": lambda first, last, step: list(range(first, last + (1 if step > 0 else -1), step)),
    "uuid": lambda: str(uuid.uuid4()),
}


@PATCHES.on_start
def _remove_functions() -> None:
    """Removes moto's functions, some of which return an error message; `_evaluate` provides them."""
    for name in _FUNCTIONS:
        jsonata._DECLARATION_BY_VARIABLE_REFERENCE[f"${name}"] = ""


@PATCHES.replace(string_expression, "eval_jsonata_expression", "696d324549c4")
@PATCHES.replace(validations, "eval_jsonata_expression", "696d324549c4")
def _evaluate(_: Any, jsonata_expression: str) -> Any:
    from jsonata import Jsonata

    try:
        expression = Jsonata(jsonata_expression)
        for name, function in _FUNCTIONS.items():
            expression.register_lambda(name, function)
        # The result may contain the library's own list and number types.
        return json.loads(json.dumps(expression.evaluate(None)))
    except Exception as error:
        raise JSONataException("States.QueryEvaluationError", str(error)) from error


@PATCHES.replace(variable_store, "encode_jsonata_variable_declarations", "c33b311faa45")
def _declare_variables(_: Any, bindings: dict[str, Any]) -> str:
    """Escapes strings; in moto, a quote or a line break in a string would end the expression."""
    return "".join(f"{name}:={to_json_str(value, separators=(',', ':'))};" for name, value in bindings.items())


@PATCHES.replace(StringJSONata, "_eval_body", "277b6f413214")
def _evaluate_string(stock: Callable[..., None], self: StringJSONata, env: Environment) -> None:
    try:
        stock(self, env)
    except JSONataException as error:
        name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
        cause = f"The JSONata expression '{self.expression}' failed: {error.details}"
        details = EventDetails(
            evaluationFailedEventDetails=EvaluationFailedEventDetails(cause=cause, error=name.error_name or "")
        )
        raise FailureEventException(
            FailureEvent(env=env, error_name=name, event_type=HistoryEventType.EvaluationFailed, event_details=details)
        ) from error
