"""The command `lineage`."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from datalake_sdk.ledger.delivery import deliver, flush
from test.unit.operations.test_lineage import _event


@pytest.fixture
def run(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    for job, inputs, output in (
        ("load", ["/in/orders.csv"], "sales.orders"),
        ("enrich", ["sales.orders", "sales.gone"], "sales.rich"),
        ("report", ["sales.rich", "sales.orders"], "sales.report"),
    ):
        event = _event(job, inputs, [output])
        deliver(event, lake.platform.environment.name, lake.platform.run_events)
    assert flush()
    return lambda *arguments: CliRunner().invoke(cli, ["--local", str(lake.root), "lineage", *arguments])


def _tree(result):
    return [line.partition(" (run")[0] for line in result.stdout.splitlines()]


def test_a_tree_has_the_tables_and_jobs_behind_a_table(run):
    assert _tree(run("sales.report", "--up")) == [
        "computed from",
        "sales.report (deleted)",
        "└── report",
        "    ├── sales.rich (deleted)",
        "    │   └── enrich",
        "    │       ├── sales.orders",
        "    │       │   └── load",
        "    │       │       └── /in/orders.csv",
        "    │       └── sales.gone (deleted)",
        "    └── sales.orders …",
    ]


def test_both_directions_are_shown_by_default(run):
    lines = _tree(run("sales.orders"))
    assert lines[:5] == ["computed from", "sales.orders", "└── load", "    └── /in/orders.csv", "used by"]
    assert "sales.report (deleted)" in "\n".join(lines)


def test_json_has_nodes_and_edges(run):
    found = json.loads(run("sales.rich", "--down", "--json").stdout)
    assert found["root"] == "table:sales.rich"
    assert [(edge["start"], edge["end"]) for edge in found["downstream"]["edges"]] == [
        ("table:sales.rich", "job:report"),
        ("job:report", "table:sales.report"),
    ]
    assert "upstream" not in found


def test_the_graph_is_written_to_a_file(run, tmp_path):
    svg, dot = tmp_path / "graph.svg", tmp_path / "graph.dot"
    assert run("sales.report", "--graph", str(svg)).exit_code == 0
    assert run("sales.report", "--graph", str(dot)).exit_code == 0
    labels = [text.text for text in ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"report", "sales.report", "/in/orders.csv"} <= set(labels)
    assert '"job:report" -> "table:sales.report";' in dot.read_text()
    assert run("sales.report", "--graph", "graph.png").exit_code == 2


def test_a_table_that_no_recorded_job_uses_has_no_lineage(run, lake):
    lake.create("sales.alone", rows=[{"id": 1}])
    result = run("sales.alone")
    assert result.exit_code == 0
    assert "no job that reads or writes sales.alone" in result.stderr
    assert run("sales.aloe").exit_code == 2
