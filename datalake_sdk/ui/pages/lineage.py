"""Lineage of tables and columns, as a graph in which each node leads to its own lineage."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from datalake_sdk.graphs.svg import svg
from datalake_sdk.operations.lineage.graph import LineageEdge, LineageGraph, LineageNode, NodeKind
from datalake_sdk.ui.page import Links, Page, Path
from datalake_sdk.ui.reader import LakeReader

_MAX_NODES = 80
"""More nodes cannot be read in one drawing."""
_PATHS: Mapping[NodeKind, str] = {NodeKind.TABLE: "lineage", NodeKind.COLUMN: "lineage"}


@dataclass(frozen=True)
class Relative:
    """A node next to the one that is shown.

    Args:
        node: The node.
        text: How it is computed; may be empty.
    """

    node: LineageNode
    text: str


@dataclass(frozen=True)
class LineageModel:
    """The lineage of one table or column.

    Args:
        root: The node; None for the graph of the whole lake.
        part: The part of the graph that is drawn.
        hidden: Number of connected nodes that are not drawn.
        above: What the node is computed from directly.
        below: What is computed from it directly.
        columns: Names of the columns of the table whose lineage is known, and the paths of their pages.
        positions: Positions of the runs of the drawn jobs, by id of the node.
        is_complete: Whether all recent runs have been read.
    """

    root: LineageNode | None
    part: LineageGraph
    hidden: int
    above: tuple[Relative, ...]
    below: tuple[Relative, ...]
    columns: tuple[tuple[str, Path], ...]
    positions: Mapping[str, str]
    is_complete: bool

    def drawing(self, links: Links) -> Markup:
        """Draws the graph as SVG."""
        addresses = {key: self._address(key, node, links) for key, node in self.part.nodes.items()}
        selected = self.root.id if self.root else ""
        return Markup(svg(self.part.drawing(selected, addresses), has_style=False))

    def _address(self, key: str, node: LineageNode, links: Links) -> str:
        path = ("runs", self.positions[key]) if key in self.positions else path_of(node)
        return links.to(*path) if path and links.has(*path) else ""


@dataclass(frozen=True)
class LineageIndexModel:
    """All tables with lineage.

    Args:
        tables: Each table, with the number of tables and files that it is computed from, and that use it.
        drawing: The graph of the whole lake; None if it is too large.
        is_complete: Whether all recent runs have been read.
    """

    tables: tuple[tuple[LineageNode, int, int], ...]
    drawing: LineageModel | None
    is_complete: bool


def path_of(node: LineageNode) -> Path:
    """Returns the path of the lineage of a node; empty for jobs and files."""
    return (_PATHS[node.kind], node.name) if node.kind in _PATHS else ()


def lineage_index_page(reader: LakeReader) -> Page:
    """Returns the list of all tables with lineage, and the graph of a small lake.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    graph, is_complete = _tables_only(reader.lineage()), reader.recent_runs().is_complete
    tables = sorted((node for node in graph.nodes.values() if node.kind is NodeKind.TABLE), key=lambda node: node.name)
    neighbors = _Neighbors(graph)
    counted = tuple(
        (node, len(neighbors.relatives(node, up=True)), len(neighbors.relatives(node, up=False))) for node in tables
    )
    drawing = None
    if 0 < len(graph.nodes) <= _MAX_NODES:
        drawing = LineageModel(None, graph, 0, (), (), (), _positions(reader, graph), is_complete)
    model = LineageIndexModel(counted, drawing, is_complete)
    return Page(("lineage",), "lineage_index", "Lineage", "lineage", model)


def lineage_page(reader: LakeReader, name: str) -> Page | None:
    """Returns the lineage of a table or column.

    Args:
        reader: Reads the lake.
        name: `database.table` or `database.table.column`, without the stage's prefix.

    Returns:
        The page; None if neither the ledger nor the catalog knows the name.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    graph = reader.lineage()
    kind = NodeKind.COLUMN if name.count(".") > 1 else NodeKind.TABLE
    root = graph.nodes.get(LineageNode(kind, name).id)
    if root is None:
        if name not in {str(table) for table in reader.tables()}:
            return None
        root = LineageNode(kind, name)
    part, hidden = _neighborhood(graph, root)
    neighbors = _Neighbors(graph)
    model = LineageModel(
        root,
        part,
        hidden,
        neighbors.relatives(root, up=True),
        neighbors.relatives(root, up=False),
        _columns(graph, name),
        _positions(reader, part),
        reader.recent_runs().is_complete,
    )
    return Page(("lineage", name), "lineage", f"Lineage of {name}", "lineage", model)


def _tables_only(graph: LineageGraph) -> LineageGraph:
    nodes = {key: node for key, node in graph.nodes.items() if node.kind is not NodeKind.COLUMN}
    return LineageGraph(nodes, [edge for edge in graph.edges if edge.start in nodes and edge.end in nodes])


def _neighborhood(graph: LineageGraph, root: LineageNode) -> tuple[LineageGraph, int]:
    """Returns the nearest nodes before and after a node, and the number of those that are left out."""
    up, down = graph.upstream(root.id), graph.downstream(root.id)
    whole = LineageGraph({root.id: root}, ()).merged(up).merged(down)
    nearest = _nearest(whole, root.id)
    nodes = {key: whole.nodes[key] for key in nearest}
    edges = [edge for edge in whole.edges if edge.start in nodes and edge.end in nodes]
    return LineageGraph(nodes, edges), len(whole.nodes) - len(nodes)


def _nearest(graph: LineageGraph, root: str) -> list[str]:
    adjacent: dict[str, list[str]] = {}
    for edge in graph.edges:
        adjacent.setdefault(edge.start, []).append(edge.end)
        adjacent.setdefault(edge.end, []).append(edge.start)
    found, pending = {root: None}, deque([root])
    while pending and len(found) < _MAX_NODES:
        for other in adjacent.get(pending.popleft(), ()):
            if other not in found and len(found) < _MAX_NODES:
                found[other] = None
                pending.append(other)
    return list(found)


class _Neighbors:
    """The edges of a graph by the nodes that they touch."""

    def __init__(self, graph: LineageGraph) -> None:
        self._graph = graph
        self._above: dict[str, dict[str, LineageEdge]] = defaultdict(dict)
        self._below: dict[str, dict[str, LineageEdge]] = defaultdict(dict)
        for edge in graph.edges:
            self._above[edge.end][edge.start] = edge
            self._below[edge.start][edge.end] = edge

    def relatives(self, root: LineageNode, *, up: bool) -> tuple[Relative, ...]:
        """Returns what is next to a node, of tables what is on the other side of their jobs, sorted."""
        nearest = self._next(root.id, up=up)
        jobs = [key for key in nearest if self._graph.nodes[key].kind is NodeKind.JOB]
        found = {key: edge for job in jobs for key, edge in self._next(job, up=up).items()}
        found |= {key: edge for key, edge in nearest.items() if key not in jobs}
        return tuple(
            Relative(self._graph.nodes[key], edge.transformation.lower()) for key, edge in sorted(found.items())
        )

    def _next(self, key: str, *, up: bool) -> dict[str, LineageEdge]:
        return (self._above if up else self._below).get(key, {})


def _columns(graph: LineageGraph, table: str) -> tuple[tuple[str, Path], ...]:
    prefix = f"{table}."
    found = [node for node in graph.nodes.values() if node.kind is NodeKind.COLUMN and node.name.startswith(prefix)]
    return tuple((node.name.removeprefix(prefix), path_of(node)) for node in sorted(found, key=lambda each: each.name))


def _positions(reader: LakeReader, graph: LineageGraph) -> dict[str, str]:
    """Returns where the runs of the jobs are, by id of the node."""
    jobs = {node.run_id: key for key, node in graph.nodes.items() if node.run_id}
    return {jobs[run_id]: position for run_id, position in reader.run_positions(jobs).items()}
