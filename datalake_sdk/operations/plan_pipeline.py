"""Plans a pipeline file without running it: the order of its tasks, their tables and permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from datalake_sdk.errors import UndeclaredReadError
from datalake_sdk.operations.task_contracts import StoredColumns, check_result_types
from datalake_sdk.pipelines.definition import SQL, ForEach, Pipeline, Task
from datalake_sdk.pipelines.loops import loop_description
from datalake_sdk.pipelines.order import levels, predecessors
from datalake_sdk.pipelines.permissions import PLACEHOLDERS, Names, Statement, task_permissions
from datalake_sdk.settings import Environment


@dataclass(frozen=True)
class PlannedLoop:
    """The loop of a task.

    Args:
        description: The items, such as `3 items` or `tables of sales`.
        max_concurrency: Number of iterations that run at the same time.
    """

    description: str
    max_concurrency: int


@dataclass(frozen=True)
class PlannedTask:
    """A task of a plan.

    Args:
        name: Name of the task.
        type: `python` or `sql`.
        infra_type: `ECS`, `Lambda`, `EMRServerless` or `Glue`.
        level: Position in the order, from 1; tasks of a level run in parallel. None of a task that catches failures.
        after: Tasks that it waits for.
        when: Condition.
        for_each: Its loop.
        catch: Task that handles its failure.
        catches: Tasks whose failure it handles.
        reads: Input tables.
        writes: Mode of each output table.
        permissions: Permissions of its role that follow from its attributes.
    """

    name: str
    type: str
    infra_type: str
    level: int | None
    after: Sequence[str]
    when: str | None
    for_each: PlannedLoop | None
    catch: str | None
    catches: Sequence[str]
    reads: Sequence[str]
    writes: Mapping[str, str]
    permissions: Sequence[Statement]


@dataclass(frozen=True)
class PipelinePlan:
    """The tasks of a pipeline in order, and warnings."""

    pipeline: str
    tasks: Sequence[PlannedTask]
    warnings: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def plan_pipeline(
    pipeline: Pipeline, environment: Environment | None = None, stored_columns: StoredColumns | None = None
) -> PipelinePlan:
    """Plans a pipeline.

    Args:
        pipeline: Pipeline to plan.
        environment: Environment whose names the permissions contain; None uses placeholders.
        stored_columns: Returns the columns of a table of the lake; None knows only those that table files declare.

    Raises:
        TaskContractError: The result of a SQL task cannot satisfy the contract of its output table.
        UndeclaredReadError: A SQL task reads a table that is not among its tables.
        TaskCodeError: The code of a SQL task is missing.
        DatalakeError: The code of a SQL task is not one valid query.
    """
    names = PLACEHOLDERS if environment is None else Names(environment.data_bucket, environment.database_prefix)
    before = predecessors(pipeline)
    ordered = [(name, level) for level, tasks in enumerate(levels(pipeline), start=1) for name in tasks]
    tasks = [
        _planned(pipeline, pipeline.tasks[name], level, before.get(name, ()), names)
        for name, level in [*ordered, *((name, None) for name in sorted(pipeline.caught))]
    ]
    warnings = [*check_reads(pipeline), *check_result_types(pipeline, [name for name, _ in ordered], stored_columns)]
    return PipelinePlan(pipeline.name, tasks, warnings)


def check_reads(pipeline: Pipeline, tasks: Iterable[Task] | None = None) -> list[str]:
    """Checks that SQL tasks read only declared tables.

    Args:
        pipeline: The pipeline.
        tasks: Tasks to check; None is all tasks of the pipeline.

    Returns:
        A warning for each input table that a SQL task does not read.

    Raises:
        UndeclaredReadError: A task reads another table.
        DatalakeError: The code of a task is missing, or not one valid query.
    """
    warnings = []
    for task in pipeline.tasks.values() if tasks is None else tasks:
        if task.type != SQL:
            continue
        inputs = {table for table in task.input_tables if table}
        read = _tables_in_query(pipeline, task)
        if undeclared := sorted(read - inputs - task.output_tables.keys()):
            raise UndeclaredReadError(task.name, undeclared, sorted(inputs))
        warnings += [
            f"tasks.{task.name}.input_tables contains {table}, which its query does not read"
            for table in sorted(inputs - read)
        ]
    return warnings


def _tables_in_query(pipeline: Pipeline, task: Task) -> set[str]:
    from datalake_sdk.operations.planned_sql import planned_statement

    statement = planned_statement(pipeline, task).text
    from datalake_sdk.sql.athena import parse_query
    from datalake_sdk.sql.tables import lake_tables

    tables = lake_tables(parse_query(statement), pipeline.name)
    return {f"{table.db}.{table.name.partition('$')[0]}".lower() for table in tables}


def _planned_loop(loop: ForEach | None) -> PlannedLoop | None:
    return None if loop is None else PlannedLoop(loop_description(loop), int(loop.max_concurrency))


def _planned(pipeline: Pipeline, task: Task, level: int | None, after: Sequence[str], names: Names) -> PlannedTask:
    return PlannedTask(
        name=task.name,
        type=task.type,
        infra_type=task.infra_type,
        level=level,
        after=after,
        when=task.when,
        for_each=_planned_loop(task.for_each),
        catch=task.catch,
        catches=pipeline.caught.get(task.name, ()),
        reads=[table for table in task.input_tables if table],
        writes={table: output.ingestion_mode for table, output in task.output_tables.items()},
        permissions=task_permissions(pipeline, task, names),
    )
