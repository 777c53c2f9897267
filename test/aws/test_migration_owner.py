"""Permissions on a migrated table."""

from __future__ import annotations

import pyarrow as pa
import pytest

from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.migration.plan import MigrationRequest, Owner, plan_migration
from datalake_sdk.operations.migration.run import migrate
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, IngestionMode, IngestionRequest, TableName
from test.emulator.domain import create_domain

ORDERS = TableName("sales", "orders")
PRODUCER = {"datalake_sdk_pipeline_name": "daily", "datalake_sdk_task_name": "load"}
ROLE = "arn:aws:iam::123456789012:role/datalake/shop_sales_dev_daily_load"
EVERYONE = "IAM_ALLOWED_PRINCIPALS"


@pytest.fixture
def stages(aws):
    for task in ("daily_load", "weekly_sum"):
        aws.client("iam").create_role(
            Path="/datalake/", RoleName=f"shop_sales_dev_{task}", AssumeRolePolicyDocument="{}"
        )

    def opened(stage):
        return open_platform(create_domain(aws, Environment("shop", "sales", stage), ("sales",)))

    return opened("prod"), opened("dev")


def migrated(stages, properties, owner=None):
    source, target = stages
    request = IngestionRequest(ORDERS, IngestionMode.UPSERT, ("id",), properties=properties)
    ingest(source, request, pa.table({"id": [1, 2]}))
    plan = plan_migration(source, target, MigrationRequest("sales", owner=owner))
    (outcome,) = migrate(target, plan, lambda migration, rows: None)
    assert outcome.error == ""
    return outcome


def granted(aws):
    table = {"Table": {"DatabaseName": "dev_sales", "Name": "orders"}}
    found = aws.client("lakeformation").list_permissions(Resource=table)["PrincipalResourcePermissions"]
    permissions: dict[str, set[str]] = {}
    for entry in found:
        permissions.setdefault(entry["Principal"]["DataLakePrincipalIdentifier"], set()).update(entry["Permissions"])
    return permissions


def test_the_role_of_the_task_that_writes_the_source_gets_individual_permissions(aws, stages):
    outcome = migrated(stages, PRODUCER)
    assert outcome.owner_role == "shop_sales_dev_daily_load"
    assert granted(aws)[ROLE] >= {"SELECT", "INSERT", "DELETE", "DESCRIBE", "ALTER", "DROP"}


def test_an_explicit_owner_takes_precedence_and_is_recorded(aws, stages):
    assert migrated(stages, PRODUCER, Owner("weekly", "sum")).owner_role == "shop_sales_dev_weekly_sum"
    assert ROLE not in granted(aws)
    properties = stages[1].catalog.load_table("dev_sales.orders").properties
    assert properties["datalake_sdk_pipeline_name"] == "weekly"


def test_without_a_known_owner_the_user_is_warned(aws, stages):
    outcome = migrated(stages, {})
    assert (outcome.owner_role, granted(aws).keys()) == (None, {EVERYONE})
    assert outcome.warnings == (
        "the task that owns the table is unknown: pass --owner-job pipeline/task to grant permissions to its role",
    )
