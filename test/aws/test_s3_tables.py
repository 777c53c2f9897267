"""Tables in a table bucket of S3 Tables: what differs from tables in the data bucket."""

from __future__ import annotations

import asyncio
import json

import pyarrow as pa
import pytest

from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.errors import UnknownCommitStateError
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, IngestionMode, IngestionRequest, TableName
from test.aws.conftest import ENVIRONMENT, ORDERS
from test.emulator.domain import empty_table_bucket

TABLE = TableName("sales", "orders")
ROWS = pa.table({"id": [1, 2]})


@pytest.fixture
def environment(program) -> Environment:
    return empty_table_bucket(program.aws, ENVIRONMENT, ("sales",))


@pytest.fixture
def platform(environment):
    return open_platform(environment)


def append(platform, ingestion_id="first"):
    return ingest(platform, IngestionRequest(TABLE, IngestionMode.APPEND, ingestion_id=ingestion_id), ROWS)


def count(platform):
    return read_table(platform, TABLE).read_all().num_rows


def test_commands_work_on_a_table_bucket(environment, program):
    variables = {"TABLE_STORAGE": "s3_tables"}
    assert program.ingest(**variables).exit_code == 0
    queried = program.run("query", "SELECT city FROM dev_sales.orders WHERE id = 1", "--format", "json", **variables)
    assert json.loads(queried.stdout) == [{"city": "Lyon"}]
    assert "dev_sales.orders" in program.run("list-tables", **variables).output
    maintained = program.run("maintain-table", *ORDERS, **variables)
    assert maintained.exit_code == 2
    assert "S3 Tables compacts the table" in maintained.output
    assert program.run("register-table", *ORDERS, **variables).exit_code == 2
    deleted = program.run("delete-table", *ORDERS, "--yes", "--json", **variables)
    assert json.loads(deleted.stdout)["files_removed"] == 1
    assert "does not exist" in program.run("query", "SELECT * FROM dev_sales.orders", **variables).output


def test_a_missing_table_bucket_is_named_with_what_to_check(program):
    ingested = program.ingest(TABLE_STORAGE="s3_tables")
    assert ingested.exit_code == 2
    assert "bucket 'shop-sales-dev-tables' does not exist" in ingested.output
    assert "Check project, domain and stage" in ingested.output


def test_datalfred_queries_tables_of_a_table_bucket(environment, platform):
    append(platform)
    result = asyncio.run(QueryRunner(environment).run("SELECT count(*) AS n FROM dev_sales.orders"))
    assert result.lines == ["2"]


def test_a_commit_whose_response_is_lost_is_recognized(platform, aws):
    append(platform)
    aws.control("lose_table_commit", when="after")
    append(platform, "second")
    assert count(platform) == 4


def test_a_commit_that_may_have_failed_is_repeated_with_the_same_id(platform, aws):
    append(platform)
    aws.control("lose_table_commit", when="before")
    with pytest.raises(UnknownCommitStateError):
        append(platform, "second")
    append(platform, "second")
    assert append(platform, "second").skipped
    assert count(platform) == 4


def test_a_failed_first_write_does_not_remove_the_rows_of_another_writer(platform, monkeypatch):
    append(platform)
    created = platform.catalog.load_table(("dev_sales", "orders"))
    append(platform, "second")
    platform.catalog.remove_unwritten(created)
    assert count(platform) == 4


def test_a_role_needs_permission_on_the_data_of_the_table(environment, aws, program, role):
    variables = {"TABLE_STORAGE": "s3_tables", **role(["s3tables:Get*", "s3tables:List*", "s3tables:CreateTable"])}
    denied = program.ingest(**variables)
    assert denied.exit_code == 1
    assert "access denied: s3tables:PutTableData" in denied.output
    on_orders = {"StringEquals": {"s3tables:namespace": "dev_sales", "s3tables:tableName": "orders"}}
    actions = ["s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation", "s3tables:DeleteTable"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": on_orders}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").put_role_policy(RoleName="analyst", PolicyName="orders", PolicyDocument=policy)
    assert program.ingest(**variables).exit_code == 0
