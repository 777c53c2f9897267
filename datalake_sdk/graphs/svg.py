"""Draws a graph as SVG: columns from left to right, tables rounded, edges of the kind `order` dashed."""

from __future__ import annotations

from html import escape
from itertools import pairwise, zip_longest

from datalake_sdk.graphs.layout import BACKWARD_DEPTH, GAP, HEIGHT, Box, Layout, Route, layout
from datalake_sdk.graphs.model import Graph, Node

_STYLE = (
    "text{font:12px ui-monospace,monospace;text-anchor:middle;dominant-baseline:central;fill:#222}"
    "rect{fill:#fff;stroke:#555}.table rect{fill:#eef4ff;stroke:#4a78c2}.selected rect{stroke-width:3}"
    ".deleted text{text-decoration:line-through}.deleted rect{stroke-dasharray:4 3}"
    "path{fill:none;stroke:#777}.order{stroke-dasharray:4 3}"
    "@media (prefers-color-scheme:dark){text{fill:#eee}rect{fill:#222;stroke:#aaa}.table rect{fill:#1c2b45}}"
)
_ARROW = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<polygon points="0,0 8,4 0,8" fill="#777"/></marker>'
)
_ROUNDED = ("table", "column")


def svg(graph: Graph, *, has_style: bool = True) -> str:
    """Formats a graph as an SVG image.

    Nodes are groups with the class of their kind, in links if they have one.

    Args:
        graph: Nodes and edges.
        has_style: Whether the image contains its style; False for a page whose style sheet draws it.
    """
    positions = layout(graph)
    width, height = f"{positions.width:.0f}", f"{positions.height:.0f}"
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    style = f"<style>{_STYLE}</style>" if has_style else ""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f"{style}<defs>{_ARROW}</defs>",
            *(_path(route, positions) for route in positions.routes),
            *(_node(node, positions.boxes[node.id]) for node in graph.nodes),
            "</svg>\n",
        ]
    )


def _node(node: Node, box: Box) -> str:
    radius = f' rx="{HEIGHT / 2:.0f}"' if node.kind.split(" ")[0] in _ROUNDED else ""
    group = (
        f'<g class="{escape(node.kind)}">'
        f'<rect{radius} x="{box.left:.0f}" y="{box.top:.0f}" width="{box.width:.0f}" height="{HEIGHT}"/>'
        f'<text x="{box.center:.0f}" y="{box.middle:.0f}">{escape(node.label)}</text></g>'
    )
    return f'<a href="{escape(node.link)}">{group}</a>' if node.link else group


def _path(route: Route, positions: Layout) -> str:
    kind = f' class="{escape(route.edge.kind)}"' if route.edge.kind else ""
    if route.is_backward:
        return f'<path{kind} marker-end="url(#arrow)" d="{_arc(route.boxes[0], route.boxes[-1], positions)}"/>'
    steps = [_curve(start, end) for start, end in pairwise(route.boxes)]
    # The line crosses the columns between the two nodes horizontally.
    crossings = [f" H{box.right:.0f} " for box in route.boxes[1:-1]]
    line = "".join(part for step in zip_longest(steps, crossings, fillvalue="") for part in step)
    start = route.boxes[0]
    return f'<path{kind} marker-end="url(#arrow)" d="M{start.right:.0f},{start.middle:.0f} {line}"/>'


def _arc(start: Box, end: Box, positions: Layout) -> str:
    """Draws an edge to the left below its boxes and those between them."""
    between = [box.bottom for box in positions.boxes.values() if end.left < box.left < start.left]
    depth = max(start.bottom, end.bottom, *between) + BACKWARD_DEPTH
    bend = f"C{start.center:.0f},{depth:.0f} {end.center:.0f},{depth:.0f}"
    return f"M{start.center:.0f},{start.bottom:.0f} {bend} {end.center:.0f},{end.bottom:.0f}"


def _curve(start: Box, end: Box) -> str:
    bend = max(GAP / 2, (end.left - start.right) / 2)
    return (
        f"C{start.right + bend:.0f},{start.middle:.0f} {end.left - bend:.0f},{end.middle:.0f} "
        f"{end.left:.0f},{end.middle:.0f}"
    )
