"""`datalake_sdk plan_pipeline`: shows what a pipeline file does."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.output import output_stream
from datalake_sdk.cli.printing import print_json
from datalake_sdk.cli.run_pipeline import pipeline_file_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalake_sdk.operations.plan_pipeline import PipelinePlan, PlannedTask
    from datalake_sdk.operations.task_contracts import StoredColumns
    from datalake_sdk.pipelines.definition import Pipeline

_FORMATS = (".mmd", ".svg")


@click.command("plan_pipeline", epilog=example("plan_pipeline pipeline.yaml"))
@pipeline_file_argument
@click.option(
    "--graph",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the graph of tasks and tables to this file, .mmd for Mermaid or .svg.",
)
@json_option
@click.pass_obj
def plan_pipeline(lake: Lake, pipeline_file: Path, graph: Path | None, as_json: bool) -> None:
    """Checks a pipeline file, by default pipeline.yaml, and shows the order, tables and permissions of its tasks.

    A SQL task that reads an undeclared table, or whose result cannot satisfy the contract of its output table, is an
    error; an unused input table is a warning. If no environment is selected, permissions contain placeholders.
    """
    from datalake_sdk.operations.plan_pipeline import plan_pipeline
    from datalake_sdk.pipelines.file import read_pipeline

    if graph is not None and graph.suffix not in _FORMATS:
        raise click.BadParameter(f"'{graph}' must end with {' or '.join(_FORMATS)}.", param_hint="--graph")
    pipeline = read_pipeline(pipeline_file)
    plan = plan_pipeline(pipeline, lake.environment() if lake.is_selected else None, _stored_columns(lake))
    if graph is not None:
        _write_graph(pipeline, graph)
    for warning in plan.warnings:
        click.echo(f"WARNING: {warning}", err=True)
    print_json(plan.as_dict()) if as_json else _print(plan)


def _stored_columns(lake: Lake) -> StoredColumns | None:
    """Looks up the columns of tables of an embedded lake; a plan needs no access to AWS."""
    if lake.local_root is None:
        return None
    from datalake_sdk.operations.tables import stored_columns

    return partial(stored_columns, lake.open())


def _write_graph(pipeline: Pipeline, file: Path) -> None:
    from datalake_sdk.graphs.svg import svg
    from datalake_sdk.pipelines.graph import drawing, mermaid, pipeline_graph

    graph = pipeline_graph(pipeline)
    with output_stream(file, "--graph") as stream:
        stream.write((svg(drawing(graph)) if file.suffix == ".svg" else mermaid(graph)).encode())


def _print(plan: PipelinePlan) -> None:
    print_listing(
        ("level", "task", "runs on", "after", "control flow", "reads", "writes"),
        [
            (
                "" if task.level is None else task.level,
                task.name,
                f"{task.infra_type}, {task.type}",
                "\n".join(task.after),
                "\n".join(_control_flow(task)),
                "\n".join(task.reads),
                "\n".join(f"{table} ({mode})" for table, mode in task.writes.items()),
            )
            for task in plan.tasks
        ],
    )
    print_listing(
        ("task", "permission", "actions", "resources"),
        [
            (task.name, each.purpose, "\n".join(each.actions), "\n".join(each.resources))
            for task in plan.tasks
            for each in task.permissions
        ],
    )
    click.echo("Every task may also run queries in the workgroup of the domain, write its log and report its result.")


def _control_flow(task: PlannedTask) -> Iterator[str]:
    if task.when is not None:
        yield f"when {task.when}"
    if task.for_each is not None:
        yield f"for each of {task.for_each.description}, {task.for_each.max_concurrency} at a time"
    if task.catch is not None:
        yield f"failures are handled by {task.catch}"
    if task.catches:
        yield f"handles failures of {', '.join(task.catches)}"
