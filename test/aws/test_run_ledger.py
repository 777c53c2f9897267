"""The run ledger on AWS: objects in the technical bucket."""

from __future__ import annotations

import json

import pytest

from datalake_sdk.ledger.compacted_days import compact_day
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.ledger.reading import iterate_runs, list_runs
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.platforms.aws import run_events
from datalake_sdk.platforms.aws.run_events import AwsRunEvents
from datalake_sdk.platforms.aws.session import AwsSession
from test.openlineage import validate

BUCKET = "shop-sales-dev-technical"


@pytest.fixture
def store(program, monkeypatch):
    """The ledger, read with the credentials of the account."""
    for name, value in program.aws.environment.items():
        monkeypatch.setenv(name, value)
    return AwsRunEvents(AwsSession(), BUCKET)


def test_runs_are_objects_of_the_technical_bucket(program, store):
    assert program.ingest().exit_code == 0
    (page,) = [json.loads(program.run("runs", "list", "--json").stdout)]
    (run,) = page["runs"]
    assert (run["job"], run["state"], run["outputs"][0]["rows"]) == ("ingest.dev_sales.orders", "succeeded", 3)
    (day,) = store.days()
    names = list(store.names(day))
    contents = [json.loads(content) for content in store.read(day, names)]
    assert [content["eventType"] for content in contents] == ["START", "COMPLETE"]
    for content in contents:
        validate(content)
    output = contents[1]["outputs"][0]
    assert (output["namespace"], output["name"]) == ("arn:aws:glue:eu-west-1:123456789012", "table/dev_sales/orders")


def test_a_task_records_the_snapshots_that_its_queries_on_athena_read(program, store):
    program.ingest()
    job = NativePythonProcessingWrapper(project_name="shop", domain_name="sales", stage_name="dev")

    def count(job):
        job.query("SELECT count(*) AS orders FROM Dev_Sales.ORDERS")

    job.execute(count)
    assert flush()
    run = next(run for run in iterate_runs(store) if run.run.job.name == "task")
    (ingestion,) = [run for run in iterate_runs(store) if run.outputs]
    assert [(each.name, each.snapshot_id) for each in run.inputs] == [
        ("dev_sales.orders", ingestion.outputs[0].snapshot_id)
    ]


def test_pages_of_many_runs_list_and_read_few_objects(store, monkeypatch):
    # With pages of two keys, every level of the time is listed on its own.
    monkeypatch.setattr(run_events, "_MAX_KEYS", 2)
    names = [
        f"20261129T{hour:02}{minute:02}00.000000Z_{hour}_{minute}.json" for hour in (0, 9, 23) for minute in (5, 59)
    ]
    for name in names:
        assert store.write("2026-11-29", name, b"{}")
    assert not store.write("2026-11-29", names[0], b"other")
    assert list(store.names("2026-11-29")) == names[::-1]
    assert list(store.names("2026-11-29", before=names[3])) == names[2::-1]
    assert store.read("2026-11-29", [names[0], "missing.json"]) == [b"{}", None]
    store.remove("2026-11-29", names)
    assert store.days() == []


def test_compacted_days_are_read_from_parquet(program, store):
    program.ingest()
    before = list_runs(store).runs
    (day,) = store.days()
    assert compact_day(store, day) == 2
    assert list(store.names(day)) == []
    assert list_runs(store).runs == before
