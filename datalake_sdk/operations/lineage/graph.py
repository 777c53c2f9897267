"""The graph of tables, jobs and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from datalake_sdk.graphs import model as graphs


class NodeKind(StrEnum):
    """What a node of the lineage is."""

    TABLE = "table"
    FILES = "files"
    """Also a table outside of the lake."""
    JOB = "job"
    COLUMN = "column"


@dataclass(frozen=True)
class LineageNode:
    """A table, the files that a run read, a job, or a column.

    Args:
        kind: What it is.
        name: `database.table`, with `.column` for a column, without the stage's prefix; path of files, or URI of a
            table outside of the lake; name of a job.
        is_deleted: Whether the table does not exist any more.
        run_id: The newest run of the job that wrote a table; empty for other kinds.
        run_time: When that run started, ISO 8601.
    """

    kind: NodeKind
    name: str
    is_deleted: bool = False
    run_id: str = ""
    run_time: str = ""

    @property
    def id(self) -> str:
        """Unique in a lineage."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True)
class LineageEdge:
    """A flow of data.

    Args:
        start: Id of the node that the data comes from.
        end: Id of the node that it flows to.
        transformation: How a column is computed: `IDENTITY`, `TRANSFORMATION` or `AGGREGATION`; empty otherwise.
        job: Job that computes the column; empty for other nodes.
    """

    start: str
    end: str
    transformation: str = ""
    job: str = ""


@dataclass(frozen=True)
class LineageGraph:
    """Tables, files and jobs with the edges between them, and columns with the edges between those.

    Args:
        nodes: Nodes by id.
        edges: Edges, in the order of the jobs.
    """

    nodes: Mapping[str, LineageNode]
    edges: Sequence[LineageEdge]

    def upstream(self, root: str) -> LineageGraph:
        """Returns the part of the graph that a node is computed from, with the node."""
        return self._reachable(root, is_upstream=True)

    def downstream(self, root: str) -> LineageGraph:
        """Returns the part of the graph that is computed from a node, with the node."""
        return self._reachable(root, is_upstream=False)

    def _reachable(self, root: str, *, is_upstream: bool) -> LineageGraph:
        adjacent: dict[str, list[LineageEdge]] = {}
        for edge in self.edges:
            adjacent.setdefault(edge.end if is_upstream else edge.start, []).append(edge)
        found, pending, edges = {root}, [root], []
        while pending:
            for edge in adjacent.get(pending.pop(), ()):
                edges.append(edge)
                other = edge.start if is_upstream else edge.end
                if other not in found:
                    found.add(other)
                    pending.append(other)
        return LineageGraph({key: node for key, node in self.nodes.items() if key in found}, edges)

    def merged(self, other: LineageGraph) -> LineageGraph:
        """Returns the nodes and edges of both graphs."""
        return LineageGraph({**self.nodes, **other.nodes}, list(dict.fromkeys([*self.edges, *other.edges])))

    def drawing(self, selected: str = "", links: Mapping[str, str] | None = None) -> graphs.Graph:
        """Returns the graph to draw.

        Args:
            selected: Id of the node to emphasize.
            links: URLs by id of a node.
        """
        nodes = [
            graphs.Node(key, node.name, _css_class(node, key == selected), (links or {}).get(key, ""))
            for key, node in self.nodes.items()
        ]
        return graphs.Graph(nodes, [graphs.Edge(edge.start, edge.end) for edge in self.edges])

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable nodes and edges."""
        nodes = [{"id": key, **asdict(node)} for key, node in self.nodes.items()]
        return {"nodes": nodes, "edges": list(map(asdict, self.edges))}


def _css_class(node: LineageNode, is_selected: bool) -> str:
    return " ".join([node.kind, *(["deleted"] if node.is_deleted else []), *(["selected"] if is_selected else [])])
