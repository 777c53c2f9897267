"""The same project on AWS, which the emulator serves."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from dbt_common.exceptions import DbtRuntimeError

from datalake_sdk.settings import Environment
from test.emulator.domain import create_domain

ENVIRONMENT = Environment("shop", "sales", "dev")


@pytest.fixture
def project(make_project, aws, monkeypatch):
    """The project on the emulator, with the database `sales`."""
    project = make_project()
    create_domain(aws, ENVIRONMENT, databases=("sales",))
    monkeypatch.delenv("DATALAKE_LOCAL_ROOT")
    for name in ("project_name", "domain_name", "stage_name"):
        monkeypatch.setenv(name.upper(), getattr(ENVIRONMENT, name))
    return project


@pytest.fixture
def as_task(aws, monkeypatch):
    """`as_task(*tables)`: runs dbt with a role that has permissions on these tables only, like that of a task."""

    def as_task(*tables):
        glue = f"arn:aws:glue:eu-west-1:{aws.account}"
        named = [f"table/dev_sales/{table}" for table in tables]
        resources = [f"{glue}:{name}" for name in ("catalog", "database/default", "database/dev_sales", *named)]
        actions = ["glue:GetDatabase", "glue:GetTable", "glue:CreateTable", "glue:UpdateTable"]
        account = {"AWS": f"arn:aws:iam::{aws.account}:root"}
        trusted = {"Effect": "Allow", "Principal": account, "Action": "sts:AssumeRole"}
        may = [
            {"Effect": "Allow", "Action": actions, "Resource": resources},
            {"Effect": "Allow", "Action": ["s3:*", "athena:*"], "Resource": "*"},
        ]
        iam = aws.client("iam")
        iam.create_role(RoleName="task", AssumeRolePolicyDocument=_policy(trusted))
        iam.put_role_policy(RoleName="task", PolicyName="tables", PolicyDocument=_policy(*may))
        aws.enforce_iam()
        for name, value in aws.assume_role(f"arn:aws:iam::{aws.account}:role/task", "task").items():
            monkeypatch.setenv(name.upper(), value)

    return as_task


def _policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_a_role_with_permissions_on_its_tables_suffices(project, as_task):
    as_task("raw_orders", "orders")
    options = ("--exclude-resource-type", "unit_test", "--indirect-selection", "cautious")
    status = project.build("--select", "raw_orders", "orders", *options)
    assert set(status.values()) == {"success", "pass"}


def test_without_credentials_dbt_prints_the_next_step_and_no_traceback(project, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "missing"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    failure = project.dbt("build", "--select", "orders").exception
    # dbt prints a traceback for every other class.
    assert isinstance(failure, DbtRuntimeError)
    assert "aws sso login" in str(failure)


def test_the_project_runs_unchanged_and_does_not_create_databases(project):
    nodes = ("raw_orders", "customers", "orders", "daily_revenue")
    status = project.build("--select", *nodes, "--exclude-resource-type", "test", "unit_test")
    assert status == dict.fromkeys(nodes, "success")
    revenue = "SELECT revenue FROM dev_sales.daily_revenue ORDER BY day"
    assert project.rows(revenue) == [(Decimal("30.75"),), (Decimal("5.00"),)]
    project.write("models/elsewhere.sql", "{{ config(schema='finance') }} select 1 as id")
    result = project.dbt("run", "--select", "elsewhere")
    assert "schema 'finance' does not exist in the lake; existing: 'sales'" in str(result.exception)
