"""Lineage of tables and columns, from runs of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from datalake_sdk.errors import UnknownColumnError, UnknownTableError, UsageError
from datalake_sdk.ledger.delivery import deliver, flush
from datalake_sdk.ledger.model import ColumnSource, Event, EventType, Input, Job, Output, Parent, Run, RunKind
from datalake_sdk.ledger.reading import RecordedRun, RunState
from datalake_sdk.operations.lineage import lineage
from datalake_sdk.operations.lineage.build import lineage_graph
from datalake_sdk.operations.lineage.graph import NodeKind

_NOW = datetime.now(UTC)


def _event(job, inputs=(), outputs=(), *, hours=0, kind=RunKind.TASK, parent=None, columns=None, snapshots=None):
    time = _NOW - timedelta(hours=hours)
    written = tuple(
        Output(f"dev_{table}", (snapshots or {}).get(table), lineage=(columns or {}).get(table, {}))
        for table in outputs
    )
    run = Run(str(uuid4()), Job(kind, job), time, time, parent and Parent(str(uuid4()), parent))
    read = tuple(Input(name if name.startswith("/") else f"dev_{name}") for name in inputs)
    return Event(EventType.COMPLETE, time, run, read, written)


def _run(*arguments, state=RunState.SUCCEEDED, **options):
    event = _event(*arguments, **options)
    return RecordedRun(event.run, state, (event,))


def _graph(*runs, existing=("a.a", "b.b", "c.c", "d.d")):
    return lineage_graph(runs, "dev_", frozenset(existing))


def _names(graph, kind=NodeKind.TABLE):
    return {node.name for node in graph.nodes.values() if node.kind is kind}


def test_tables_are_connected_through_their_jobs():
    graph = _graph(_run("load", ["a.a"], ["b.b"]), _run("report", ["b.b", "c.c"], ["d.d"]))
    assert _names(graph.upstream("table:d.d")) == {"a.a", "b.b", "c.c", "d.d"}
    assert _names(graph.downstream("table:a.a")) == {"a.a", "b.b", "d.d"}
    assert _names(graph.downstream("table:c.c"), NodeKind.JOB) == {"report"}


def test_a_job_that_reads_its_own_table_is_a_cycle_that_ends():
    graph = _graph(_run("update", ["b.b", "a.a"], ["b.b"]))
    assert _names(graph.upstream("table:b.b")) == _names(graph.downstream("table:a.a")) == {"a.a", "b.b"}


def test_the_newest_run_of_a_job_counts():
    new, old = _run("load", ["a.a"], ["b.b"]), _run("load", ["c.c"], ["b.b"], hours=1)
    graph = _graph(new, old)
    assert _names(graph) == {"a.a", "b.b"}
    assert graph.nodes["job:load"].run_id == new.run.id


def test_runs_that_write_nothing_do_not_hide_older_ones():
    assert _names(_graph(_run("load", ["a.a"]), _run("load", ["a.a"], ["b.b"], hours=1))) == {"a.a", "b.b"}


def test_failed_runs_count_for_the_tables_that_they_committed():
    failed = _run("load", ["c.c"], ["b.b"], state=RunState.FAILED)
    assert _names(_graph(failed, _run("load", ["a.a"], ["b.b"], hours=1))) == {"a.a", "b.b"}
    partly = _run("load", ["c.c"], ["b.b", "d.d"], state=RunState.FAILED, snapshots={"d.d": 1})
    assert _names(_graph(partly)) == {"c.c", "d.d"}


def test_models_replace_the_task_that_ran_them():
    task = _run("build", ["a.a", "c.c"], ["b.b", "d.d"])
    graph = _graph(
        task, _run("model.b", ["a.a"], ["b.b"], parent="build"), _run("model.d", ["c.c"], ["d.d"], parent="build")
    )
    assert _names(graph.upstream("table:b.b")) == {"a.a", "b.b"}
    assert "job:build" not in graph.nodes


def test_maintenance_and_deletions_are_no_flows():
    kinds = (RunKind.MAINTENANCE, RunKind.DELETION)
    assert not _graph(*(_run(f"job {kind}", ["a.a"], ["a.a"], kind=kind) for kind in kinds)).nodes


def test_tables_that_do_not_exist_are_marked():
    graph = _graph(_run("load", ["gone.a", "/in/a.csv"], ["b.b"]))
    assert {key: node.is_deleted for key, node in graph.nodes.items()} == {
        "table:gone.a": True,
        "files:/in/a.csv": False,
        "job:load": False,
        "table:b.b": False,
    }


def test_columns_are_traced_over_several_jobs():
    first = {"b.b": {"x": (ColumnSource("dev_a.a", "i", "IDENTITY"), ColumnSource("dev_a.a", "j"))}}
    second = {"c.c": {"y": (ColumnSource("dev_b.b", "x", "AGGREGATION"),)}}
    graph = _graph(_run("one", ["a.a"], ["b.b"], columns=first), _run("two", ["b.b"], ["c.c"], columns=second))
    assert _names(graph.upstream("column:c.c.y"), NodeKind.COLUMN) == {"a.a.i", "a.a.j", "b.b.x", "c.c.y"}
    assert _names(graph.downstream("column:a.a.j"), NodeKind.COLUMN) == {"a.a.j", "b.b.x", "c.c.y"}
    (edge,) = (edge for edge in graph.edges if edge.end == "column:c.c.y")
    assert (edge.transformation, edge.job) == ("AGGREGATION", "two")


@pytest.fixture
def recorded(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    columns = {"sales.report": {"total": (ColumnSource("dev_sales.orders", "id", "AGGREGATION"),)}}
    event = _event("daily.report", ["sales.orders"], ["sales.report"], columns=columns)
    deliver(event, lake.platform.environment.name, lake.platform.run_events)
    assert flush()
    return lake


def test_the_lineage_of_a_table_is_read_from_the_ledger(recorded):
    found = lineage(recorded.platform, "sales.report")
    assert _names(found.upstream) == {"sales.orders", "sales.report"}
    assert not found.downstream.edges
    assert found.root.is_deleted
    assert _names(lineage(recorded.platform, "sales.orders.id").downstream, NodeKind.COLUMN) == {
        "sales.orders.id",
        "sales.report.total",
    }


def test_unknown_names_are_rejected_with_suggestions(recorded):
    with pytest.raises(UnknownTableError, match=r"Did you mean 'sales\.orders'"):
        lineage(recorded.platform, "sales.order")
    with pytest.raises(UnknownColumnError, match=r"sales\.orders\.idd.*\n.*Did you mean 'id'"):
        lineage(recorded.platform, "sales.orders.idd")
    with pytest.raises(UsageError, match=r"must be database\.table"):
        lineage(recorded.platform, "orders")


def test_a_thousand_tables_in_a_chain_are_traversed():
    runs = [_run(f"job{number}", [f"t.t{number}"], [f"t.t{number + 1}"]) for number in range(1000)]
    assert len(_names(_graph(*runs).upstream("table:t.t1000"))) == 1001
