"""A task whose role has the permissions that follow from its output tables writes these tables, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pyarrow as pa
import pytest

from datalake_sdk.errors import AccessDeniedError, UnfinishedQuarantineError
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.pipelines.definition import pipeline_from
from datalake_sdk.pipelines.permissions import Names, task_permissions


@pytest.fixture
def job_of(program, role, monkeypatch):
    """Returns the job of a task with these output tables, whose role has their permissions."""

    def open_job(output_tables, withheld="nothing"):
        content = {"pipeline_name": "daily", "tasks": {"load": {"output_tables": output_tables}}}
        pipeline = pipeline_from(content, Path())
        statements = task_permissions(pipeline, pipeline.tasks["load"], Names("shop-sales-dev-data", "dev_"))
        granted = [statement for statement in statements if not statement.purpose.startswith(withheld)]
        actions = sorted({action for statement in granted for action in statement.actions})
        resources = {resource for statement in granted for resource in statement.resources}
        allowed = role(actions, *resources, "arn:aws:glue:*:*:catalog", "arn:aws:s3:::shop-sales-dev-data")
        names = {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev"}
        for name, value in {**names, **allowed}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        return NativePythonProcessingWrapper(output_tables=output_tables)

    return open_job


def test_a_task_with_a_pattern_creates_and_writes_only_tables_of_its_database(job_of):
    job = job_of({"sales.*": {"ingestion_mode": "overwrite"}})
    for table in ("sales.orders", "sales.stock"):
        job.ingest(table, pa.table({"id": [1]}))
        assert job.ingest(table, pa.table({"id": [2]})).rows_deleted == 1
    with pytest.raises(AccessDeniedError, match="dev_other"):
        job.ingest("other.orders", pa.table({"id": [1]}))


@pytest.fixture
def contract(tmp_path, monkeypatch):
    """A table file that quarantines rows."""
    monkeypatch.chdir(tmp_path)
    Path("tables_configuration").mkdir()
    fields = "schema: {id: {required: true}}\non_violation: quarantine\n"
    Path("tables_configuration/sales.orders.yaml").write_text(fields)


@pytest.mark.usefixtures("contract")
def test_a_task_writes_the_quarantine_of_its_output_table(job_of):
    job = job_of({"sales.orders": {"ingestion_mode": "append"}})
    for _ in range(2):
        assert job.ingest("sales.orders", pa.table({"id": [1, None]})).rows_quarantined == 1
    assert len(job.read_table("sales.orders__quarantine")) == 2


@pytest.mark.usefixtures("contract")
def test_rows_that_a_task_may_not_quarantine_are_added_by_another_identity(job_of, program, monkeypatch):
    job = job_of({"sales.orders": {"ingestion_mode": "append"}}, withheld="quarantines")
    with pytest.raises(UnfinishedQuarantineError, match="dev_sales/orders__quarantine"):
        job.ingest("sales.orders", pa.table({"id": [1, None]}))
    (listed,) = json.loads(program.run("quarantine", "list", "--json").stdout)
    assert listed["rows"] == 1
