"""Draws the architecture as an SVG image for README.md: from sources to readers on AWS, and on a laptop.

python -m doc_resources.architecture
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path

from datalake_sdk.graphs.layout import Box, layout
from datalake_sdk.graphs.model import Edge, Graph, Node
from datalake_sdk.graphs.svg import svg

IMAGE = Path(__file__).parent / "architecture.svg"

_STYLE = """\
text{font:12px ui-monospace,Menlo,Consolas,monospace;text-anchor:middle;dominant-baseline:central;fill:#1f2328}
.title,.note{font:600 13px system-ui,sans-serif;text-anchor:start}.note{font-weight:400;font-size:12px;fill:#59636e}
rect{fill:#fff;stroke:#59636e}path{fill:none;stroke:#777}.page{stroke:none}.frame{fill:#f6f8fa;stroke:#d1d9e0}
.table rect{fill:#e3f0f4;stroke:#0b6e8a}.sdk rect{fill:#0b6e8a;stroke:#0b6e8a}.sdk text{fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.note{fill:#9198a1}rect{fill:#0d1117;stroke:#9198a1}
.frame{fill:#151b23;stroke:#3d444d}.table rect{fill:#12303a;stroke:#58b6cf}}"""
_MARGIN, _HEAD, _FOOT, _SIDE = 8, 44, 8, 12
"""Margin of the image; space in a frame above and below its boxes, and beside them; in pixels."""


@dataclass(frozen=True)
class Frame:
    """A labeled area behind the boxes of a drawing.

    Args:
        title: First line, above the boxes.
        note: Second line.
        first: A box in its first column.
        last: A box in its last column.
    """

    title: str
    note: str
    first: str
    last: str


@dataclass(frozen=True)
class Drawing:
    """A part of the image.

    Args:
        columns: Labels of the boxes, from left to right.
        kinds: Classes of boxes in the style, by label.
        edges: Pairs of groups: each box of the first is connected with each box of the second.
        frames: Areas behind the boxes.
    """

    columns: Sequence[Sequence[str]]
    kinds: Mapping[str, str]
    edges: Sequence[tuple[Sequence[str], Sequence[str]]]
    frames: Sequence[Frame]

    def graph(self) -> Graph:
        """Returns the boxes and edges."""
        nodes = [
            Node(label, label, self.kinds.get(label, ""), column=number)
            for number, labels in enumerate(self.columns)
            for label in labels
        ]
        return Graph(nodes, [Edge(*pair) for groups in self.edges for pair in product(*groups)])


_TRIGGERS = ["schedules, events", "files in S3"]
_TASKS = ["ECS", "Lambda", "EMR Serverless", "Glue"]
_READERS = ["Athena, Spark, Trino", "Datalfred", "catalogue, lineage", "Redshift"]
AWS = Drawing(
    columns=[
        [*_TRIGGERS, "APIs, databases"],
        ["Step Functions"],
        _TASKS,
        ["datalake_sdk"],
        ["quarantine", "Iceberg tables", "run ledger"],
        _READERS,
    ],
    kinds={"datalake_sdk": "sdk", "quarantine": "table", "Iceberg tables": "table", "run ledger": "table"},
    edges=[
        (_TRIGGERS, ["Step Functions"]),
        (["APIs, databases"], ["datalake_sdk"]),
        (["Step Functions"], _TASKS),
        (_TASKS, ["datalake_sdk"]),
        (["datalake_sdk"], ["quarantine", "Iceberg tables", "run ledger"]),
        (["Iceberg tables"], _READERS),
        (["run ledger"], ["catalogue, lineage"]),
    ],
    frames=[
        Frame("Sources", "", "files in S3", "files in S3"),
        Frame(
            "pipeline_factory", "once per pipeline: triggers, a role per task, logs", "Step Functions", "datalake_sdk"
        ),
        Frame("domain_factory", "once per domain", "Iceberg tables", "Iceberg tables"),
        Frame("Readers", "", "Datalfred", "Datalfred"),
    ],
)
LAPTOP = Drawing(
    columns=[["files, dataframes"], ["datalake_sdk"], ["Iceberg tables"], ["DuckDB, in Athena's SQL"]],
    kinds={"datalake_sdk": "sdk", "Iceberg tables": "table"},
    edges=[
        (["files, dataframes"], ["datalake_sdk"]),
        (["datalake_sdk"], ["Iceberg tables"]),
        (["Iceberg tables"], ["DuckDB, in Athena's SQL"]),
    ],
    frames=[
        Frame(
            "Embedded lake",
            "the same commands without an AWS account: a folder with Parquet files and a SQLite catalog",
            "files, dataframes",
            "DuckDB, in Athena's SQL",
        )
    ],
)


def image(drawings: Sequence[Drawing] = (AWS, LAPTOP)) -> str:
    """Returns the drawings below each other, as an SVG image that follows the color scheme of the reader."""
    parts: list[str] = []
    top, width = float(_MARGIN), 0.0
    for drawing in drawings:
        positions = layout(drawing.graph())
        height = _HEAD + positions.height + _FOOT
        parts += [_framed(frame, positions.boxes, top, height) for frame in drawing.frames]
        parts.append(_placed(svg(drawing.graph(), has_style=False), top + _HEAD))
        top += height + _MARGIN
        width = max(width, positions.width + 2 * _MARGIN)
    size = f'width="{width:.0f}" height="{top:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width:.0f} {top:.0f}">'
    return "\n".join([head, f"<style>{_STYLE}</style>", f'<rect class="page" {size}/>', *parts, "</svg>\n"])


def _placed(graph: str, top: float) -> str:
    return graph.replace("<svg ", f'<svg x="{_MARGIN}" y="{top:.0f}" ', 1)


def _framed(frame: Frame, boxes: Mapping[str, Box], top: float, height: float) -> str:
    left = _MARGIN + boxes[frame.first].left - _SIDE
    width = boxes[frame.last].right + _SIDE + _MARGIN - left
    lines = [("title", frame.title, 16), ("note", frame.note, 33)]
    labels = [
        f'<text class="{name}" x="{left + _SIDE:.0f}" y="{top + depth:.0f}">{escape(text)}</text>'
        for name, text, depth in lines
        if text
    ]
    area = f'<rect class="frame" rx="6" x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}"/>'
    return "\n".join([area, *labels])


if __name__ == "__main__":
    IMAGE.write_text(image(), encoding="utf-8")
