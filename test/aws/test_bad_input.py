"""Errors of AWS are reported with the resource, the region and a hint."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from test.aws.conftest import ENVIRONMENT, ORDERS, ROWS
from test.aws.emulator.execution import Workshop

DATA, TECHNICAL = ENVIRONMENT.data_bucket, ENVIRONMENT.technical_bucket
GLUE = "arn:aws:glue:eu-west-1:123456789012"
ANALYST = "arn:aws:sts::123456789012:assumed-role/analyst/ana"
RUN = ("run_task", "--pipeline-name", "daily", "--task-name", "load")
COMMANDS = {
    "list_tables": ("list_tables",),
    "describe_table": ("describe_table", *ORDERS),
    "query": ("query", "SELECT * FROM dev_sales.orders"),
    "delete_table": ("delete_table", *ORDERS, "--yes"),
    "maintain_table": ("maintain_table", *ORDERS),
    "run_task": RUN,
    "update_foreign_linked_databases": ("update_foreign_linked_databases",),
}


def from_bucket(path=f"s3://{TECHNICAL}/orders.csv", table="orders", database="sales"):
    names = ("--database-name", database, "--table-name", table)
    return ("ingest", *names, "--input-file-path", path, "--ingestion-mode", "append")


@pytest.fixture
def filled(program):
    """The command line, with rows in sales.orders and in a file in the technical bucket."""
    assert program.ingest().exit_code == 0
    program.aws.client("s3").put_object(Bucket=TECHNICAL, Key="orders.csv", Body=ROWS.encode())
    return program


def assert_error(ended, code, *parts):
    assert ended.exit_code == code, ended.output
    assert re.search("^Error: ", ended.stderr, re.MULTILINE), ended.stderr
    for part in parts:
        assert part in ended.stderr


@pytest.mark.parametrize("command", [*COMMANDS.values(), from_bucket()], ids=[*COMMANDS, "ingest"])
def test_missing_credentials_are_reported_with_a_hint_to_log_in(program, command):
    ended = program.run(*command, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    assert_error(ended, 2, "no AWS credentials found\n", "Hint: Log in (aws sso login, aws configure)", "--local PATH")


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (COMMANDS["query"], 2, "Athena workgroup 'shop_sales_dev' does not exist in us-east-1"),
        (COMMANDS["describe_table"], 1, "environment 'shop_sales_dev' is empty"),
        (RUN, 2, "pipeline 'daily' has no published tasks in environment 'shop_sales_dev', us-east-1"),
    ],
)
def test_the_error_for_a_wrong_region_names_it_or_the_region_option(filled, command, code, message):
    assert_error(filled.run("--region", "us-east-1", *command), code, message, "--region")


@pytest.mark.parametrize("path", [f"s3://{TECHNICAL}/orders.csv", f"s3://{TECHNICAL}/*.csv"])
def test_a_bucket_in_another_region_is_reported(program, path):
    action = "s3:ListBucket" if "*" in path else "s3:GetObject"
    program.aws.fail_next(action, "PermanentRedirect", status=301)
    assert_error(
        program.run(*from_bucket(path)),
        2,
        f"{action} was sent to the wrong region",
        "Hint: Set the region of the environment",
    )


def test_a_table_in_another_region_is_reported(filled):
    # boto3 asks for the region of the bucket and repeats the request once.
    filled.aws.fail_next("s3:GetObject", "PermanentRedirect", status=301, times=2)
    assert_error(filled.run(*COMMANDS["describe_table"]), 2, "GetObject was sent to the wrong region")


def test_an_unknown_workgroup_is_reported_with_its_region(program):
    ended = program.run("-d", "marketing", "query", "SELECT 1")
    assert_error(
        ended, 2, "Athena workgroup 'shop_marketing_dev' does not exist in eu-west-1", "domain_factory creates"
    )


def test_an_unknown_database_is_reported(filled):
    (filled.folder / "orders.csv").write_text(ROWS)
    file = from_bucket(str(filled.folder / "orders.csv"), database="crm")
    assert_error(filled.run(*file), 2, "database 'dev_crm' does not exist")
    assert_error(
        filled.run("list_tables", "--database-name", "sale"),
        2,
        "database 'sale' does not exist",
        "Did you mean 'sales'?",
    )
    assert_error(filled.run("query", "SELECT * FROM dev_crm.orders"), 2, "database 'dev_crm' does not exist")


def test_an_unknown_table_is_reported_with_suggestions(filled):
    ended = filled.run("describe_table", "--database-name", "sales", "--table-name", "order")
    assert_error(ended, 2, "table 'sales.order' does not exist", "Did you mean 'sales.orders'?")


@pytest.mark.parametrize("path", ["s3://nowhere/orders.csv", "s3://nowhere/*.csv"])
def test_an_unknown_input_bucket_is_reported(program, path):
    assert_error(program.run(*from_bucket(path)), 2, f"input '{path}': bucket 'nowhere' does not exist")


def test_an_unknown_object_is_reported_with_suggestions(filled):
    ended = filled.run(*from_bucket(f"s3://{TECHNICAL}/order.csv"))
    assert_error(ended, 2, f"input 's3://{TECHNICAL}/order.csv' does not exist", "'orders.csv'")


def test_a_missing_bucket_of_the_environment_is_reported(program):
    (program.folder / "orders.csv").write_text(ROWS)
    ended = program.run("-p", "store", *from_bucket(str(program.folder / "orders.csv")))
    assert_error(ended, 2, "bucket 'store-sales-dev-data' does not exist", "Check project, domain and stage")


def test_an_unknown_pipeline_is_reported_with_its_region(program):
    assert_error(
        program.run(*RUN), 2, "pipeline 'daily' has no published tasks in environment 'shop_sales_dev', eu-west-1"
    )


@pytest.mark.parametrize(
    ("may", "command", "denied"),
    [
        ("s3:*", COMMANDS["list_tables"], f"glue:GetDatabases on '{GLUE}:catalog'"),
        ("s3:*", COMMANDS["describe_table"], f"glue:GetTable on '{GLUE}:"),
        ("glue:*", COMMANDS["describe_table"], f"s3:GetObject on 'arn:aws:s3:::{DATA}/sales/orders/metadata/"),
        (
            "glue:*",
            COMMANDS["query"],
            "athena:StartQueryExecution on 'arn:aws:athena:eu-west-1:123456789012:workgroup/",
        ),
        (["glue:*", "s3:*"], COMMANDS["delete_table"], "lakeformation:ListPermissions on '*'"),
        (
            "s3:*",
            RUN,
            "ssm:GetParameter on 'arn:aws:ssm:eu-west-1:123456789012:parameter/datalake/shop_sales_dev/daily/",
        ),
        ("s3:*", COMMANDS["update_foreign_linked_databases"], f"glue:GetDatabases on '{GLUE}:catalog'"),
        (["glue:*", "s3:Get*", "s3:List*"], from_bucket(), f"s3:PutObject on 'arn:aws:s3:::{DATA}/sales/orders/data/"),
        (["glue:Get*", "s3:*"], from_bucket(), f"glue:UpdateTable on '{GLUE}:catalog'"),
    ],
)
def test_a_denied_request_is_reported_with_role_action_and_resource(filled, role, may, command, denied):
    ended = filled.run(*command, **role(may))
    assert_error(
        ended, 1, f"access denied: {denied}", f" for role 'analyst' ({ANALYST})", "Add to the task in Terraform: "
    )


def test_a_denied_input_is_reported_with_action_and_object(filled, role):
    may = role(["glue:*", "s3:*"], f"arn:aws:s3:::{DATA}", f"arn:aws:s3:::{DATA}/*", f"{GLUE}:*")
    assert_error(
        filled.run(*from_bucket(), **may),
        1,
        "access denied: s3:GetObject",
        f"on 'arn:aws:s3:::{TECHNICAL}/orders.csv' for role",
    )


def test_denied_access_to_another_account_is_reported_with_the_role_although_s3_returns_none(program, role):
    owner = program.aws.client("s3", program.aws.assume_role("arn:aws:iam::210987654321:role/owner"))
    owner.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": program.aws.region})
    owner.put_object(Bucket="theirs", Key="in/orders.csv", Body=ROWS.encode())
    may = role(["glue:*", "s3:*"], f"arn:aws:s3:::{DATA}", f"arn:aws:s3:::{DATA}/*", f"{GLUE}:*")
    assert_error(
        program.run(*from_bucket("s3://theirs/in/orders.csv"), **may),
        1,
        f"s3:GetObject on 'arn:aws:s3:::theirs/in/orders.csv' for role 'analyst' ({ANALYST}): S3 returns no reason",
        'Add to the task in Terraform: input_paths = ["s3://theirs/in/"]. '
        "The policy of a bucket of another account must allow it too.",
    )
    ended = program.run(*from_bucket("s3://theirs/in/*.csv"), **may)
    assert_error(ended, 1, f"access denied: s3:ListBucket on 'arn:aws:s3:::theirs' for role 'analyst' ({ANALYST})")


def test_a_denied_write_leaves_the_table_unchanged(filled, role):
    filled.run(*from_bucket(), **role(["glue:*", "s3:Get*", "s3:List*"]))
    (table,) = json.loads(filled.run("list_tables", "--json").stdout)
    assert table["rows"] == 3


@pytest.mark.parametrize("command", ["describe_table", "maintain_table", "delete_table"])
@pytest.mark.parametrize("parameters", [{}, {"Parameters": {"classification": "parquet"}}])
def test_a_table_that_is_not_iceberg_is_reported(program, command, parameters):
    columns = {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": f"s3://{DATA}/sales/plain/"}
    table = {"Name": "plain", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": columns, **parameters}
    program.aws.client("glue").create_table(DatabaseName="dev_sales", TableInput=table)
    yes = ("--yes",) if command == "delete_table" else ()
    ended = program.run(command, "--database-name", "sales", "--table-name", "plain", *yes)
    assert_error(ended, 2, "dev_sales.plain is not an Iceberg table", "Hint: It can only be queried")
    (program.folder / "orders.csv").write_text(ROWS)
    ended = program.run(*from_bucket(str(program.folder / "orders.csv"), table="plain"))
    assert_error(ended, 2, "dev_sales.plain is not an Iceberg table")


@pytest.mark.parametrize(
    ("statement", "code", "message"),
    [
        ("SELECT id / (id - id) FROM dev_sales.orders", 1, "the query failed: DIVISION_BY_ZERO"),
        ("SELECT id + city FROM dev_sales.orders", 1, "the query failed: TYPE_MISMATCH"),
        ("SELECT nope FROM dev_sales.orders", 2, "column 'nope' does not exist"),
        ("SELECT * FROM orders", 2, "table 'orders' has no database"),
        ("SELECT (id FROM dev_sales.orders", 2, "SQL, line 1, column "),
    ],
)
def test_a_failed_query_is_reported_with_athenas_reason(filled, statement, code, message):
    ended = filled.run("query", statement)
    assert_error(ended, code, message)
    assert code == 2 or " See query " in ended.stderr


@pytest.mark.parametrize(
    ("action", "command", "operation"),
    [
        ("glue:GetTables", COMMANDS["list_tables"], "GetTables"),
        ("glue:GetTable", COMMANDS["describe_table"], "GetTable"),
        ("athena:StartQueryExecution", COMMANDS["query"], "StartQueryExecution"),
        ("lakeformation:ListPermissions", COMMANDS["delete_table"], "ListPermissions"),
        ("ssm:GetParameter", RUN, "GetParameter"),
        ("glue:GetDatabases", COMMANDS["update_foreign_linked_databases"], "GetDatabases"),
    ],
)
def test_throttling_is_reported_with_the_operation_and_a_hint(filled, action, command, operation):
    filled.aws.fail_next(action, "ThrottlingException", "Rate exceeded")
    ended = filled.run(*command, AWS_MAX_ATTEMPTS="1")
    assert_error(ended, 1, f"AWS throttled {operation}: Rate exceeded", "AWS_MAX_ATTEMPTS")


def test_temporary_throttling_is_not_reported(filled):
    filled.aws.fail_next("glue:GetTables", "ThrottlingException", "Rate exceeded")
    assert filled.run("list_tables").exit_code == 0


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_expired_credentials_are_reported_with_a_hint_to_log_in_again(filled, command):
    given = filled.aws.assume_role("arn:aws:iam::123456789012:role/analyst")
    filled.aws.enforce_iam()
    filled.aws.expire_credentials(given)
    ended = filled.run(*command, **{name.upper(): value for name, value in given.items()})
    assert_error(ended, 1, "the AWS credentials have expired", "Hint: Log in again (aws sso login)")


def test_a_task_whose_token_timed_out_reports_it(program):
    shop = Workshop(program.aws, program.folder)
    queue = shop.client("sqs").create_queue(QueueName="waiting")["QueueUrl"]
    wait = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"},
        "TimeoutSeconds": 1,
        "End": True,
    }
    execution = shop.start(shop.machine({"Wait": wait}))
    (token,) = shop.messages("waiting")
    assert shop.ended(execution)["status"] == "FAILED"
    (program.folder / "code").mkdir()
    (program.folder / "code" / "main.py").write_text("def main(job): return {}")
    names = {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev", "OUTPUT_TABLES": "{}"}
    task = {"PIPELINE_NAME": "daily", "TASK_NAME": "load", "step_function_task_token": token}
    ended = subprocess.run(
        [sys.executable, "-m", "datalake_sdk.native_python_processing_wrapper"],
        env={**os.environ, **program.aws.environment, "PYTHONPATH": str(Path(__file__).parents[2]), **names, **task},
        cwd=program.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "Step Functions no longer waits for this task: " in ended.stderr
    assert "see timeout_minutes and heartbeat_seconds of the task" in ended.stderr
