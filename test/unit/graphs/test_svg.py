"""Drawings of graphs."""

from __future__ import annotations

from xml.etree import ElementTree

from datalake_sdk.graphs.layout import layout
from datalake_sdk.graphs.model import Edge, Graph, Node
from datalake_sdk.graphs.svg import svg

_SVG = "{http://www.w3.org/2000/svg}"


def _graph(*edges: tuple[str, str]) -> Graph:
    names = dict.fromkeys(name for edge in edges for name in edge)
    return Graph([Node(name, name) for name in names], [Edge(*edge) for edge in edges])


def test_each_node_is_to_the_right_of_those_before_it_despite_a_cycle():
    graph = _graph(("a", "b"), ("b", "c"), ("c", "d"), ("c", "b"), ("a", "a"))
    boxes = layout(graph).boxes
    assert [boxes[name].left for name in "abcd"] == sorted({box.left for box in boxes.values()})


def test_a_node_without_inputs_is_next_to_the_first_node_that_follows():
    boxes = layout(_graph(("a", "b"), ("b", "c"), ("c", "d"), ("late", "d"))).boxes
    assert boxes["late"].left == boxes["c"].left


def test_edges_do_not_cross_if_another_order_avoids_it():
    boxes = layout(_graph(("a", "x"), ("b", "y"), ("c", "z"), ("a", "z2"), ("c", "x2"))).boxes
    assert boxes["a"].top < boxes["b"].top < boxes["c"].top
    assert max(boxes["x"].top, boxes["z2"].top) < boxes["y"].top < min(boxes["z"].top, boxes["x2"].top)


def test_an_edge_passes_the_nodes_between_its_ends():
    positions = layout(_graph(("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")))
    route = positions.routes[-1].boxes
    tops = {positions.boxes[name].left: positions.boxes[name].top for name in "bc"}
    assert [box.left for box in route[1:-1]] == sorted(tops)
    assert all(box.top != tops[box.left] for box in route[1:-1])


def test_labels_and_links_are_escaped():
    hostile = Node("a", '<script>alert("1")</script>', 'table" onload="x', link='/tables/"><script>')
    image = ElementTree.fromstring(svg(Graph([hostile], [])))
    assert image.find(f".//{_SVG}script") is None
    assert image.find(f"{_SVG}a").get("href") == '/tables/"><script>'
    assert image.find(f".//{_SVG}text").text == '<script>alert("1")</script>'


def test_an_image_of_a_page_has_no_style_of_its_own():
    assert "<style>" not in svg(_graph(("a", "b")), has_style=False)


def test_a_graph_of_thousands_of_nodes_is_drawn_without_recursion():
    edges = [(f"n{number}", f"n{number + 1}") for number in range(3000)]
    assert len(layout(_graph(*edges)).boxes) == 3001


def test_an_edge_that_closes_a_cycle_is_drawn_below_the_boxes():
    image = ElementTree.fromstring(svg(_graph(("job", "table"), ("table", "job"))))
    forward, backward = (path.get("d") for path in image.findall(f"{_SVG}path"))
    lowest = max(float(box.get("y")) + float(box.get("height")) for box in image.iter(f"{_SVG}rect"))
    assert f",{lowest:.0f} C" in backward
    assert f",{lowest:.0f} C" not in forward
    assert float(image.get("height")) > lowest + 30
