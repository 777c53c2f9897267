"""Rules for tasks, as in errors_tasks.tf."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from datalake_sdk.pipelines.definition import DBT, DLT, SQL, TASK_TYPES, Pipeline, Task
from datalake_sdk.pipelines.limits import (
    ACTION_PATTERN,
    DOMAIN_SUFFIXES,
    INFRA_ATTRIBUTES,
    MAX_LAMBDA_MINUTES,
    MAX_TASKS,
    NAME_PATTERN,
    PARAMETER_PATTERN,
    PATH_PATTERNS,
    PYTHON_SHELLS,
)
from datalake_sdk.pipelines.values import number_text

_MAIN_FILES = {DBT: "dbt_project.yml", SQL: "main.sql"}


def task_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for tasks."""
    count = len(pipeline.tasks)
    if count == 0:
        yield f"tasks is empty; a pipeline has 1 to {MAX_TASKS} tasks."
    if count > MAX_TASKS:
        yield (
            f"tasks has {count} tasks; a pipeline has 1 to {MAX_TASKS}. Split it into pipelines that start one another."
        )
    for task in pipeline.tasks.values():
        path = f"tasks.{task.name}"
        yield from _name_errors(pipeline, task)
        yield from _kind_errors(path, task)
        yield from _file_errors(path, task, pipeline.folder)
        yield from _limit_errors(path, task)
        yield from _after_errors(path, task, pipeline)
        yield from _parameter_errors(path, task)
        yield from _permission_errors(path, task)


def _name_errors(pipeline: Pipeline, task: Task) -> Iterator[str]:
    if not re.fullmatch(NAME_PATTERN, task.name) or len(task.name) > 64:
        yield (
            f"tasks has a task named '{task.name}'; a name must be 1 to 64 lowercase letters, digits and single '_' "
            "between them, starting with a letter."
        )
    if f"{pipeline.name}_{task.name}" in DOMAIN_SUFFIXES:
        yield (
            f"tasks.{task.name}: a role or repository of the domain already has the name "
            f"{{environment}}_{pipeline.name}_{task.name}. Choose another name."
        )


def _kind_errors(path: str, task: Task) -> Iterator[str]:
    if task.type not in TASK_TYPES:
        yield f"{path}.type is '{task.type}'; it must be one of {', '.join(TASK_TYPES)}."
    if task.infra_type in PYTHON_SHELLS:
        yield (
            f"{path}.infra_type is '{task.infra_type}'; Python shell jobs end at Python 3.9, and the SDK needs 3.11. "
            'Set infra_type = "Lambda" for a task of less than 15 minutes, otherwise "ECS".'
        )
    elif task.infra_type not in INFRA_ATTRIBUTES:
        yield f"{path}.infra_type is '{task.infra_type}'; it must be ECS, EMRServerless, Glue or Lambda."
    if task.type in (DBT, DLT) and task.is_spark:
        yield f'{path} has the type {task.type}, which Spark does not run. Set infra_type = "ECS" or "Lambda".'
    if task.path is None:
        yield f"{path} has no path; it must be the task's folder."


def _file_errors(path: str, task: Task, folder: Path) -> Iterator[str]:
    if task.path is None:
        return
    file = f"{task.path}/code/{_MAIN_FILES.get(task.type, 'main.py')}"
    if not (folder / file).is_file():
        yield (
            f"{path}: the file {file} does not exist. A Python or dlt task requires code/main.py in its folder, a SQL "
            "task code/main.sql, a dbt task code/dbt_project.yml."
        )
    requirements = f"{task.path}/requirements.txt"
    if task.type != SQL and not (folder / requirements).is_file():
        yield f"{path}: the file {requirements} does not exist. A Python, dlt or dbt task requires it; it may be empty."


def _limit_errors(path: str, task: Task) -> Iterator[str]:
    if task.timeout_minutes is not None and task.infra_config.job_timeout_minutes is not None:
        yield (
            f"{path} sets timeout_minutes and infra_config.job_timeout_minutes, which are the same limit. Remove one "
            "of them."
        )
    if task.timeout < 1 or not _is_whole(task.timeout):
        yield f"{path}.timeout_minutes is {number_text(task.timeout)}; it must be a whole number, 1 or more."
    yield from _waiting_errors(path, task)
    if not (0 <= task.retries <= 10 and _is_whole(task.retries)):
        yield f"{path}.retries is {number_text(task.retries)}; it must be a whole number from 0 to 10."


def _waiting_errors(path: str, task: Task) -> Iterator[str]:
    if task.is_function and task.timeout > MAX_LAMBDA_MINUTES:
        yield (
            f"{path}.timeout_minutes is {number_text(task.timeout)}; it must be at most {MAX_LAMBDA_MINUTES} on "
            'Lambda. For a longer task set infra_type = "ECS".'
        )
    if not (task.is_function or task.is_glue):
        yield from _heartbeat_errors(path, task)
    elif task.heartbeat_seconds is not None:
        yield f"{path}.heartbeat_seconds has no effect on {task.infra_type}, which reports the end of every task."


def _heartbeat_errors(path: str, task: Task) -> Iterator[str]:
    heartbeat = task.heartbeat_seconds
    if heartbeat is not None and not (60 <= heartbeat < task.timeout * 60 and _is_whole(heartbeat)):
        yield (
            f"{path}.heartbeat_seconds is {number_text(heartbeat)}; it must be a whole number, at least 60 since a "
            "container takes a while to start, and less than the task's timeout."
        )


def _is_whole(number: float) -> bool:
    return number == int(number)


def _after_errors(path: str, task: Task, pipeline: Pipeline) -> Iterator[str]:
    others = [name for name in pipeline.tasks if name != task.name]
    for name in task.after:
        if name is None:
            yield f"{path}.after contains null; remove it."
        elif name not in others:
            yield (
                f"{path}.after contains '{name}'; it must contain other tasks of the pipeline, which are "
                f"{', '.join(others)}."
                if others
                else f"{path}.after contains '{name}', but the pipeline has no other tasks."
            )


def _parameter_errors(path: str, task: Task) -> Iterator[str]:
    path = f"{path}.additional_parameters"
    for name, value in task.additional_parameters.items():
        if not re.fullmatch(PARAMETER_PATTERN, name):
            yield (
                f"{path} contains '{name}'; a name must be letters, digits and '_', followed by '.$' if the value is a "
                "path."
            )
        if value is None:
            yield f"{path}.{name} is null; it must be a string."
        elif name.endswith(".$") and not re.fullmatch(PATH_PATTERNS.get(task.infra_type, ""), value, re.DOTALL):
            yield (
                f"{path} has '{name}' = '{value}'; if the name ends with '.$', the value must be a path such as "
                "$.detail.object.key, or on ECS and Lambda an intrinsic function such as States.JsonToString($.detail)."
            )


def _permission_errors(path: str, task: Task) -> Iterator[str]:
    for name, permission in task.additional_permissions.items():
        each = f"{path}.additional_permissions.{name}"
        for action in _quoted(permission.actions, ACTION_PATTERN):
            yield (
                f"{each}.actions has {action}; an action is service:Action or service:Prefix*, such as s3:GetObject."
            )
        for resource in _quoted(permission.resources, r"\*|arn:.*"):
            yield (
                f"{each}.resources has {resource}; a resource is an ARN, or '*' for actions without resource-level "
                "permissions."
            )
    if task.additional_policy is not None and not _is_policy(task.additional_policy):
        yield (
            f"{path}.additional_permissions is neither the JSON of an IAM policy, such as "
            "data.aws_iam_policy_document.load.json, nor a map of objects with actions and resources."
        )


def _quoted(values: Iterable[str | None] | None, pattern: str) -> Iterator[str]:
    """Yields the values that do not match, for a message."""
    for value in (None,) if values is None else values:
        if value is None:
            yield "null"
        elif not re.fullmatch(pattern, value, re.DOTALL):
            yield f"'{value}'"


def _is_policy(text: str) -> bool:
    try:
        return "Statement" in json.loads(text)
    except (ValueError, TypeError):
        return False
