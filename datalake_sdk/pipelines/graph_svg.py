"""Draws the graph of a pipeline as SVG: columns from left to right, tables rounded, order without data dashed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from datalake_sdk.pipelines.graph import Edge, Graph, Node

_HEIGHT, _ROW, _GAP, _MARGIN = 32, 52, 48, 16
_CHARACTER_WIDTH, _PADDING = 7.4, 24
_STYLE = (
    "text{font:12px ui-monospace,monospace;text-anchor:middle;dominant-baseline:central}"
    "rect{fill:#fff;stroke:#333}.table{fill:#eef4ff;stroke:#4a78c2}"
    "path{fill:none;stroke:#777}.order{stroke-dasharray:4 3}"
)
_ARROW = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<polygon points="0,0 8,4 0,8" fill="#777"/></marker>'
)


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    width: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def middle(self) -> float:
        return self.top + _HEIGHT / 2


def svg(graph: Graph) -> str:
    """Formats a graph as an SVG image."""
    boxes = _boxes(graph)
    width = max((box.right for box in boxes.values()), default=0) + _MARGIN
    height = max((box.top for box in boxes.values()), default=0) + _HEIGHT + _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}">',
            f"<style>{_STYLE}</style><defs>{_ARROW}</defs>",
            *(_path(edge, boxes) for edge in graph.edges),
            *(_rectangle(node, boxes[node.name]) for node in graph.nodes),
            "</svg>\n",
        ]
    )


def _boxes(graph: Graph) -> dict[str, _Box]:
    boxes: dict[str, _Box] = {}
    left: float = _MARGIN
    for column in sorted({node.column for node in graph.nodes}):
        nodes = [node for node in graph.nodes if node.column == column]
        width = max(len(node.label) for node in nodes) * _CHARACTER_WIDTH + _PADDING
        boxes |= {node.name: _Box(left, _MARGIN + row * _ROW, width) for row, node in enumerate(nodes)}
        left += width + _GAP
    return boxes


def _rectangle(node: Node, box: _Box) -> str:
    shape = f'<rect class="table" rx="{_HEIGHT / 2}"' if node.is_table else "<rect"
    return (
        f'{shape} x="{box.left:.0f}" y="{box.top}" width="{box.width:.0f}" height="{_HEIGHT}"/>'
        f'<text x="{box.left + box.width / 2:.0f}" y="{box.middle:.0f}">{escape(node.label)}</text>'
    )


def _path(edge: Edge, boxes: Mapping[str, _Box]) -> str:
    start, end = boxes[edge.start], boxes[edge.end]
    bend = max(_GAP / 2, (end.left - start.right) / 2)
    kind = ' class="order"' if edge.is_order_only else ""
    return (
        f'<path{kind} marker-end="url(#arrow)" d="M{start.right:.0f},{start.middle:.0f} '
        f"C{start.right + bend:.0f},{start.middle:.0f} {end.left - bend:.0f},{end.middle:.0f} "
        f'{end.left:.0f},{end.middle:.0f}"/>'
    )
