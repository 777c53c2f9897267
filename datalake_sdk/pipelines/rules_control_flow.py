"""Rules for when, for_each and catch, as in errors_control_flow.tf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from datalake_sdk.pipelines.attributes import shown
from datalake_sdk.pipelines.conditions import INPUT, STATES, called_functions, named_tasks, syntax_error, variables
from datalake_sdk.pipelines.definition import ForEach, Pipeline, Task
from datalake_sdk.pipelines.limits import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    CAUGHT_TASK,
    DATABASE_PATTERN,
    ITEMS_PATH_PATTERN,
    MAX_CONCURRENCY,
    MAX_ITEMS,
    MAX_STATE_NAME_LENGTH,
    PARAMETER_PATTERN,
    PATH_PATTERNS,
)
from datalake_sdk.pipelines.loops import known_parameters, parameter_names
from datalake_sdk.pipelines.values import number_text

_EXCLUDED_FROM_HANDLERS = ("after", "catch", "for_each", "when")


def control_flow_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for conditions, loops and caught failures."""
    yield from _reserved_name_errors(pipeline)
    for task in pipeline.tasks.values():
        path = f"tasks.{task.name}"
        if task.when is not None:
            yield from _condition_errors(f"{path}.when", task, task.when, pipeline)
        if task.for_each is not None:
            yield from _loop_errors(f"{path}.for_each", task.for_each)
            yield from _iteration_errors(path, task, task.for_each)
        if task.catch is not None:
            yield from _catch_errors(path, task, task.catch, pipeline)
        if task.name in pipeline.caught:
            yield from _handler_errors(path, task, pipeline)
        yield from _after_errors(path, task, pipeline)
        yield from _path_errors(path, task, pipeline)


def _reserved_name_errors(pipeline: Pipeline) -> Iterator[str]:
    if all(task.when is None for task in pipeline.tasks.values()):
        return
    for name in (INPUT, STATES):
        if name in pipeline.tasks:
            yield f"tasks has a task named '{name}', which is a variable of conditions (when). Choose another name."


def _condition_errors(path: str, task: Task, condition: str, pipeline: Pipeline) -> Iterator[str]:
    if not condition.strip():
        yield f"{path} is empty; it must be a JSONata expression, such as $input.detail.kind = 'orders'."
        return
    if condition.strip().startswith("{%"):
        yield f"{path} is '{condition}'; write the expression without {{% and %}}."
        return
    if reason := syntax_error(condition):
        yield f"{path} is '{condition}', which is not a JSONata expression: {reason}."
        return
    if not variables(condition):
        yield (
            f"{path} is '{condition}', which reads neither $input nor the result of a task. Fields of the input start "
            "with $input, as in $input.detail.kind = 'orders'."
        )
    others = sorted(pipeline.tasks.keys() - pipeline.caught.keys() - {task.name, INPUT, STATES})
    for name in sorted(variables(condition) - {INPUT, *others}):
        yield f"{path} contains '${name}'; its variables are {', '.join(f'${each}' for each in [INPUT, *others])}."
    yield from _call_errors(path, condition, pipeline)
    for name in sorted(variables(condition) & set(others)):
        if pipeline.tasks[name].is_glue:
            yield (
                f"{path} reads the result of {name}, but Glue returns no results of tasks. Set "
                f'infra_type = "EMRServerless" for {name}.'
            )


def _call_errors(path: str, condition: str, pipeline: Pipeline) -> Iterator[str]:
    called = called_functions(condition)
    if "eval" in called:
        yield f"{path} calls $eval, which Step Functions does not support."
    results = set().union(*(named_tasks(pipeline, task.when) for task in pipeline.tasks.values()))
    for name in sorted(called & results):
        yield f"{path} calls ${name}, which is the result of the task {name} in conditions. Rename the task."


def _loop_errors(path: str, loop: ForEach) -> Iterator[str]:
    count = sum(each is not None for each in (loop.items, loop.input, loop.tables))
    if count != 1:
        yield f"{path} sets {count} of items, input and tables; it must set exactly one."
    if loop.items is not None:
        yield from _items_errors(f"{path}.items", loop.items)
    if loop.input is not None and not re.fullmatch(ITEMS_PATH_PATTERN, loop.input):
        yield (
            f"{path}.input is '{loop.input}'; it must be a path to a list in the input of the execution, such as "
            "$.detail.files or $."
        )
    if loop.tables is not None and not re.fullmatch(DATABASE_PATTERN, loop.tables):
        yield (
            f"{path}.tables is '{loop.tables}'; it must be a database in lowercase letters, digits and '_', without "
            "the stage's prefix."
        )
    if not (1 <= loop.max_concurrency <= MAX_CONCURRENCY and loop.max_concurrency == int(loop.max_concurrency)):
        yield (
            f"{path}.max_concurrency is {number_text(loop.max_concurrency)}; it must be a whole number from 1 to "
            f"{MAX_CONCURRENCY}."
        )


def _items_errors(path: str, items: Any) -> Iterator[str]:
    if not isinstance(items, list):
        yield f"{path} is '{shown(items)}'; it must be a list."
        return
    if not 1 <= len(items) <= MAX_ITEMS:
        yield f"{path} has {len(items)} items; it must have 1 to {MAX_ITEMS}."
    for index, item in enumerate(items):
        if item is None or isinstance(item, list):
            yield f"{path}[{index}] is '{shown(item)}'; an item is a string, a number, a boolean or an object."
        elif parameter_names(item) != parameter_names(items[0]):
            yield (
                f"{path}[{index}] sets the parameters {', '.join(parameter_names(item))}, and the first item "
                f"{', '.join(parameter_names(items[0]))}. All items must set the same parameters."
            )
    for name in parameter_names(items[0]) if items else ():
        if name.endswith(".$") or not re.fullmatch(PARAMETER_PATTERN, name):
            yield f"{path} sets the parameter '{name}'; a name must be letters, digits and '_'."


def _iteration_errors(path: str, task: Task, loop: ForEach) -> Iterator[str]:
    yield from _parameter_errors(path, task, known_parameters(loop), "for_each")
    for table, output in task.output_tables.items():
        if output.ingestion_mode == "overwrite":
            yield (
                f"{path}.output_tables[\"{table}\"].ingestion_mode is 'overwrite'; with for_each, each iteration would "
                "replace the rows of the others. Use append, overwrite_partitions or upsert."
            )


def _catch_errors(path: str, task: Task, catch: str, pipeline: Pipeline) -> Iterator[str]:
    others = [name for name in pipeline.tasks if name != task.name]
    if catch not in others:
        yield f"{path}.catch is '{catch}'; it must be another task of the pipeline, which are {', '.join(others)}."
    state = handler_state(catch, task.name)
    if len(state) > MAX_STATE_NAME_LENGTH:
        yield (
            f"{path}.catch is '{catch}', and the name of their state, '{state}', has {len(state)} characters; the "
            f"limit of Step Functions is {MAX_STATE_NAME_LENGTH}. Shorten the names."
        )


def handler_state(handler: str, caught: str) -> str:
    """Returns the name of the state in which a task handles the failure of another."""
    return f"{handler} after {caught}"


def _handler_errors(path: str, task: Task, pipeline: Pipeline) -> Iterator[str]:
    for attribute in _EXCLUDED_FROM_HANDLERS:
        if getattr(task, attribute) not in (None, ()):
            yield (
                f"{path}.{attribute} is set, but the task only runs when {_alternatives(pipeline, task.name)} has "
                "failed. Remove it."
            )
    yield from _parameter_errors(path, task, {CAUGHT_CAUSE, CAUGHT_ERROR, CAUGHT_TASK}, "catch")


def _parameter_errors(path: str, task: Task, names: set[str], attribute: str) -> Iterator[str]:
    for name in sorted(names.intersection(given.removesuffix(".$") for given in task.additional_parameters)):
        yield f"{path}.additional_parameters sets '{name}', which {attribute} sets as well. Rename one of them."


def _after_errors(path: str, task: Task, pipeline: Pipeline) -> Iterator[str]:
    for name in task.after:
        if name is not None and name != task.name and name in pipeline.caught:
            others = _alternatives(pipeline, name)
            yield f"{path}.after contains '{name}', which only runs when {others} has failed. Name {others} instead."


def _alternatives(pipeline: Pipeline, handler: str) -> str:
    return " or ".join(pipeline.caught[handler])


def _path_errors(path: str, task: Task, pipeline: Pipeline) -> Iterator[str]:
    """Yields the parameters whose state uses JSONata, as that of a Spark task does."""
    reasons = {
        "in a task that catches failures": task.name in pipeline.caught,
        "with for_each": task.for_each is not None,
        "with datasets": pipeline.run_for_each is not None,
    }
    reason = next((reason for reason, applies in reasons.items() if applies), None)
    if reason is None:
        return
    for name, value in task.additional_parameters.items():
        if not name.endswith(".$") or value is None or re.fullmatch(PATH_PATTERNS["EMRServerless"], value):
            continue
        if re.fullmatch(PATH_PATTERNS.get(task.infra_type, ""), value, re.DOTALL):
            yield (
                f"{path}.additional_parameters has '{name}' = '{value}'; {reason}, the value must be a path such as "
                "$.detail.object.key."
            )
