"""A table bucket of S3 Tables, and the role of a task that writes to it, applied on the emulator with IAM enforced."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from boto3 import Session

from datalake_sdk.errors import AccessDeniedError
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, IngestionRequest, TableName, TableStorage
from test.terraform.terraform import EMULATOR_SETTINGS, Terraform

ENVIRONMENT = Environment("shop", "sales", "dev", table_storage=TableStorage.S3_TABLES)
ARN = f"arn:aws:s3tables:eu-west-1:123456789012:bucket/{ENVIRONMENT.table_bucket}"
BUCKET = {
    "source": "../domain_factory/modules/table_bucket",
    "name": ENVIRONMENT.table_bucket,
    "arn": ARN,
    "namespaces": ["dev_sales"],
    "old_version_days": 7,
}
ROLE = {
    "source": "../pipeline_factory/modules/task_role",
    "name": "shop_sales_dev_orders_load",
    "service": "ecs-tasks.amazonaws.com",
    "input_tables": [],
    "output_tables": ["sales.orders"],
    "domain": {
        "database_prefix": "dev_",
        "region": "eu-west-1",
        "account_id": "123456789012",
        "partition": "aws",
        "data_bucket": ENVIRONMENT.data_bucket,
        "technical_bucket": ENVIRONMENT.technical_bucket,
        "table_bucket_arn": ARN,
        "athena_workgroup": ENVIRONMENT.name,
        "lake_formation_enabled": True,
    },
}


@pytest.fixture
def root(aws, repository):
    folder = repository / "table_bucket"
    folder.mkdir()
    root = {"provider": {"aws": {}}, "module": {"bucket": BUCKET, "role": ROLE}}
    (folder / "main.tf.json").write_text(json.dumps(root))
    terraform = Terraform(folder, aws.environment)
    terraform.override_provider("emulator", EMULATOR_SETTINGS)
    terraform.init()
    return terraform


def test_a_task_writes_only_its_tables_in_the_table_bucket(aws, root):
    root.apply()
    assert root.changes() == {}
    aws.enforce_iam()
    platform = open_platform(ENVIRONMENT, Session(**aws.assume_role(f"arn:aws:iam::123456789012:role/{ROLE['name']}")))
    ingest(platform, IngestionRequest(TableName("sales", "orders")), pa.table({"id": [1]}))
    assert read_table(platform, TableName("sales", "orders")).read_all().num_rows == 1
    with pytest.raises(AccessDeniedError, match="s3tables:GetTableMetadataLocation") as denied:
        ingest(platform, IngestionRequest(TableName("sales", "customers")), pa.table({"id": [1]}))
    assert 'input_tables = ["dev_sales.customers"]' in str(denied.value.hint)
    tables = aws.client("s3tables")
    tables.delete_table(tableBucketARN=ARN, namespace="dev_sales", name="orders")
    root.destroy()
    assert tables.list_table_buckets()["tableBuckets"] == []
