"""The graph of a pipeline, as Mermaid and as SVG."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from datalake_sdk.graphs.svg import svg
from datalake_sdk.pipelines.definition import Pipeline, pipeline_from
from datalake_sdk.pipelines.graph import drawing, mermaid, pipeline_graph

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def pipeline() -> Pipeline:
    tasks = {
        "load": {"input_tables": ["raw.files"], "output_tables": {"daily.orders": {}}},
        "report": {"input_tables": ["daily.orders"], "output_tables": {"daily.report": {}}},
        "notify": {"after": ["report"]},
    }
    return pipeline_from({"pipeline_name": "daily", "tasks": tasks}, Path())


def test_mermaid_connects_tasks_through_their_tables(pipeline):
    assert mermaid(pipeline_graph(pipeline)).splitlines() == [
        "flowchart LR",
        '  n0[("raw.files")]',
        '  n1["load"]',
        '  n2[("daily.orders")]',
        '  n3["report"]',
        '  n4[("daily.report")]',
        '  n5["notify"]',
        "  n0 --> n1",
        "  n1 --> n2",
        "  n2 --> n3",
        "  n3 --> n4",
        "  n3 -.-> n5",
    ]


def test_a_task_that_writes_a_pattern_is_connected_to_the_tables_that_others_read():
    tasks = {
        "load": {"output_tables": {"raw.*": {}}},
        "report": {"input_tables": ["raw.orders", "raw_2.orders"]},
    }
    graph = pipeline_graph(pipeline_from({"pipeline_name": "daily", "tasks": tasks}, Path()))
    edges = {(edge.start, edge.end) for edge in graph.edges}
    written = {("load", "raw.*"), ("load", "raw.orders")}
    assert edges == written | {("raw.orders", "report"), ("raw_2.orders", "report")}


def test_an_svg_shows_each_node_to_the_right_of_those_before(pipeline):
    image = ElementTree.fromstring(svg(drawing(pipeline_graph(pipeline))))
    names = [text.text for text in image.iter(f"{SVG}text")]
    positions = dict(zip(names, (float(box.get("x")) for box in image.iter(f"{SVG}rect")), strict=True))
    assert sorted(positions, key=positions.get) == [
        "raw.files",
        "load",
        "daily.orders",
        "report",
        "daily.report",
        "notify",
    ]
    assert [path.get("class") for path in image.findall(f"{SVG}path")] == [None, None, None, None, "order"]
    boxes = image.iter(f"{SVG}rect")
    assert max(float(box.get("x")) + float(box.get("width")) for box in boxes) < float(image.get("width"))


@pytest.fixture
def controlled() -> Pipeline:
    tasks = {
        "cleanup": {"output_tables": {"daily.failures": {}}},
        "load": {"for_each": {"items": [1]}, "catch": "cleanup", "output_tables": {"daily.orders": {}}},
        "report": {"input_tables": ["daily.failures"], "when": "$exists($load.error)"},
    }
    return pipeline_from({"pipeline_name": "daily", "tasks": tasks}, Path())


def test_conditions_and_caught_failures_are_dashed(controlled):
    assert mermaid(pipeline_graph(controlled)).splitlines() == [
        "flowchart LR",
        '  n0["load (for each)"]',
        '  n1[("daily.orders")]',
        '  n2["cleanup (catch)"]',
        '  n3[("daily.failures")]',
        '  n4["report (when)"]',
        "  n0 --> n1",
        "  n0 -.-> n2",
        "  n2 --> n3",
        "  n0 -.-> n4",
        "  n3 --> n4",
    ]
    image = ElementTree.fromstring(svg(drawing(pipeline_graph(controlled))))
    assert [text.text for text in image.iter(f"{SVG}text")] == [
        "load (for each)",
        "daily.orders",
        "cleanup (catch)",
        "daily.failures",
        "report (when)",
    ]


def test_a_task_may_read_what_its_catching_task_writes():
    tasks = {
        "cleanup": {"output_tables": {"daily.failures": {}}},
        "load": {"input_tables": ["daily.failures"], "catch": "cleanup"},
    }
    graph = pipeline_graph(pipeline_from({"pipeline_name": "daily", "tasks": tasks}, Path()))
    assert [(node.name, node.column) for node in graph.nodes] == [("daily.failures", -1), ("load", 0), ("cleanup", 2)]
