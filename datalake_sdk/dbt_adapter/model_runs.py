"""Runs of models and results of tests in the run ledger; does not import dbt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from datalake_sdk.ledger.model import Check, Job, Output, RunKind
from datalake_sdk.ledger.recording import RunRecord, current_run, new_run, recorded
from datalake_sdk.operations.ingest import IngestionResult
from datalake_sdk.pipelines.dbt_manifest import table_of
from datalake_sdk.platforms.base import Platform

_TEST = "test"


@contextmanager
def model_run(platform: Platform, node: Mapping[str, Any]) -> Iterator[RunRecord]:
    """Records the run of a node, whose writes are also those of the task that builds it.

    Args:
        platform: Platform that holds the tables.
        node: The node as dbt passes it to macros.
    """
    parent = current_run()
    pipeline, task = (parent.run.job.pipeline, parent.run.job.task) if parent else ("", "")
    job = Job(RunKind.MODEL, ".".join(filter(None, (pipeline, node["unique_id"]))), pipeline, task)
    with recorded(RunRecord(platform, new_run(job))) as run:
        yield run
        if parent is not None:
            for output in run.outputs:
                parent.wrote(output)


def record_tests(results: Iterable[Any], manifest: Mapping[str, Any], written: Mapping[str, IngestionResult]) -> None:
    """Adds the results of tests to the tables that the current run has written.

    Args:
        results: Results of `dbt build`, of tests and of other nodes.
        manifest: Content of `manifest.json`.
        written: Writes by `database.table`.
    """
    run = current_run()
    if run is None:
        return
    for result in results:
        tested = _tested_tables(result.node, manifest) if str(result.node.resource_type) == _TEST else []
        for table in tested:
            if table in written:
                run.wrote(Output(written[table].table, checks=(_check(result),)))


def _tested_tables(node: Any, manifest: Mapping[str, Any]) -> list[str]:
    attached = getattr(node, "attached_node", None)
    names = [attached] if attached else node.depends_on.nodes
    return [table_of(manifest["nodes"][name]) for name in names if name in manifest["nodes"]]


def _check(result: Any) -> Check:
    severity = "warning" if str(result.node.config.severity).lower() == "warn" else "error"
    return Check(
        name=result.node.name,
        column=getattr(result.node, "column_name", None) or "",
        severity=severity,
        on_violation="warn" if severity == "warning" else "fail",
        violations=result.failures or 0,
        passed=str(result.status) == "pass",
    )
