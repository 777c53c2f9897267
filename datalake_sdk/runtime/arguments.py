"""Settings of a task that are passed as arguments; they override its environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from datalake_sdk.errors import InvalidSettingError
from datalake_sdk.output_tables import output_name, output_table_from
from datalake_sdk.runtime.environment import OUTPUT_TABLES, TaskSettings, parsed_timestamp, task_settings
from datalake_sdk.settings import OutputTable


def settings_from_arguments(
    output_tables: Mapping[str, OutputTable | Mapping[str, Any]] | None = None,
    *,
    pipeline_name: str | None = None,
    task_name: str | None = None,
    is_sql_job: bool | None = None,
    input_tables: Sequence[str] | None = None,
    logical_date: str | date | datetime | None = None,
) -> TaskSettings:
    """Returns the settings of a task.

    Args:
        output_tables: How to write each table, by `database.table`; None reads the environment variables of a
            container, if there are any.
        pipeline_name: Pipeline of the task.
        task_name: Name of the task.
        is_sql_job: Whether the task runs `code/main.sql`.
        input_tables: `database.table` of each table that the task reads.
        logical_date: Date or time that the run covers.

    Raises:
        InvalidSettingError: An argument has an invalid value.
        MissingTaskVariablesError: The environment variables are incomplete.
    """
    given = {
        "pipeline_name": pipeline_name,
        "task_name": task_name,
        "is_sql_job": None if is_sql_job is None else _boolean("is_sql_job", is_sql_job),
        "input_tables": None if input_tables is None else _table_names("input_tables", input_tables),
        "logical_timestamp": None if logical_date is None else _timestamp(logical_date),
    }
    overrides: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if output_tables is None and os.environ.get(OUTPUT_TABLES):
        return replace(task_settings(os.environ), **overrides)
    tables = {output_name(name): output_table_from(name, value) for name, value in (output_tables or {}).items()}
    return TaskSettings(tables, **overrides)


def _boolean(setting: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidSettingError(setting, value, "True or False")
    return value


def _table_names(setting: str, value: Sequence[str]) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(name, str) for name in value):
        raise InvalidSettingError(setting, value, "a list of database.table names")
    return tuple(value)


def _timestamp(value: str | date | datetime) -> datetime:
    try:
        return parsed_timestamp(value)
    except ValueError as error:
        raise InvalidSettingError("logical_date", value, "a date or a time in ISO 8601") from error
