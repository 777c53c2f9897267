"""Lake Formation on the emulator: what is granted, and that neither a second plan nor a destroy changes the account."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment
from test.emulator.athena_client import AthenaClient
from test.emulator.process import client_environment
from test.terraform.deployment import Deployment
from test.terraform.terraform import TerraformError

EVERYONE = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ACCOUNT = """
module "account" {
  source         = "../modules/lake_formation_account"
  administrators = [var.administrator_arn]
}
variable "administrator_arn" { type = string }
"""
DOMAIN = """
module "domain" {
  source         = "../domain_factory"
  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = "dev"
  git_repository = "https://git.example.com/shop/sales"
  network        = { given = { vpc_id = var.vpc_id, subnet_ids = [var.subnet_id] } }
  layers         = { raw = {} }

  consumer_groups = ["consumer", "finance"]

  enable_codeartifact    = false
  enable_failsafe        = false
  prevent_destroy        = false
  data_steward_arns      = var.stewards
  datalfred_user_arns    = var.datalfred_users
  lake_formation_account = %s
}
variable "vpc_id" { type = string }
variable "subnet_id" { type = string }
variable "stewards" { type = set(string) }
variable "datalfred_users" {
  type    = set(string)
  default = []
}
output "domain_object" { value = module.domain.domain_object }
"""
TASK = """
module "task" {
  source         = "../pipeline_factory/modules/task_role"
  name           = "shop_sales_dev_orders_load"
  service        = "ecs-tasks.amazonaws.com"
  domain         = %s
  input_tables   = ["sales.orders"]
  output_tables  = ["sales_raw.orders"]
  log_group_name = "shop_sales_dev_orders/load"
}
"""
TARGETS = (
    "module.account",
    "module.task",
    "module.domain.aws_lakeformation_permissions.steward_database",
    "module.domain.aws_lakeformation_permissions.steward_location",
    "module.domain.aws_lakeformation_permissions.steward_tables",
    "module.domain.aws_iam_role_policy.datalfred",
    "module.domain.aws_iam_role_policy.lake_formation",
    "module.domain.aws_lakeformation_permissions.datalfred_database",
    "module.domain.aws_lakeformation_permissions.datalfred_tables",
    "module.domain.aws_lakeformation_resource.data",
    "module.domain.aws_ssm_parameter.this",
    "module.domain.aws_athena_workgroup.consumer",
)
"""Resources that are applied with what they depend on: others, such as lifecycle rules, take a minute."""
PROVIDER = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\nprovider "aws" {}\n'


@pytest.fixture
def deployment(aws, tmp_path):
    deployment = Deployment(aws, tmp_path)
    yield deployment
    deployment.stop()


@pytest.fixture
def role(aws):
    """`role(name)`: a role that IAM allows everything; returns its ARN."""

    def role(name):
        iam = aws.client("iam")
        trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"}}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [{**trusted, "Action": "sts:AssumeRole"}]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(ANYTHING))
        return arn

    return role


@pytest.fixture
def root(aws, deployment):
    """`root(arn, *blocks, **variables)`: a root module that a role applies, with IAM enforced."""
    vpc = aws.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = aws.client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]

    def root(arn, *blocks, **variables):
        given = {"vpc_id": vpc, "subnet_id": subnet, **variables}
        credentials = {name.upper(): value for name, value in aws.assume_role(arn).items()}
        folder = deployment.folder(arn.rpartition("/")[2])
        (folder / "main.tf").write_text(PROVIDER + "".join(blocks))
        terraform = deployment.root(folder.name, **credentials)
        for name, value in given.items():
            terraform.environment[f"TF_VAR_{name}"] = value if isinstance(value, str) else json.dumps(value)
        targets = " ".join(f"-target={target}" for target in TARGETS)
        terraform.environment |= {"TF_CLI_ARGS_apply": targets, "TF_CLI_ARGS_plan": targets}
        deployment.init(terraform)
        aws.enforce_iam()
        return terraform

    return root


def settings(aws):
    return aws.client("lakeformation").get_data_lake_settings()["DataLakeSettings"]


def administer(aws, *arns):
    """Makes roles administrators, and keeps the defaults of a new account."""
    admins = [{"DataLakePrincipalIdentifier": arn} for arn in arns]
    changed = {**settings(aws), "DataLakeAdmins": admins}
    aws.client("lakeformation").put_data_lake_settings(DataLakeSettings=changed)


def listed(aws):
    """Grants by principal, without those of the roles that create the databases."""
    found = aws.client("lakeformation").list_permissions()["PrincipalResourcePermissions"]
    return {entry["Principal"]["DataLakePrincipalIdentifier"].rpartition("/")[2] for entry in found}


def test_lake_formation_decides_after_an_administrator_applied_the_settings_and_a_domain(aws, role, root):
    admin, steward = role("admin"), role("steward")
    blocks = (ACCOUNT, DOMAIN % "module.account.settings", TASK % "module.domain.domain_object")
    terraform = root(admin, *blocks, administrator_arn=admin, stewards=[steward])
    terraform.apply()
    assert settings(aws)["DataLakeAdmins"] == [{"DataLakePrincipalIdentifier": admin}]
    databases = aws.client("lakeformation").list_permissions(ResourceType="DATABASE")["PrincipalResourcePermissions"]
    assert EVERYONE not in [entry["Principal"] for entry in databases]
    assert {"steward", "shop_sales_dev_orders_load"} <= listed(aws)
    assert terraform.drift() == ""

    with pytest.raises(TerraformError, match="prevent_destroy"):
        terraform.destroy()
    before = settings(aws)
    forgotten = "removed {\n  from = module.account\n  lifecycle {\n    destroy = false\n  }\n}\n"
    (terraform.folder / "main.tf").write_text(PROVIDER + forgotten)
    del terraform.environment["TF_CLI_ARGS_apply"]
    terraform.apply()
    assert settings(aws) == before
    assert terraform.resources() == []
    assert {"steward", "shop_sales_dev_orders_load"}.isdisjoint(listed(aws))


def test_a_second_plan_is_empty_in_an_account_that_uses_only_iam_access_control(aws, role, root):
    admin, steward = role("admin"), role("steward")
    administer(aws, admin)
    terraform = root(admin, DOMAIN % "null", TASK % "module.domain.domain_object", stewards=[steward])
    terraform.apply()
    assert terraform.output()["domain_object"]["use_only_iam_access_control"]
    assert terraform.drift() == ""
    terraform.destroy()
    assert listed(aws) == {EVERYONE["DataLakePrincipalIdentifier"]}


def test_a_creator_that_is_not_an_administrator_can_apply_a_domain_in_a_new_account(aws, role, root):
    terraform = root(role("creator"), DOMAIN % "null", stewards=[])
    terraform.apply()
    assert terraform.drift() == ""
    terraform.destroy()
    assert listed(aws) == {EVERYONE["DataLakePrincipalIdentifier"]}


def test_a_data_steward_can_grant_permissions_to_tasks(aws, role, root):
    admin, steward = role("admin"), role("steward")
    domain = root(admin, ACCOUNT, DOMAIN % "module.account.settings", administrator_arn=admin, stewards=[steward])
    domain.apply()
    read = 'data "aws_ssm_parameter" "domain" {\n  name = "/datalake/shop_sales_dev/domain_object"\n}\n'
    task = root(steward, read, TASK % "jsondecode(nonsensitive(data.aws_ssm_parameter.domain.value))")
    task.apply()
    assert task.drift() == ""
    task.destroy()
    assert "shop_sales_dev_orders_load" not in listed(aws)


def test_consumers_read_tables_only_through_athena_with_a_grant(aws, role, root, monkeypatch):
    admin, analyst = role("admin"), role("analyst")
    given = {"administrator_arn": admin, "stewards": [], "datalfred_users": [analyst]}
    root(admin, ACCOUNT, DOMAIN % "module.account.settings", **given).apply()
    storage = "format = 'PARQUET', external_location = 's3://shop-sales-dev-data/sales/orders/'"
    created = AthenaClient(aws, "shop_sales_dev").run(
        f"CREATE TABLE dev_sales.orders WITH ({storage}) AS SELECT 1 AS id"
    )
    assert created.state == "SUCCEEDED", created.reason

    consumer, finance = (member(aws, role, group) for group in ("consumer", "finance"))
    athena = AthenaClient(aws, "shop_sales_dev_consumer", aws.assume_role(consumer))
    assert "Required Describe on orders" in athena.run("SELECT * FROM dev_sales.orders").reason
    for principal in (consumer, finance):
        aws.client("lakeformation").grant_permissions(
            Principal={"DataLakePrincipalIdentifier": principal},
            Resource={"Table": {"DatabaseName": "dev_sales", "Name": "orders"}},
            Permissions=["SELECT"],
        )
    finished = athena.run("SELECT * FROM dev_sales.orders")
    assert finished.rows == [("1",)]
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("s3", aws.assume_role(consumer)).list_objects_v2(Bucket="shop-sales-dev-data")

    ended = run_as(aws, consumer, "query", "SELECT * FROM dev_sales.orders", "--format", "csv")
    assert ended.stdout == "id\n1\n", ended.stderr
    assert_unreadable(aws, created.description, consumer)
    assert_description_is_denied(aws, consumer)
    assert_unreadable(aws, finished.description, finance)
    assert_datalfred_only_reads(aws, analyst, role("stranger"), monkeypatch)


def member(aws, role, group):
    """Returns a role with the policy of a consumer group alone."""
    arn = role(group)
    aws.client("iam").delete_role_policy(RoleName=group, PolicyName="all")
    policy = f"arn:aws:iam::{aws.account}:policy/shop_sales_dev_{group}"
    aws.client("iam").attach_role_policy(RoleName=group, PolicyArn=policy)
    return arn


def run_as(aws, principal, *command):
    """Runs a command of the program as a member of the group `consumer`."""
    program = [sys.executable, "-m", "datalake_sdk.cli", "-p", "shop", "-d", "sales", "-s", "dev"]
    keys = {name.upper(): value for name, value in aws.assume_role(principal).items()}
    return subprocess.run(
        [*program, "--consumer-group", "consumer", *command],
        env=os.environ | client_environment(aws.endpoint) | keys,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_datalfred_only_reads(aws, analyst, stranger, monkeypatch):
    """Asserts that queries run with the role of Datalfred, which reads tables; the user may only assume it."""
    iam = aws.client("iam")
    iam.delete_role_policy(RoleName="analyst", PolicyName="all")
    may = {**ANYTHING, "Statement": [{"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*"}]}
    iam.put_role_policy(RoleName="analyst", PolicyName="may", PolicyDocument=json.dumps(may))
    keys = {name.upper(): value for name, value in aws.assume_role(analyst).items()}
    for name, value in {**client_environment(aws.endpoint), **keys}.items():
        monkeypatch.setenv(name, value)
    platform = open_platform(Environment("shop", "sales", "dev"))
    queries = QueryRunner(platform.environment, agent_role=platform.agent_role)
    assert asyncio.run(queries.run("SELECT * FROM dev_sales.orders")).lines == ["1"]

    credentials = assumed(aws, analyst, platform.agent_role)
    athena = AthenaClient(aws, "shop_sales_dev_datalfred", credentials)
    for statement in (
        "INSERT INTO dev_sales.orders VALUES (2)",
        "DELETE FROM dev_sales.items",
        "DROP TABLE dev_sales.orders",
    ):
        assert re.search("Insufficient Lake Formation|not authorized", athena.run(statement).reason)
    file = {"Bucket": "shop-sales-dev-data", "Key": "sales/orders/new"}
    for denied in (
        lambda: AthenaClient(aws, "shop_sales_dev", credentials).run("SELECT 1"),
        lambda: aws.client("glue", credentials).delete_table(DatabaseName="dev_sales", Name="orders"),
        lambda: aws.client("s3", credentials).get_object(**file),
        lambda: aws.client("s3", credentials).put_object(**file),
        lambda: assumed(aws, stranger, platform.agent_role),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            denied()
    found = aws.client("athena").get_work_group(WorkGroup="shop_sales_dev_datalfred")["WorkGroup"]["Configuration"]
    assert (found["BytesScannedCutoffPerQuery"], found["EnforceWorkGroupConfiguration"]) == (10**11, True)


def assumed(aws, principal, role_arn):
    """Returns credentials of a role that a principal assumes."""
    sts = aws.client("sts", aws.assume_role(principal))
    given = sts.assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def assert_description_is_denied(aws, principal):
    """Asserts that the error for a table whose metadata file a consumer cannot read suggests a query."""
    create = "CREATE TABLE dev_sales.items (id bigint) LOCATION 's3://shop-sales-dev-data/sales/items/' "
    AthenaClient(aws, "shop_sales_dev").rows(create + "TBLPROPERTIES ('table_type'='ICEBERG')")
    aws.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": principal},
        Resource={"Table": {"DatabaseName": "dev_sales", "Name": "items"}},
        Permissions=["SELECT"],
    )
    ended = run_as(aws, principal, "describe_table", "--database-name", "sales", "--table-name", "items")
    assert "only with `datalake_sdk query`" in ended.stderr


def assert_unreadable(aws, description, principal):
    """Asserts that a principal cannot read the result of a query from Athena or from S3."""
    credentials = aws.assume_role(principal)
    bucket, _, key = description["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("athena", credentials).get_query_results(QueryExecutionId=description["QueryExecutionId"])
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("s3", credentials).get_object(Bucket=bucket, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("s3", credentials).list_objects_v2(Bucket=bucket, Prefix="athena/")
