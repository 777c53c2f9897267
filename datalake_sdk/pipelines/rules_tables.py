"""Rules for tables, as in errors_tables.tf."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datalake_sdk.pipelines.definition import SQL, Output, Pipeline, Task
from datalake_sdk.pipelines.limits import INGESTION_MODES, TABLE_PATTERN


def table_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for tables."""
    for task in pipeline.tasks.values():
        path = f"tasks.{task.name}"
        yield from _name_errors(path, task)
        for table, output in task.output_tables.items():
            yield from _output_errors(f'{path}.output_tables["{table}"]', output)
        if task.type == SQL and len(task.output_tables) != 1:
            yield (
                f"{path} has {len(task.output_tables)} output_tables; a SQL task has one, for the rows of its query. "
                "Split the task, or write it in Python."
            )
    yield from _overwrite_errors(pipeline)


def _name_errors(path: str, task: Task) -> Iterator[str]:
    for table in (*task.input_tables, *task.output_tables):
        if table is None or not re.fullmatch(TABLE_PATTERN, table):
            shown = "null" if table is None else f"'{table}'"
            yield (
                f"{path} has the table {shown}; it must be database.table in lowercase letters, digits and '_', "
                "without the stage's prefix."
            )


def _output_errors(path: str, output: Output) -> Iterator[str]:
    if output.ingestion_mode not in INGESTION_MODES:
        yield f"{path}.ingestion_mode is '{output.ingestion_mode}'; it must be one of {', '.join(INGESTION_MODES)}."
    if output.ingestion_mode == "upsert" and not output.upsert_keys:
        yield f"{path} is upserted without upsert_keys. Name the columns that identify a row."
    for attribute in ("upsert_keys", "partition_keys"):
        if None in (getattr(output, attribute) or ()):
            yield f"{path}.{attribute} contains null; remove it."


def _overwrite_errors(pipeline: Pipeline) -> Iterator[str]:
    overwriting: dict[str, list[str]] = {}
    for task in pipeline.tasks.values():
        for table, output in task.output_tables.items():
            if output.ingestion_mode == "overwrite":
                overwriting.setdefault(table, []).append(task.name)
    for table, writers in overwriting.items():
        # Either a task or the task that catches its failure writes the table.
        names = [name for name in writers if not set(pipeline.caught.get(name, ())).intersection(writers)]
        if len(names) > 1:
            yield (
                f"The table {table} is overwritten by {' and '.join(names)}, and only the rows of the last one would "
                "remain. Give each task its own table, or another ingestion_mode."
            )
