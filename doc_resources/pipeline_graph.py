"""Draws the graph of the complete example as an SVG image for pipelines.md.

python -m doc_resources.pipeline_graph
"""

from __future__ import annotations

from pathlib import Path

from datalake_sdk.graphs.svg import svg
from datalake_sdk.pipelines.file import read_pipeline
from datalake_sdk.pipelines.graph import drawing, pipeline_graph
from doc_resources.pages import REPOSITORY

PIPELINE = REPOSITORY / "pipeline_factory/examples/complete/pipeline.yaml"
IMAGE = Path(__file__).parent / "pipeline.svg"


def image() -> str:
    """Returns what `plan_pipeline --graph pipeline.svg` writes."""
    return svg(drawing(pipeline_graph(read_pipeline(PIPELINE))))


if __name__ == "__main__":
    IMAGE.write_text(image(), encoding="utf-8")
