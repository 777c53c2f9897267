"""Places nodes in columns from left to right and routes edges between them, with few crossings.

The method is that of Sugiyama: https://en.wikipedia.org/wiki/Layered_graph_drawing
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from datalake_sdk.graphs.columns import node_columns
from datalake_sdk.graphs.model import Edge, Graph

HEIGHT = 32
"""Height of a box, in pixels."""
GAP = 48
"""Distance between two columns."""
BACKWARD_DEPTH = 40
"""Distance below a box of the control points of an edge to the left."""
_ROW, _MARGIN = 52, 16
_CHARACTER_WIDTH, _PADDING = 7.4, 24
_SWEEPS = 4


@dataclass(frozen=True)
class Box:
    """Position of a node, or of the point at which an edge passes through a column: a box without width."""

    left: float
    top: float
    width: float

    @property
    def right(self) -> float:
        """Right side."""
        return self.left + self.width

    @property
    def center(self) -> float:
        """Horizontal center."""
        return self.left + self.width / 2

    @property
    def bottom(self) -> float:
        """Lower side."""
        return self.top + HEIGHT

    @property
    def middle(self) -> float:
        """Vertical center."""
        return self.top + HEIGHT / 2


@dataclass(frozen=True)
class Route:
    """An edge and the boxes that it connects, including the points between them."""

    edge: Edge
    boxes: Sequence[Box]

    @property
    def is_backward(self) -> bool:
        """Whether the edge leads to the left, because it closes a cycle."""
        return self.boxes[-1].left <= self.boxes[0].left


@dataclass(frozen=True)
class Layout:
    """Positions in pixels: of nodes by their ids, and of edges."""

    boxes: Mapping[str, Box]
    routes: Sequence[Route]
    width: float
    height: float


@dataclass(frozen=True)
class _Chain:
    """An edge as steps from one column to the next."""

    edge: Edge
    places: Sequence[str]


def layout(graph: Graph) -> Layout:
    """Places the nodes of a graph and routes its edges; edges of unknown nodes are an error."""
    columns = node_columns(graph)
    chains = [_chain(number, edge, columns) for number, edge in enumerate(graph.edges)]
    places = dict(columns)
    for chain in chains:
        places |= {place: columns[chain.edge.start] + step for step, place in enumerate(chain.places[1:-1], start=1)}
    boxes = _boxes(graph, _ordered(places, chains), columns)
    routes = [Route(chain.edge, [boxes[place] for place in chain.places]) for chain in chains]
    below = BACKWARD_DEPTH if any(route.is_backward for route in routes) else 0
    return Layout(
        {node.id: boxes[node.id] for node in graph.nodes},
        routes,
        max((box.right for box in boxes.values()), default=0) + _MARGIN,
        max((box.top for box in boxes.values()), default=0) + HEIGHT + _MARGIN + below,
    )


def _chain(number: int, edge: Edge, columns: Mapping[str, int]) -> _Chain:
    between = range(columns[edge.start] + 1, columns[edge.end])
    # Ids of nodes contain no NUL.
    return _Chain(edge, [edge.start, *(f"\0{number}\0{column}" for column in between), edge.end])


def _ordered(places: Mapping[str, int], chains: Sequence[_Chain]) -> list[list[str]]:
    """Orders the places of each column by the positions of their neighbors, in sweeps to the right and to the left."""
    levels: dict[int, list[str]] = {}
    for place, number in places.items():
        levels.setdefault(number, []).append(place)
    columns = [levels[number] for number in sorted(levels)]
    before: dict[str, list[str]] = {place: [] for place in places}
    after: dict[str, list[str]] = {place: [] for place in places}
    for chain in chains:
        for start, end in pairwise(chain.places):
            before[end].append(start)
            after[start].append(end)
    for sweep in range(_SWEEPS):
        _sweep(columns, before) if sweep % 2 == 0 else _sweep(columns[::-1], after)
    return columns


def _sweep(columns: Sequence[list[str]], adjacent: Mapping[str, Sequence[str]]) -> None:
    positions = {place: row - len(column) / 2 for column in columns for row, place in enumerate(column)}
    for column in columns:
        means = {place: _mean(place, adjacent[place], positions) for place in column}
        column.sort(key=means.__getitem__)
        positions |= {place: row - len(column) / 2 for row, place in enumerate(column)}


def _mean(place: str, adjacent: Sequence[str], positions: Mapping[str, float]) -> float:
    if not adjacent:
        return positions[place]
    return sum(positions[each] for each in adjacent) / len(adjacent)


def _boxes(graph: Graph, columns: Sequence[Sequence[str]], nodes: Mapping[str, int]) -> dict[str, Box]:
    labels = {node.id: node.label for node in graph.nodes}
    rows = max((len(column) for column in columns), default=0)
    boxes: dict[str, Box] = {}
    left: float = _MARGIN
    for column in columns:
        widths = [len(labels[place]) * _CHARACTER_WIDTH + _PADDING for place in column if place in nodes]
        width = max(widths, default=0)
        top = _MARGIN + (rows - len(column)) / 2 * _ROW
        for row, place in enumerate(column):
            boxes[place] = Box(left, top + row * _ROW, width)
        left += width + GAP
    return boxes
