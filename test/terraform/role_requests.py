"""Requests of the roles of the complete examples: those that must be denied, and those that must be allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from datalake_sdk.naming import quarantine_table_name
from test.emulator import Emulator
from test.terraform.permissions import role_kinds
from test.terraform.state import Resource

ACCOUNT = "123456789012"
REGION = "eu-west-1"
BUCKET = "shop-sales-dev-data"
PIPELINE = "shop_sales_dev_daily_sales"

EVERY_ROLE = {
    "glue:DeleteDatabase": [f"arn:aws:glue:{REGION}:{ACCOUNT}:database/dev_sales"],
    "glue:DeleteTable": [f"arn:aws:glue:{REGION}:{ACCOUNT}:table/prod_sales/orders"],
    "glue:GetTable": [f"arn:aws:glue:{REGION}:{ACCOUNT}:table/feature_x_bills/bills"],
    "iam:CreateRole": [f"arn:aws:iam::{ACCOUNT}:role/new"],
    "iam:PassRole": [
        f"arn:aws:iam::{ACCOUNT}:role/Admin",
        f"arn:aws:iam::{ACCOUNT}:role/datalake/shop_sales_dev_failsafe",
        f"arn:aws:iam::{ACCOUNT}:role/shop_billing_feature_x_bills_load_bills",
    ],
    "iam:PutRolePolicy": [f"arn:aws:iam::{ACCOUNT}:role/datalake/shop_sales_dev_failsafe"],
    "kms:ScheduleKeyDeletion": [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/any"],
    "lakeformation:GrantPermissions": ["*"],
    "lakeformation:PutDataLakeSettings": ["*"],
    "logs:DeleteLogGroup": [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{PIPELINE}/load_orders"],
    "s3:DeleteBucket": [f"arn:aws:s3:::{BUCKET}"],
    "s3:GetObject": [
        "arn:aws:s3:::shop-billing-feature-x-data/bills/bills/data/rows.parquet",
        "arn:aws:s3:::shop-sales-prod-data/sales/orders/data/rows.parquet",
    ],
    "s3:PutBucketPolicy": [f"arn:aws:s3:::{BUCKET}"],
    "s3:PutObject": ["arn:aws:s3:::shop-billing-feature-x-data/bills/bills/data/rows.parquet"],
    "secretsmanager:GetSecretValue": [f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:any"],
    "states:StartExecution": [f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:shop_billing_feature_x_bills"],
    "states:UpdateStateMachine": [f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{PIPELINE}"],
    "sts:AssumeRole": [f"arn:aws:iam::{ACCOUNT}:role/Admin"],
}
"""By action, the resources on which no role may perform it."""

WITHOUT_DATA = ("execution", "failsafe", "failure_reports", "state_machine_role", "trigger")
"""Kinds of roles that may not read or write any table."""


@dataclass(frozen=True)
class RoleRequest:
    """A request of a role, given by its ARN."""

    role: str
    action: str
    resource: str


def forbidden_requests(resources: list[Resource], tasks: Mapping[str, Any]) -> Iterator[RoleRequest]:
    """Yields the requests to deny.

    Args:
        resources: Resources of the complete examples.
        tasks: The tasks of pipeline.yaml.
    """
    kinds = role_kinds(resources)
    for role, kind in kinds.items():
        for action, targets in EVERY_ROLE.items():
            yield from (RoleRequest(role, action, target) for target in targets)
        if kind in WITHOUT_DATA:
            yield from _table_requests(role, _tables(tasks), writes=False)
    for resource in resources:
        task = _task_of(resource)
        if task in tasks:
            yield from _requests_of_task(resource.values["arn"], task, tasks)


def required_requests(resources: list[Resource], tasks: Mapping[str, Any]) -> Iterator[RoleRequest]:
    """Yields the requests to allow: reads of the tables that a task declares, and writes of its output tables."""
    for resource in resources:
        task = tasks.get(_task_of(resource) or "")
        if task:
            outputs = _with_quarantines(task["output_tables"])
            yield from _table_requests(
                resource.values["arn"], outputs | set(task.get("input_tables", [])), writes=False
            )
            yield from (
                request
                for request in _table_requests(resource.values["arn"], outputs, writes=True)
                if "Delete" not in request.action
            )


def allowed(aws: Emulator, requests: Iterable[RoleRequest]) -> list[RoleRequest]:
    """Returns the requests that the policies of their roles allow."""
    return [request for request in requests if aws.control("simulated_outcome", **asdict(request)) == "ALLOWED"]


def _requests_of_task(role: str, name: str, tasks: Mapping[str, Any]) -> Iterator[RoleRequest]:
    """Yields reads of undeclared tables, writes to input tables, and access to resources of other tasks."""
    inputs, outputs = set(tasks[name].get("input_tables", [])), _with_quarantines(tasks[name]["output_tables"])
    others = _with_quarantines(_tables(tasks)) - outputs
    yield from _table_requests(role, others - inputs, writes=False)
    yield from _table_requests(role, others, writes=True)
    for other in tasks.keys() - {name}:
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{PIPELINE}/{other}:log-stream:any"
        yield RoleRequest(role, "logs:GetLogEvents", group)
        yield RoleRequest(role, "logs:PutLogEvents", group)
        yield RoleRequest(role, "ecs:RunTask", f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{PIPELINE}_{other}:1")


def _table_requests(role: str, tables: Iterable[str], *, writes: bool) -> Iterator[RoleRequest]:
    on_files, on_entry = (
        (("s3:DeleteObject", "s3:PutObject"), ("glue:DeleteTable", "glue:UpdateTable"))
        if writes
        else (("s3:GetObject",), ("glue:GetTable",))
    )
    for table in sorted(tables):
        database, _, name = table.partition(".")
        for action in on_files:
            yield RoleRequest(role, action, f"arn:aws:s3:::{BUCKET}/{database}/{name}/data/rows.parquet")
        for action in on_entry:
            yield RoleRequest(role, action, f"arn:aws:glue:{REGION}:{ACCOUNT}:table/dev_{database}/{name}")


def _tables(tasks: Mapping[str, Any]) -> set[str]:
    return {table for task in tasks.values() for table in [*task.get("input_tables", []), *task["output_tables"]]}


def _with_quarantines(tables: Iterable[str]) -> set[str]:
    return {name for table in tables for name in (table, quarantine_table_name(table))}


def _task_of(resource: Resource) -> str | None:
    found = re.search(r'module\.(?:ecs|emr)_task\["(\w+)"\]\.module\.role\.aws_iam_role\.', resource.address)
    return found[1] if found else None
