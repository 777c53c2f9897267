"""A pipeline, as `pipeline.yaml` defines it: the types and defaults of pipeline_factory's variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from datalake_sdk.errors import InvalidPipelineError, InvalidSettingError
from datalake_sdk.pipelines.attributes import SCHEMA, attribute_errors, shown
from datalake_sdk.pipelines.limits import MAX_LAMBDA_MINUTES
from datalake_sdk.pipelines.values import boolean, number, objects, string, string_map, string_set, strings

PYTHON, DBT, DLT, SQL = "python", "dbt", "dlt", "sql"
TASK_TYPES = (DBT, DLT, PYTHON, SQL)
EMR_SERVERLESS = "EMRServerless"
GLUE = "Glue"
LAMBDA = "Lambda"
DEFAULT_TIMEOUT_MINUTES = 60
THIS = "this"
"""Name in `triggers` of the trigger that `trigger` defines."""
OUTPUT_OPTIONS = ("empty", "on_duplicate", "order_by", "delete_when")
ARGUMENTS = {"schedule": "schedule", "s3": "bucket", "event": "event_pattern"}
"""Attribute that `trigger.argument` is an alias of, by type of trigger."""


@dataclass(frozen=True)
class Output:
    """How a task writes a table."""

    ingestion_mode: str = "append"
    upsert_keys: tuple[str | None, ...] = ()
    partition_keys: tuple[str | None, ...] | None = None
    empty: str | None = None
    on_duplicate: str | None = None
    order_by: str | None = None
    delete_when: str | None = None


@dataclass(frozen=True)
class Permission:
    """An entry of `additional_permissions`; None if an attribute is missing."""

    actions: tuple[str | None, ...] | None
    resources: tuple[str | None, ...] | None


@dataclass(frozen=True)
class InfraConfig:
    """Size and settings of a task's infrastructure; None if not set."""

    architecture: str = "X86_64"
    cpu: float | None = None
    memory: float | None = None
    ephemeral_storage: float | None = None
    use_spot: bool | None = None
    reserved_concurrency: float | None = None
    worker_type: str | None = None
    number_of_workers: float | None = None
    max_concurrent_runs: float | None = None
    extra_jars: tuple[str | None, ...] = ()
    spark_configuration: Mapping[str, str | None] = field(default_factory=dict)
    spark_driver_cores: float | None = None
    spark_driver_memory: str | None = None
    spark_executor_cores: float | None = None
    spark_executor_memory: str | None = None
    maximum_capacity_cpu: str | None = None
    maximum_capacity_memory: str | None = None
    idle_timeout_minutes: float | None = None
    job_timeout_minutes: float | None = None


@dataclass(frozen=True)
class ForEach:
    """A loop: a task runs once for each item.

    Args:
        items: The items.
        input: Path to a list in the input of the execution.
        tables: Database whose tables are the items.
        max_concurrency: Number of iterations that run at the same time.
    """

    items: Any = None
    input: str | None = None
    tables: str | None = None
    max_concurrency: float = 4


@dataclass(frozen=True)
class Task:
    """A task; the README of pipeline_factory describes its attributes.

    `additional_policy` is the JSON of a policy that was given as `additional_permissions`.
    """

    name: str
    type: str = PYTHON
    expand: str | None = None
    path: str | None = None
    infra_type: str = "ECS"
    infra_config: InfraConfig = field(default_factory=InfraConfig)
    input_tables: tuple[str | None, ...] = ()
    output_tables: Mapping[str, Output] = field(default_factory=dict)
    input_paths: tuple[str | None, ...] = ()
    output_paths: tuple[str | None, ...] = ()
    additional_parameters: Mapping[str, str | None] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(default_factory=dict)
    shared_modules: tuple[str | None, ...] = ()
    additional_permissions: Mapping[str, Permission] = field(default_factory=dict)
    additional_policy: str | None = None
    redshift: Mapping[str, str | None] = field(default_factory=dict)
    after: tuple[str | None, ...] = ()
    when: str | None = None
    for_each: ForEach | None = None
    catch: str | None = None
    timeout_minutes: float | None = None
    heartbeat_seconds: float | None = None
    retries: float = 2

    @property
    def is_spark(self) -> bool:
        """Whether the task runs on Spark."""
        return self.infra_type in (EMR_SERVERLESS, GLUE)

    @property
    def is_glue(self) -> bool:
        """Whether the task runs on Glue."""
        return self.infra_type == GLUE

    @property
    def is_function(self) -> bool:
        """Whether the task runs on Lambda."""
        return self.infra_type == LAMBDA

    @property
    def extra(self) -> str | None:
        """Extra of the SDK that the type of the task requires; None if it requires none."""
        return DLT if self.type == DLT else None

    @property
    def timeout(self) -> float:
        """Minutes after which the task fails."""
        given = (self.timeout_minutes, self.infra_config.job_timeout_minutes)
        default = MAX_LAMBDA_MINUTES if self.is_function else DEFAULT_TIMEOUT_MINUTES
        return next((minutes for minutes in given if minutes is not None), default)


@dataclass(frozen=True)
class Trigger:
    """Schedule or event that starts the deployed pipeline."""

    type: str = "none"
    argument: str | None = None
    start_disabled: bool = False
    schedule: str | None = None
    time_zone: str = "UTC"
    bucket: str | None = None
    prefix: str = ""
    suffix: str = ""
    batch_window_seconds: float | None = None
    batch_size: float = 20
    event_pattern: str | None = None
    parameters: str = "{}"


@dataclass(frozen=True)
class Pipeline:
    """A pipeline.

    Args:
        name: Name of the pipeline, and of its database.
        tasks: Tasks by name, sorted.
        triggers: Schedules and events that start it once deployed, by path: `trigger` or `triggers.{name}`.
        folder: Folder that contains the file; paths of tasks are relative to it.
        run_for_each: `datasets` if it runs for each dataset.
    """

    name: str
    tasks: Mapping[str, Task]
    triggers: Mapping[str, Trigger]
    folder: Path
    run_for_each: str | None = None

    def task_folder(self, task: Task) -> Path:
        """Returns the folder of a task."""
        return self.folder / (task.path or "")

    def shared_modules(self, task: Task) -> dict[str, Path]:
        """Returns the folders of the packages that a task shares with others, by the name of the package."""
        folders = (self.folder / path for path in task.shared_modules if path)
        return {folder.name: folder.absolute() for folder in folders}

    @cached_property
    def caught(self) -> Mapping[str, Sequence[str]]:
        """For each task that catches failures, the tasks that it catches."""
        found: dict[str, list[str]] = {}
        for task in self.tasks.values():
            handler = self.tasks.get(task.catch or "", task).name
            if handler != task.name:
                found.setdefault(handler, []).append(task.name)
        return found


def pipeline_from(content: Any, folder: Path) -> Pipeline:
    """Converts the content of a pipeline file; `rules` checks the values.

    Raises:
        InvalidPipelineError: An attribute does not exist or is not an object, number or boolean.
        InvalidSettingError: A value has another type.
    """
    if errors := attribute_errors(content):
        raise InvalidPipelineError(errors)
    tasks = objects("tasks", content.get("tasks"))
    return Pipeline(
        name=string("pipeline_name", content.get("pipeline_name")) or "",
        tasks={name: _task(name, task) for name, task in tasks.items()},
        triggers={path: _trigger(path, trigger) for path, trigger in _given_triggers(content).items()},
        folder=folder,
        run_for_each=string("run_for_each", content.get("run_for_each")),
    )


def _task(name: str, given: Mapping[str, Any]) -> Task:
    path = f"tasks.{name}"
    permissions = given.get("additional_permissions")
    is_policy = isinstance(permissions, str)
    return Task(
        name,
        **_scalars("pipeline.tasks.*", path, given, ("catch", "expand", "infra_type", "path", "type", "when")),
        infra_config=_infra_config(f"{path}.infra_config", given.get("infra_config") or {}),
        input_tables=string_set(f"{path}.input_tables", given.get("input_tables")),
        output_tables=_outputs(f"{path}.output_tables", given.get("output_tables")),
        input_paths=string_set(f"{path}.input_paths", given.get("input_paths")),
        output_paths=string_set(f"{path}.output_paths", given.get("output_paths")),
        additional_parameters=string_map(f"{path}.additional_parameters", given.get("additional_parameters")),
        secrets=string_map(f"{path}.secrets", given.get("secrets")),
        shared_modules=string_set(f"{path}.shared_modules", given.get("shared_modules")),
        additional_permissions=_permissions(f"{path}.additional_permissions", None if is_policy else permissions),
        additional_policy=permissions if is_policy else None,
        redshift=string_map(f"{path}.redshift", given.get("redshift")),
        after=string_set(f"{path}.after", given.get("after")),
        for_each=_for_each(f"{path}.for_each", given.get("for_each")),
    )


def _for_each(path: str, given: Mapping[str, Any] | None) -> ForEach | None:
    if given is None:
        return None
    return ForEach(items=given.get("items"), **_scalars("pipeline.tasks.*.for_each", path, given, ("input", "tables")))


def _infra_config(path: str, given: Mapping[str, Any]) -> InfraConfig:
    pattern, settings, jars = "pipeline.tasks.*.infra_config", "spark_configuration", "extra_jars"
    return InfraConfig(
        **_scalars(pattern, path, given, SCHEMA[pattern].others - {settings, jars}),
        extra_jars=string_set(f"{path}.{jars}", given.get(jars)),
        spark_configuration=string_map(f"{path}.{settings}", given.get(settings)),
    )


def _outputs(path: str, value: object) -> dict[str, Output]:
    return {table: _output(f'{path}["{table}"]', output) for table, output in objects(path, value).items()}


def _output(path: str, given: Mapping[str, Any]) -> Output:
    keys = given.get("partition_keys")
    return Output(
        **_scalars("pipeline.tasks.*.output_tables.*", path, given, ("ingestion_mode", *OUTPUT_OPTIONS)),
        upsert_keys=strings(f"{path}.upsert_keys", given.get("upsert_keys")),
        partition_keys=None if keys is None else strings(f"{path}.partition_keys", keys),
    )


def _permissions(path: str, value: object) -> dict[str, Permission]:
    return {name: _permission(f"{path}.{name}", each) for name, each in objects(path, value).items()}


def _permission(path: str, given: Mapping[str, Any]) -> Permission:
    actions, resources = (
        None if given.get(name) is None else string_set(f"{path}.{name}", given[name])
        for name in ("actions", "resources")
    )
    return Permission(actions, resources)


def _given_triggers(content: Mapping[str, Any]) -> dict[str, Any]:
    triggers = objects("triggers", content.get("triggers"))
    single = content.get("trigger") or {}
    if single and THIS in triggers:
        rule = "left out: trigger is short for triggers.this. Remove one of them"
        raise InvalidSettingError("triggers.this", shown(triggers[THIS]), rule)
    named = {f"triggers.{name}": trigger for name, trigger in triggers.items() if name != THIS}
    return {"trigger": triggers.get(THIS, single), **named}


def _trigger(path: str, given: Mapping[str, Any]) -> Trigger:
    pattern = "pipeline.trigger"
    trigger = Trigger(**_scalars(pattern, path, given, SCHEMA[pattern].others))
    attribute = ARGUMENTS.get(trigger.type)
    if attribute is None or getattr(trigger, attribute) is not None:
        return trigger
    aliased: dict[str, Any] = {attribute: trigger.argument}
    return replace(trigger, **aliased)


def _scalars(pattern: str, path: str, given: Mapping[str, Any], strings: Iterable[str]) -> dict[str, Any]:
    """Converts numbers, booleans and the given strings; leaves out null values, so that their defaults apply."""
    values = {
        **{name: number(given.get(name)) for name in SCHEMA[pattern].numbers},
        **{name: boolean(given.get(name)) for name in SCHEMA[pattern].booleans},
        **{name: string(f"{path}.{name}", given.get(name)) for name in strings},
    }
    return {name: value for name, value in values.items() if value is not None}
