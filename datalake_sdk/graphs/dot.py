"""Formats a graph for Graphviz: https://graphviz.org/doc/info/lang.html."""

from __future__ import annotations

from datalake_sdk.graphs.model import Graph, Node


def dot(graph: Graph) -> str:
    """Formats a graph in the DOT language, from left to right."""
    nodes = [f"  {_quoted(node.id)} [{_attributes(node)}];" for node in graph.nodes]
    edges = [f"  {_quoted(edge.start)} -> {_quoted(edge.end)};" for edge in graph.edges]
    return "\n".join(["digraph {", "  rankdir=LR;", *nodes, *edges, "}", ""])


def _attributes(node: Node) -> str:
    kinds = node.kind.split(" ")
    styles = [
        style for style, kind in (("rounded", "table"), ("rounded", "column"), ("dashed", "deleted")) if kind in kinds
    ]
    attributes = {"label": node.label, "shape": "box", "style": ",".join(styles), "URL": node.link}
    return ", ".join(f"{name}={_quoted(value)}" for name, value in attributes.items() if value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
