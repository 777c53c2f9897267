"""The graph of a pipeline: tasks, the tables that they read and write, and `after`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datalake_sdk.pipelines.definition import Pipeline
from datalake_sdk.pipelines.order import levels


@dataclass(frozen=True)
class Node:
    """A task or a table.

    Args:
        name: Its name.
        is_table: Whether it is a table.
        column: Position from left to right: tasks in even columns, by level; tables in odd columns.
    """

    name: str
    is_table: bool
    column: int


@dataclass(frozen=True)
class Edge:
    """An edge between the names of two nodes.

    Args:
        start: A task, or a table that is read.
        end: A table that is written, or a task.
        is_order_only: Whether it stands for `after`, without data.
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
    """Returns the graph of a pipeline that is checked."""
    columns = {name: 2 * level for level, names in enumerate(levels(pipeline)) for name in names}
    tables: dict[str, int] = {}
    edges = []
    for task in sorted(pipeline.tasks.values(), key=lambda task: columns[task.name]):
        edges += [Edge(name, task.name, is_order_only=True) for name in task.after if name]
        for table in filter(None, task.input_tables):
            tables.setdefault(table, columns[task.name] - 1)
            edges.append(Edge(table, task.name))
        for table in task.output_tables:
            tables.setdefault(table, columns[task.name] + 1)
            edges.append(Edge(task.name, table))
    nodes = [Node(name, False, column) for name, column in columns.items()]
    nodes += [Node(name, True, column) for name, column in tables.items()]
    return Graph(sorted(nodes, key=lambda node: (node.column, node.name)), edges)


def mermaid(graph: Graph) -> str:
    """Formats a graph as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html."""
    ids = {node.name: f"n{index}" for index, node in enumerate(graph.nodes)}
    nodes = [
        f'  {ids[node.name]}[("{node.name}")]' if node.is_table else f'  {ids[node.name]}["{node.name}"]'
        for node in graph.nodes
    ]
    edges = [f"  {ids[edge.start]} {'-.->' if edge.is_order_only else '-->'} {ids[edge.end]}" for edge in graph.edges]
    return "\n".join(["flowchart LR", *nodes, *edges, ""])
