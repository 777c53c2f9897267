"""Rules for tables, as in errors_tables.tf."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datalake_sdk.naming import QUARANTINE_SUFFIX
from datalake_sdk.pipelines.datasets import placeholder
from datalake_sdk.pipelines.definition import SQL, Output, Pipeline, Task
from datalake_sdk.pipelines.limits import INGESTION_MODES, OUTPUT_CHOICES, OUTPUT_PATTERN, TABLE_PATTERN


def table_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for tables."""
    for task in pipeline.tasks.values():
        path = f"tasks.{task.name}"
        yield from _name_errors(path, task)
        yield from _pattern_errors(path, task)
        for table, output in task.output_tables.items():
            yield from _mode_errors(f'{path}.output_tables["{table}"]', output)
            # The dataset may set attributes that the mode requires.
            if not placeholder(table):
                yield from output_errors(f'{path}.output_tables["{table}"]', output)
        if task.type == SQL and len(task.output_tables) != 1:
            yield (
                f"{path} has {len(task.output_tables)} output_tables; a SQL task has one, for the rows of its query. "
                "Split the task, or write it in Python."
            )
    yield from _overlap_errors(pipeline)
    yield from _overwrite_errors(pipeline)


def _name_errors(path: str, task: Task) -> Iterator[str]:
    for table in (*task.input_tables, *task.output_tables):
        if table is None or not ("*" in table or placeholder(table) or re.fullmatch(TABLE_PATTERN, table)):
            shown = "null" if table is None else f"'{table}'"
            yield (
                f"{path} has the table {shown}; it must be database.table in lowercase letters, digits and '_', "
                "without the stage's prefix."
            )
    for table in task.output_tables:
        if table.endswith(QUARANTINE_SUFFIX):
            yield (
                f"{path} has the output table '{table}'; the suffix '{QUARANTINE_SUFFIX}' is reserved for the rows "
                f"that violate the contract of '{table.removesuffix(QUARANTINE_SUFFIX)}'. Choose another name."
            )


def _mode_errors(path: str, output: Output) -> Iterator[str]:
    if output.ingestion_mode not in INGESTION_MODES:
        yield f"{path}.ingestion_mode is '{output.ingestion_mode}'; it must be one of {', '.join(INGESTION_MODES)}."


def output_errors(path: str, output: Output) -> Iterator[str]:
    """Yields the violations of the rules for the attributes of an output table other than its mode."""
    if output.ingestion_mode == "upsert" and not output.upsert_keys:
        yield f"{path} is upserted without upsert_keys. Name the columns that identify a row."
    for attribute in ("upsert_keys", "partition_keys"):
        if None in (getattr(output, attribute) or ()):
            yield f"{path}.{attribute} contains null; remove it."
    yield from _option_errors(path, output)


def _pattern_errors(path: str, task: Task) -> Iterator[str]:
    for table in filter(None, task.input_tables):
        if "*" in table:
            yield (
                f"{path}.input_tables contains the pattern '{table}'; patterns are supported only in output_tables. "
                "List the tables that the task reads."
            )
    for table in task.output_tables:
        if re.fullmatch(OUTPUT_PATTERN, table):
            if task.type == SQL:
                yield (
                    f"{path}.output_tables contains the pattern '{table}'; a SQL task has one table, for the rows of "
                    "its query."
                )
        elif "*" in table:
            yield (
                f"{path}.output_tables contains the pattern '{table}'; a pattern must be database.*, for all tables of "
                "a database."
            )


def _overlap_errors(pipeline: Pipeline) -> Iterator[str]:
    outputs = [(task.name, table) for task in pipeline.tasks.values() for table in task.output_tables]
    for owner, pattern in outputs:
        if not re.fullmatch(OUTPUT_PATTERN, pattern):
            continue
        for name, table in outputs:
            is_other = table != pattern or name > owner
            # Either a task or the task that catches its failure writes the table.
            is_handled = name in pipeline.caught.get(owner, ()) or owner in pipeline.caught.get(name, ())
            if table.startswith(pattern.removesuffix("*")) and is_other and not is_handled:
                yield (
                    f"tasks.{name}.output_tables contains {table}, which the pattern {pattern} of {owner} includes. "
                    "Declare each table once, by name or by a pattern."
                )


def _option_errors(path: str, output: Output) -> Iterator[str]:
    mode = output.ingestion_mode
    for attribute, choices in OUTPUT_CHOICES.items():
        value = getattr(output, attribute)
        if value is not None and value not in choices:
            yield f"{path}.{attribute} is '{value}'; it must be one of {', '.join(choices)}."
    if output.empty == "replace" and mode not in ("overwrite", "overwrite_partitions"):
        yield (
            f"{path}.empty is 'replace', but ingestion_mode is '{mode}'; it requires overwrite or overwrite_partitions."
        )
    for attribute in ("delete_when", "on_duplicate", "order_by"):
        if getattr(output, attribute) not in (None, "refuse") and mode != "upsert":
            yield f"{path}.{attribute} is set, but ingestion_mode is '{mode}'; it requires upsert."
    if (output.on_duplicate == "last") != (output.order_by is not None):
        order_by = "no order_by" if output.order_by is None else f"order_by '{output.order_by}'"
        on_duplicate = output.on_duplicate or "refuse"
        yield (
            f"{path} has on_duplicate '{on_duplicate}' and {order_by}; 'last' requires order_by, "
            "and only 'last' uses it."
        )


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
