"""A directed graph to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A node of a drawing.

    Args:
        id: Unique in the graph.
        label: Text in the box.
        kind: Class of the box in CSS, for example `table`.
        link: URL that the node links to; may be empty.
        column: Position from left to right; None derives the positions of all nodes from the edges.
    """

    id: str
    label: str
    kind: str = ""
    link: str = ""
    column: int | None = None


@dataclass(frozen=True)
class Edge:
    """An arrow between two nodes.

    Args:
        start: Id of a node.
        end: Id of a node.
        kind: Class of the line in CSS; may be empty.
    """

    start: str
    end: str
    kind: str = ""


@dataclass(frozen=True)
class Graph:
    """Nodes and edges; nodes of a column are drawn in their order unless that crosses edges."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
