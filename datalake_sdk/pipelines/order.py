"""Order of tasks, as in order.tf: from the tables that they read and write, `after` and `when`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from graphlib import TopologicalSorter

from datalake_sdk.output_tables import declared_as, pattern_of
from datalake_sdk.pipelines.conditions import named_tasks
from datalake_sdk.pipelines.definition import Pipeline, Task
from datalake_sdk.pipelines.limits import MAX_LEVELS


def predecessors(pipeline: Pipeline) -> dict[str, list[str]]:
    """Returns the direct dependencies of each task, sorted. A task never depends on itself.

    Tasks that catch failures are not part of the order; their tables count as those of the tasks that they catch.
    """
    writers = _writers(pipeline)
    return {
        task.name: sorted(_before(pipeline, task, writers) - {task.name})
        for task in pipeline.tasks.values()
        if task.name not in pipeline.caught
    }


def _writers(pipeline: Pipeline) -> dict[str, set[str]]:
    writers: dict[str, set[str]] = {}
    for task in pipeline.tasks.values():
        for table in task.output_tables:
            writers.setdefault(table, set()).update(pipeline.caught.get(task.name, [task.name]))
    return writers


def _before(pipeline: Pipeline, task: Task, writers: Mapping[str, set[str]]) -> set[str]:
    handler = pipeline.tasks.get(task.catch or "")
    tables = (*task.input_tables, *(handler.input_tables if handler else ()))
    explicit = {name for name in task.after if name} | named_tasks(pipeline, task.when)
    written_as = (name for table in tables if table for name in (table, pattern_of(table)))
    return explicit.union(*(writers.get(name, ()) for name in written_as))


def levels(pipeline: Pipeline) -> list[list[str]]:
    """Returns the tasks of a checked pipeline by level; each level runs after the previous one."""
    return _levels(predecessors(pipeline))


def levels_with_handlers(pipeline: Pipeline) -> list[list[str]]:
    """Returns the tasks by level, with handlers of failures between the tasks that they catch and later tasks."""
    before = {name: {*names, *_handlers_before(pipeline, name)} for name, names in predecessors(pipeline).items()}
    return _levels({**before, **pipeline.caught})


def _handlers_before(pipeline: Pipeline, name: str) -> Iterator[str]:
    read = pipeline.tasks[name].input_tables
    for handler, caught in pipeline.caught.items():
        written = pipeline.tasks[handler].output_tables
        if name not in caught and any(declared_as(table, written) for table in read if table):
            yield handler


def downstream(pipeline: Pipeline, name: str) -> set[str]:
    """Returns a task and all tasks that depend on it, directly or indirectly."""
    before = predecessors(pipeline)
    found = {name}
    while more := {other for other, needed in before.items() if other not in found and found.intersection(needed)}:
        found |= more
    return found


def order_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for the order of a pipeline that violates no other rule."""
    before = predecessors(pipeline)
    cyclic = sorted(name for name in before if name in _ancestors(before, name))
    if cyclic:
        cycle = "; ".join(
            f"{name} runs after {' and '.join(other for other in before[name] if other in cyclic)}" for name in cyclic
        )
        yield (
            f"The tasks form a cycle: {cycle}. A task runs after every task that writes its input tables, and after "
            "the tasks in `after` and `when`. Remove one of these dependencies."
        )
    elif len(_levels(before)) > MAX_LEVELS:
        yield (
            f"The tasks form more than {MAX_LEVELS} levels, each after the previous one. Reduce the dependencies, or "
            "split the pipeline."
        )


def _levels(before: Mapping[str, Collection[str]]) -> list[list[str]]:
    depths: dict[str, int] = {}
    for name in TopologicalSorter(before).static_order():
        depths[name] = max((depths[other] + 1 for other in before[name]), default=0)
    by_level: dict[int, list[str]] = {}
    for name in sorted(before):
        by_level.setdefault(depths[name], []).append(name)
    return [by_level[level] for level in sorted(by_level)]


def _ancestors(before: Mapping[str, Collection[str]], name: str) -> set[str]:
    found: set[str] = set()
    ahead = set(before[name])
    while ahead:
        found |= ahead
        ahead = {other for each in ahead for other in before[each]} - found
    return found
