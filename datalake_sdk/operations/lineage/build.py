"""Builds the graph from the runs of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from datalake_sdk.ledger.model import Input, Output, RunKind
from datalake_sdk.ledger.reading import RecordedRun, RunState
from datalake_sdk.operations.lineage.graph import LineageEdge, LineageGraph, LineageNode, NodeKind

_WITHOUT_DATA_FLOW = (RunKind.DELETION, RunKind.MAINTENANCE)


def lineage_graph(runs: Iterable[RecordedRun], prefix: str, existing: frozenset[str]) -> LineageGraph:
    """Combines the newest run of each job that wrote tables.

    Args:
        runs: Runs, newest first.
        prefix: Prefix of the stage's databases, which is removed from names.
        existing: Tables of the catalog, without the prefix.
    """
    nodes: dict[str, LineageNode] = {}
    edges: dict[LineageEdge, None] = {}
    for run, outputs in _newest_writes(runs):
        for edge, ends in _flows(run, outputs, prefix):
            edges[edge] = None
            for node in ends:
                nodes.setdefault(node.id, replace(node, is_deleted=_is_deleted(node, existing)))
    return LineageGraph(nodes, list(edges))


def _newest_writes(runs: Iterable[RecordedRun]) -> list[tuple[RecordedRun, list[Output]]]:
    """Returns the newest run of each job with its outputs, without those of runs that it started."""
    newest: dict[tuple[str, str], tuple[RecordedRun, list[Output]]] = {}
    for run in runs:
        if run.run.job.kind not in _WITHOUT_DATA_FLOW and (outputs := _written(run)):
            newest.setdefault((run.run.job.kind, run.run.job.name), (run, outputs))
    written_by_children: dict[str, set[str]] = {}
    for run, outputs in newest.values():
        if (parent := run.run.parent) is not None:
            written_by_children.setdefault(parent.job, set()).update(each.name for each in outputs)
    return [
        (run, [each for each in outputs if each.name not in written_by_children.get(run.run.job.name, ())])
        for run, outputs in newest.values()
    ]


def _written(run: RecordedRun) -> list[Output]:
    """Returns the outputs that a run has committed, also if it failed afterwards."""
    return [each for each in run.outputs if run.state is RunState.SUCCEEDED or each.snapshot_id is not None]


def _flows(
    run: RecordedRun, outputs: Iterable[Output], prefix: str
) -> Iterator[tuple[LineageEdge, tuple[LineageNode, LineageNode]]]:
    """Yields the edges of a run with their nodes."""
    name = run.run.job.name
    job = LineageNode(NodeKind.JOB, name, run_id=run.run.id, run_time=run.run.started.isoformat(timespec="seconds"))
    tables = [_dataset(each, prefix) for each in outputs]
    for each in run.inputs if tables else ():
        given = _dataset(each, prefix)
        yield LineageEdge(given.id, job.id), (given, job)
    for table in tables:
        yield LineageEdge(job.id, table.id), (job, table)
    for output in outputs:
        for column, sources in output.lineage.items():
            end = LineageNode(NodeKind.COLUMN, f"{output.name.removeprefix(prefix)}.{column}")
            for source in sources:
                start = LineageNode(NodeKind.COLUMN, f"{source.table.removeprefix(prefix)}.{source.column}")
                yield LineageEdge(start.id, end.id, source.transformation, name), (start, end)


def _dataset(dataset: Input | Output, prefix: str) -> LineageNode:
    return LineageNode(NodeKind.TABLE if dataset.is_table else NodeKind.FILES, dataset.name.removeprefix(prefix))


def _is_deleted(node: LineageNode, existing: frozenset[str]) -> bool:
    if node.kind is NodeKind.COLUMN:
        return node.name.rpartition(".")[0] not in existing
    return node.kind is NodeKind.TABLE and node.name not in existing
