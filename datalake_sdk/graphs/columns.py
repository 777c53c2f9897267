"""The columns of a graph: each node is to the right of the nodes before it, as far as there is no cycle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from datalake_sdk.graphs.model import Edge, Graph

Neighbors = Mapping[str, list[str]]


def node_columns(graph: Graph) -> dict[str, int]:
    """Returns the column of each node: the length of the longest path to it.

    A node without edges to it is next to the first node that follows. Edges that close a cycle do not count.
    """
    if any(node.column is not None for node in graph.nodes):
        return {node.id: node.column or 0 for node in graph.nodes}
    successors = _acyclic(neighbors([node.id for node in graph.nodes], graph.edges))
    columns = dict.fromkeys(successors, 0)
    order = _topological(successors)
    for start in order:
        for end in successors[start]:
            columns[end] = max(columns[end], columns[start] + 1)
    targets = {end for ends in successors.values() for end in ends}
    for start in order:
        if start not in targets and successors[start]:
            columns[start] = min(columns[end] for end in successors[start]) - 1
    return columns


def neighbors(ids: Iterable[str], edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Returns the ids of the nodes that follow each node."""
    following: dict[str, list[str]] = {node: [] for node in ids}
    for edge in edges:
        if edge.end not in following[edge.start] and edge.end != edge.start:
            following[edge.start].append(edge.end)
    return following


def _acyclic(successors: Neighbors) -> dict[str, list[str]]:
    """Removes the edges that lead back to a node of the path on which a depth-first search reaches them."""
    kept: dict[str, list[str]] = {node: [] for node in successors}
    finished: set[str] = set()
    for root in successors:
        path, stack = {root}, [(root, iter(successors[root]))]
        while stack and root not in finished:
            node, following = stack[-1]
            for end in following:
                if end in path:
                    continue
                kept[node].append(end)
                if end not in finished:
                    path.add(end)
                    stack.append((end, iter(successors[end])))
                    break
            else:
                finished.add(node)
                path.discard(node)
                stack.pop()
    return kept


def _topological(successors: Neighbors) -> list[str]:
    missing = dict.fromkeys(successors, 0)
    for ends in successors.values():
        for end in ends:
            missing[end] += 1
    order = [node for node, count in missing.items() if count == 0]
    for node in order:
        for end in successors[node]:
            missing[end] -= 1
            if missing[end] == 0:
                order.append(end)
    return order
