"""The graph of a pipeline: tasks, the tables that they read and write, `after`, `when` and `catch`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datalake_sdk.graphs import model as graphs
from datalake_sdk.output_tables import pattern_of
from datalake_sdk.pipelines.conditions import named_tasks
from datalake_sdk.pipelines.definition import Pipeline, Task
from datalake_sdk.pipelines.order import levels_with_handlers


@dataclass(frozen=True)
class Node:
    """A task or a table.

    Args:
        name: Its name.
        is_table: Whether it is a table.
        column: Position from left to right: tasks in even columns, tables in odd columns.
        note: Control flow of a task, such as `when, for each`; may be empty.
    """

    name: str
    is_table: bool
    column: int
    note: str = ""

    @property
    def label(self) -> str:
        """Name with the note."""
        return f"{self.name} ({self.note})" if self.note else self.name


@dataclass(frozen=True)
class Edge:
    """An edge between the names of two nodes.

    Args:
        start: A task, or a table that is read.
        end: A table that is written, or a task.
        is_order_only: Whether the edge represents `after`, `when` or `catch` instead of data.
    """

    start: str
    end: str
    is_order_only: bool = False


@dataclass(frozen=True)
class Graph:
    """Nodes, ordered by column and name, and edges."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]


def pipeline_graph(pipeline: Pipeline) -> Graph:
    """Returns the graph of a checked pipeline."""
    columns = {name: 2 * level for level, names in enumerate(levels_with_handlers(pipeline)) for name in names}
    tables: dict[str, int] = {}
    edges = []
    for task in sorted(pipeline.tasks.values(), key=lambda task: columns[task.name]):
        order_only = {name for name in task.after if name} | named_tasks(pipeline, task.when)
        order_only |= set(pipeline.caught.get(task.name, ()))
        edges += [Edge(name, task.name, is_order_only=True) for name in sorted(order_only)]
        for table in filter(None, task.input_tables):
            tables.setdefault(table, columns[task.name] - 1)
            edges.append(Edge(table, task.name))
        for table in _written_tables(pipeline, task):
            tables.setdefault(table, columns[task.name] + 1)
            edges.append(Edge(task.name, table))
    nodes = [Node(name, False, column, _note(pipeline.tasks[name], pipeline)) for name, column in columns.items()]
    nodes += [Node(name, True, column) for name, column in tables.items()]
    return Graph(sorted(nodes, key=lambda node: (node.column, node.name)), edges)


def _written_tables(pipeline: Pipeline, task: Task) -> list[str]:
    """Tables and patterns that a task writes, and the tables of these patterns that other tasks read."""
    read = sorted({table for other in pipeline.tasks.values() for table in other.input_tables if table})
    return [*task.output_tables, *(table for table in read if pattern_of(table) in task.output_tables)]


def _note(task: Task, pipeline: Pipeline) -> str:
    notes = {"when": task.when, "for each": task.for_each, "catch": pipeline.caught.get(task.name)}
    return ", ".join(note for note, is_set in notes.items() if is_set)


def drawing(graph: Graph) -> graphs.Graph:
    """Returns a graph to draw."""
    nodes = [
        graphs.Node(node.name, node.label, "table" if node.is_table else "task", column=node.column)
        for node in graph.nodes
    ]
    edges = [graphs.Edge(edge.start, edge.end, "order" if edge.is_order_only else "") for edge in graph.edges]
    return graphs.Graph(nodes, edges)


def mermaid(graph: Graph) -> str:
    """Formats a graph as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html."""
    ids = {node.name: f"n{index}" for index, node in enumerate(graph.nodes)}
    nodes = [
        f'  {ids[node.name]}[("{node.name}")]' if node.is_table else f'  {ids[node.name]}["{node.label}"]'
        for node in graph.nodes
    ]
    edges = [f"  {ids[edge.start]} {'-.->' if edge.is_order_only else '-->'} {ids[edge.end]}" for edge in graph.edges]
    return "\n".join(["flowchart LR", *nodes, *edges, ""])
