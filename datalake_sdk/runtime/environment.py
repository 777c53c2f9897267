"""Environment variables of a task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from datalake_sdk.errors import InvalidTaskVariableError, MissingTaskVariablesError
from datalake_sdk.naming import PIPELINE_PROPERTY, TASK_PROPERTY
from datalake_sdk.output_tables import output_name, output_table_from
from datalake_sdk.pipelines.datasets import DATASET_FIELD
from datalake_sdk.pipelines.definition import PYTHON, TASK_TYPES
from datalake_sdk.pipelines.limits import CAUGHT_CAUSE, CAUGHT_ERROR
from datalake_sdk.settings import OutputTable, TableName

PROJECT_NAME = "PROJECT_NAME"
DOMAIN_NAME = "DOMAIN_NAME"
STAGE_NAME = "STAGE_NAME"
PIPELINE_NAME = "PIPELINE_NAME"
TASK_NAME = "TASK_NAME"
TASK_TYPE = "TASK_TYPE"
INPUT_TABLES = "INPUT_TABLES"
OUTPUT_TABLES = "OUTPUT_TABLES"
REDSHIFT = "REDSHIFT"
IS_SQL_JOB = "IS_SQL_JOB"
TASK_SECRETS = "TASK_SECRETS"
TABLE_STORAGE = "TABLE_STORAGE"
TASK_TOKEN = "step_function_task_token"
EXECUTION_ARN = "step_function_execution_arn"
EXECUTION_INPUT = "step_function_execution_input"
EXECUTION_START = "step_function_execution_start_time"
MAP_ITEM = "step_function_map_item"
PARAMETER_PREFIX = "TASK_ADDITIONAL_PARAMETERS_"
TASK_ATTEMPT = "DATALAKE_TASK_ATTEMPT"
"""Identifies the attempt of a task whose state does not wait for a task token."""
TASK_LOG = "DATALAKE_TASK_LOG"
"""Log of a task, for the run ledger; see `datalake_sdk.ledger.model.Run`."""
LOCAL_ROOT = "DATALAKE_LOCAL_ROOT"
SHARED_MODULES = "DATALAKE_SHARED_MODULES"
"""JSON object with the folders of the packages that a task without an image shares with others, by name."""
REGION = "AWS_REGION"

_TASK_DEFINITION = "the task's definition, created by pipeline_factory"
_STATE = "the state machine, as a container override"
_ITERATION = "the iteration of a loop, as a container override"
SET_BY: Mapping[str, str] = MappingProxyType(
    {
        PROJECT_NAME: _TASK_DEFINITION,
        DOMAIN_NAME: _TASK_DEFINITION,
        STAGE_NAME: _TASK_DEFINITION,
        TABLE_STORAGE: _TASK_DEFINITION,
        PIPELINE_NAME: _TASK_DEFINITION,
        TASK_NAME: _TASK_DEFINITION,
        TASK_TYPE: _TASK_DEFINITION,
        INPUT_TABLES: _TASK_DEFINITION,
        OUTPUT_TABLES: _TASK_DEFINITION,
        REDSHIFT: _TASK_DEFINITION,
        IS_SQL_JOB: _TASK_DEFINITION,
        TASK_SECRETS: _TASK_DEFINITION,
        TASK_TOKEN: _STATE,
        EXECUTION_ARN: _STATE,
        EXECUTION_INPUT: _STATE,
        EXECUTION_START: _STATE,
        MAP_ITEM: _ITERATION,
    }
)
"""All variables of a task, and where each is set."""
_REQUIRED = (PROJECT_NAME, DOMAIN_NAME, STAGE_NAME, PIPELINE_NAME, TASK_NAME, OUTPUT_TABLES)
_REQUIRED_LOCALLY = (OUTPUT_TABLES,)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}
LOGICAL_DATES = ("logical_date", "time")
"""Fields of the execution's input: the first is set by users, the second by EventBridge.
https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""


@dataclass(frozen=True)
class TaskSettings:
    """Settings of a task.

    Args:
        output_tables: How to write each output table, by `database.table` or by the pattern `database.*`.
        input_tables: `database.table` of each input table.
        redshift: Settings of the task's database in Redshift; empty if it has none.
        pipeline_name: Name of the pipeline; stored as a property of the output tables.
        task_name: Name of the task; stored in the same way.
        type: Type of the task: what its code returns.
        is_sql_job: Whether the task runs `code/main.sql`.
        parameters: Task parameters by name, without the prefix `TASK_ADDITIONAL_PARAMETERS_`.
        secrets: ARN of each secret in Secrets Manager, by the name of its environment variable.
        token: Task token of Step Functions; None outside of an execution.
        execution_arn: Execution that started the task; None outside of an execution.
        execution_input: Input of the execution, parsed.
        logical_timestamp: Time that the execution covers, with time zone; the same for all of its tasks.
        is_debug: Whether the input of the execution enables debug logs.
        is_iteration: Whether the task is an iteration of a loop.
    """

    output_tables: Mapping[str, OutputTable]
    input_tables: tuple[str, ...] = ()
    redshift: Mapping[str, str] = field(default_factory=dict)
    pipeline_name: str | None = None
    task_name: str | None = None
    type: str = PYTHON
    is_sql_job: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    execution_arn: str | None = None
    execution_input: Any = None
    logical_timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))
    is_debug: bool = False
    is_iteration: bool = False

    @property
    def logical_date(self) -> str:
        """Date of `logical_timestamp` in its own time zone, as `YYYY-MM-DD`."""
        return self.logical_timestamp.date().isoformat()

    @property
    def object_keys(self) -> list[str]:
        """Keys of the S3 objects whose events started the execution, in order; empty if none did."""
        events = self.execution_input if isinstance(self.execution_input, list) else [self.execution_input]
        details = [event.get("detail") for event in events if isinstance(event, dict)]
        objects = [detail.get("object") for detail in details if isinstance(detail, dict)]
        return [each["key"] for each in objects if isinstance(each, dict) and isinstance(each.get("key"), str)]

    @property
    def producer_properties(self) -> dict[str, str]:
        """Table properties that name the pipeline and the task."""
        names = {PIPELINE_PROPERTY: self.pipeline_name, TASK_PROPERTY: self.task_name}
        return {name: value for name, value in names.items() if value}

    def ingestion_id(self, table: TableName) -> str | None:
        """Returns the ingestion id of the task's write to a table, which is the same in every retry.

        Iterations of a loop differ in their parameters, so those are part of the id, except for the error that a
        task handles: it may differ when an execution is redriven.

        Returns:
            None outside of an execution.
        """
        if self.execution_arn is None:
            return None
        return "/".join([self.execution_arn, self.task_name or "", str(table), *self.iteration])

    @property
    def reader(self) -> tuple[str, ...]:
        """Names of the pipeline, the task, its dataset and its iteration, which remain the same in each execution."""
        names = (self.pipeline_name, self.task_name, self.parameters.get(DATASET_FIELD))
        return (*filter(None, names), *(self.iteration if self.is_iteration else ()))

    @property
    def iteration(self) -> tuple[str, ...]:
        """Hash of the parameters, which distinguishes iterations of a loop; empty without parameters."""
        stable = {name: value for name, value in self.parameters.items() if name not in (CAUGHT_ERROR, CAUGHT_CAUSE)}
        return (sha256(json.dumps(stable, sort_keys=True).encode()).hexdigest()[:16],) if stable else ()


def task_settings(variables: Mapping[str, str]) -> TaskSettings:
    """Parses the environment variables of a task.

    Args:
        variables: Environment variables, for example `os.environ`.

    Raises:
        MissingTaskVariablesError: Variables are missing; all of them are listed.
        InvalidTaskVariableError: A variable has an invalid value.
    """
    required = _REQUIRED_LOCALLY if variables.get(LOCAL_ROOT) else _REQUIRED
    missing = {name: SET_BY[name] for name in required if not variables.get(name)}
    if missing:
        raise MissingTaskVariablesError(missing)
    execution_input = _json(variables, EXECUTION_INPUT, "null")
    input_fields = execution_input if isinstance(execution_input, dict) else {}
    return TaskSettings(
        output_tables=_output_tables(variables),
        input_tables=_input_tables(variables),
        redshift=_of_type(variables, REDSHIFT, "{}", dict),
        pipeline_name=variables.get(PIPELINE_NAME) or None,
        task_name=variables.get(TASK_NAME) or None,
        type=_type(variables),
        is_sql_job=_boolean(variables, IS_SQL_JOB),
        parameters={
            name.removeprefix(PARAMETER_PREFIX): value
            for name, value in variables.items()
            if name.startswith(PARAMETER_PREFIX)
        },
        secrets=_of_type(variables, TASK_SECRETS, "{}", dict),
        token=variables.get(TASK_TOKEN) or None,
        execution_arn=variables.get(EXECUTION_ARN) or None,
        execution_input=execution_input,
        logical_timestamp=_logical_timestamp(input_fields, variables),
        is_debug=_is_debug(input_fields.get("debug")),
        is_iteration=bool(variables.get(MAP_ITEM)),
    )


def _input_tables(variables: Mapping[str, str]) -> tuple[str, ...]:
    tables = _of_type(variables, INPUT_TABLES, "[]", list)
    if not all(isinstance(table, str) for table in tables):
        rule = f"a JSON {_JSON_NAMES[list]}"
        raise InvalidTaskVariableError(INPUT_TABLES, variables[INPUT_TABLES], rule, SET_BY[INPUT_TABLES])
    return tuple(tables)


def _output_tables(variables: Mapping[str, str]) -> dict[str, OutputTable]:
    tables = _of_type(variables, OUTPUT_TABLES, "{}", dict)
    return {output_name(name): output_table_from(name, value) for name, value in tables.items()}


def _of_type(
    variables: Mapping[str, str], name: str, default: str, wanted: type[list[Any]] | type[dict[str, Any]]
) -> Any:
    value = _json(variables, name, default)
    if not isinstance(value, wanted):
        raise InvalidTaskVariableError(name, variables[name], f"a JSON {_JSON_NAMES[wanted]}", SET_BY[name])
    return value


_JSON_NAMES: Mapping[Any, str] = {list: "list of database.table names", dict: "object keyed by database.table"}


def _json(variables: Mapping[str, str], name: str, default: str) -> Any:
    text = variables.get(name) or default
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidTaskVariableError(name, text, f"JSON ({error})", SET_BY[name]) from error


def _type(variables: Mapping[str, str]) -> str:
    name = variables.get(TASK_TYPE) or PYTHON
    if name not in TASK_TYPES:
        raise InvalidTaskVariableError(TASK_TYPE, name, f"one of {', '.join(TASK_TYPES)}", SET_BY[TASK_TYPE])
    return name


def _boolean(variables: Mapping[str, str], name: str) -> bool:
    text = variables.get(name, "")
    if text.lower() not in _BOOLEANS:
        raise InvalidTaskVariableError(name, text, "true or false", SET_BY[name])
    return _BOOLEANS[text.lower()]


def _is_debug(given: object) -> bool:
    text = "" if given is None else str(given).lower()
    if text not in _BOOLEANS:
        raise InvalidTaskVariableError(f"{EXECUTION_INPUT}.debug", given, "true or false", "the execution's input")
    return _BOOLEANS[text]


def _logical_timestamp(input_fields: Mapping[str, Any], variables: Mapping[str, str]) -> datetime:
    for name in LOGICAL_DATES:
        if input_fields.get(name):
            return _time(f"{EXECUTION_INPUT}.{name}", input_fields[name], "the execution's input")
    if variables.get(EXECUTION_START):
        return _time(EXECUTION_START, variables[EXECUTION_START], SET_BY[EXECUTION_START])
    return datetime.now(UTC)


def _time(name: str, value: object, setter: str) -> datetime:
    try:
        return parsed_timestamp(value)
    except ValueError as error:
        raise InvalidTaskVariableError(name, value, "a date or a time in ISO 8601", setter) from error


def parsed_timestamp(value: object) -> datetime:
    """Parses an ISO 8601 date or time, or converts a `date` or `datetime`; UTC unless it has a time zone.

    Raises:
        ValueError: The value is neither.
    """
    time = datetime.fromisoformat(str(value))
    return time if time.tzinfo else time.replace(tzinfo=UTC)
