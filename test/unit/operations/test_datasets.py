"""Datasets of a file: the pipeline that runs for one of them, and their status."""

from __future__ import annotations

import errno
import fcntl
import os

import pytest

from datalake_sdk.errors import NoSuchDatasetError, NotWritableLakeError, RunInputError
from datalake_sdk.operations.datasets import (
    dataset_statuses,
    input_of_dataset,
    pipeline_of_dataset,
    registered_datasets,
)
from datalake_sdk.operations.run_pipeline import plan_run
from datalake_sdk.operations.run_pipeline.run import new_run
from datalake_sdk.pipelines.definition import Output
from datalake_sdk.pipelines.file import read_pipeline
from datalake_sdk.pipelines.parameters import task_parameters
from datalake_sdk.platforms.datasets import dataset_of
from datalake_sdk.platforms.local.task_reports import TaskFileReport, write_report
from datalake_sdk.platforms.select import open_platform, resolve_environment

DATASETS = """
orders:
  team: sales
  pipeline: files
  source_prefix: sales/orders/
  parameters: {delimiter: ;}
  tables: {raw: {name: sales.raw_orders}, curated: {name: sales.orders, upsert_keys: [order_id]}}
refunds:
  team: finance
  pipeline: files
  source_prefix: finance/refunds/
  tables: {raw: {name: finance.raw_refunds}, curated: {name: finance.refunds, upsert_keys: [refund_id]}}
visits: {team: web, pipeline: other, source_prefix: web/visits/}
"""
PIPELINE = """
pipeline_name: files
run_for_each: datasets
trigger: {type: s3, bucket: shop-inbox}
tasks:
  light: {path: light, input_paths: ["{source}"], output_tables: {"{tables.raw}": {}}}
  heavy:
    path: heavy
    input_tables: ["{tables.raw}", sales.regions]
    output_tables: {"{tables.curated}": {ingestion_mode: upsert}}
"""


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "datasets.yaml"
    file.write_text(DATASETS)
    return file


@pytest.fixture
def pipeline(tmp_path):
    for name in ("light", "heavy"):
        (tmp_path / name / "code").mkdir(parents=True)
        for file in ("code/main.py", "requirements.txt"):
            (tmp_path / name / file).touch()
    file = tmp_path / "pipeline.yaml"
    file.write_text(PIPELINE)
    return read_pipeline(file)


@pytest.fixture
def environment(tmp_path):
    return resolve_environment(None, None, None, local_root=tmp_path / "lake")


def test_a_pipeline_runs_with_the_tables_and_parameters_of_a_dataset(pipeline, file, environment):
    planned = plan_run(environment, pipeline_of_dataset(pipeline, "orders", file), {"dataset": "orders"})
    assert planned.dependencies == {"light": [], "heavy": ["light"]}
    light, heavy = planned.tasks
    assert light.input_paths == ()
    assert heavy.input_tables == ("sales.regions", "sales.raw_orders")
    assert heavy.output_tables == {"sales.orders": Output("upsert", upsert_keys=("order_id",))}
    assert task_parameters(light, planned.run.input_for("light")) == {
        "dataset": "orders",
        "team": "sales",
        "source_prefix": "sales/orders/",
        "raw_table": "sales.raw_orders",
        "curated_table": "sales.orders",
        "delimiter": ";",
    }


def test_a_dataset_of_another_pipeline_is_an_error(pipeline, file):
    with pytest.raises(NoSuchDatasetError, match="no dataset 'visits' of pipeline 'files'; pipeline 'other' serves it"):
        pipeline_of_dataset(pipeline, "visits", file)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {"dataset": "orders"}),
        ({"logical_date": "2026-01-31"}, {"logical_date": "2026-01-31", "dataset": "orders"}),
        ([{"detail": {}}], [{"detail": {}, "dataset": "orders"}]),
    ],
)
def test_the_input_names_the_dataset(given, expected):
    assert input_of_dataset(given, "orders") == expected
    assert dataset_of(expected) == "orders"


@pytest.mark.parametrize("given", [{"dataset": "refunds"}, [{"dataset": "refunds"}], "orders"])
def test_an_input_that_cannot_name_the_dataset_is_an_error(given):
    with pytest.raises(RunInputError, match="--parameters is .*; it must be an object or a list of objects"):
        input_of_dataset(given, "orders")


def test_the_status_is_that_of_the_runs_of_the_dataset(file, environment):
    reports = [("orders", None), ("orders", "TerminalError"), ("refunds", None)]
    runs = []
    for dataset, error in reports:
        run = new_run(environment, "files", {"dataset": dataset})
        run.record()
        write_report(run.report("light"), TaskFileReport(error=error) if error else TaskFileReport(output={}))
        run.log("light").touch()
        runs.append(run)
    platform = open_platform(environment)
    orders, refunds, visits = dataset_statuses(platform, registered_datasets(platform, file))
    assert (orders.last.name, orders.last.status) == (runs[1].id, "FAILED")
    assert [orders.last_success.isoformat(), orders.last_failure.isoformat()] == [run.start_time for run in runs[:2]]
    assert (refunds.last.name, refunds.last_failure, visits.last) == (runs[2].id, None, None)
    assert [(table.table, table.changed_at) for table in orders.tables] == [
        ("sales.orders", None),
        ("sales.raw_orders", None),
    ]


@pytest.mark.parametrize("report", [None, TaskFileReport(output={}), TaskFileReport(error="TerminalError")])
def test_a_run_is_running_until_its_last_task_has_ended(file, environment, report):
    run = new_run(environment, "files", {"dataset": "orders"})
    platform = open_platform(environment)

    def shown():
        orders, *_ = dataset_statuses(platform, registered_datasets(platform, file))
        return orders.last.status, orders.last_success, orders.last_failure

    with run.in_progress():
        run.log("light").touch()
        if report is not None:
            write_report(run.report("light"), report)
        assert shown() == ("RUNNING", None, None)
    assert shown()[0] == ("FAILED" if report is None or report.error else "SUCCEEDED")


def test_a_run_is_not_running_while_another_process_reads_its_status(environment):
    run = new_run(environment, "files", {"dataset": "orders"})
    with run.in_progress():
        (lock_file,) = run.folder.glob("*.lock")
        assert run.is_running
    with lock_file.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert not run.is_running


def test_runs_need_no_locks(environment, monkeypatch):
    def refuse(file, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    run = new_run(environment, "files", {"dataset": "orders"})
    with run.in_progress():
        assert not run.is_running


def test_the_lock_of_a_run_is_opened_as_nfs_requires(environment, monkeypatch):
    def flock(file, operation):
        """https://man7.org/linux/man-pages/man2/flock.2.html"""
        needs_writing = bool(operation & fcntl.LOCK_EX)
        if file.writable() != needs_writing or file.readable() == needs_writing:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        original(file, operation)

    original = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", flock)
    run = new_run(environment, "files", {"dataset": "orders"})
    with run.in_progress():
        assert run.is_running
    assert not run.is_running


def test_a_lock_that_cannot_be_written_is_an_error_of_the_lake(environment):
    run = new_run(environment, "files", {"dataset": "orders"})
    with run.in_progress():
        (lock_file,) = run.folder.glob("*.lock")
    lock_file.unlink()
    lock_file.mkdir()
    with pytest.raises(NotWritableLakeError, match="cannot write to .*: Is a directory"), run.in_progress():
        pass
