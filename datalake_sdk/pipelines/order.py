"""Order of tasks, as in order.tf: a task runs after every task that writes its input tables, and those in `after`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from graphlib import TopologicalSorter

from datalake_sdk.pipelines.definition import Pipeline
from datalake_sdk.pipelines.limits import MAX_LEVELS


def predecessors(pipeline: Pipeline) -> dict[str, list[str]]:
    """Returns the tasks that each task waits for, sorted. A task never waits for itself."""
    writers: dict[str | None, set[str]] = {}
    for task in pipeline.tasks.values():
        for table in task.output_tables:
            writers.setdefault(table, set()).add(task.name)
    return {
        task.name: sorted(
            {name for name in task.after if name}.union(*(writers.get(table, ()) for table in task.input_tables))
            - {task.name}
        )
        for task in pipeline.tasks.values()
    }


def levels(pipeline: Pipeline) -> list[list[str]]:
    """Returns the tasks by level, each level after the previous one; requires a pipeline that is checked."""
    return _levels(predecessors(pipeline))


def downstream(pipeline: Pipeline, name: str) -> set[str]:
    """Returns a task and the tasks that run after it, directly or not."""
    before = predecessors(pipeline)
    found = {name}
    while more := {other for other, needed in before.items() if other not in found and found.intersection(needed)}:
        found |= more
    return found


def order_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for the order; requires that no other rule is violated."""
    before = predecessors(pipeline)
    cyclic = sorted(name for name in before if name in _ancestors(before, name))
    if cyclic:
        cycle = "; ".join(
            f"{name} runs after {' and '.join(other for other in before[name] if other in cyclic)}" for name in cyclic
        )
        yield (
            f"The tasks form a cycle: {cycle}. A task runs after every task that writes its input tables, and after "
            "the tasks in `after`. Remove one of these dependencies."
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
