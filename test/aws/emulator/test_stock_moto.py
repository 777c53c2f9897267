"""Unpatched moto still has the behavior that the patches change; if a test fails, drop the patch."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

ORDERS = {"Table": {"DatabaseName": "sales", "Name": "orders"}}
ANALYST = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/analyst"}


@pytest.fixture
def stock():
    with mock_aws():
        yield lambda service: boto3.Session().client(service, region_name="eu-west-1")


@pytest.fixture
def bucket(stock):
    s3 = stock("s3")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


@pytest.fixture
def glue(stock):
    glue = stock("glue")
    glue.create_database(DatabaseInput={"Name": "sales"})
    glue.create_table(DatabaseName="sales", TableInput={"Name": "orders"})
    return glue


def test_glue_accepts_an_update_of_a_stale_version(glue):
    stale = glue.get_table(DatabaseName="sales", Name="orders")["Table"]["VersionId"]
    for _ in range(2):
        glue.update_table(DatabaseName="sales", TableInput={"Name": "orders"}, VersionId=stale)


def test_glue_ignores_skip_archive(glue):
    glue.update_table(DatabaseName="sales", TableInput={"Name": "orders"}, SkipArchive=True)
    assert len(glue.get_table_versions(DatabaseName="sales", TableName="orders")["TableVersions"]) == 2


def test_glue_lists_own_databases_as_foreign(glue):
    assert glue.get_databases(ResourceShareType="FOREIGN")["DatabaseList"] != []


def test_s3_does_not_return_the_event_bridge_configuration(bucket):
    configuration = {"EventBridgeConfiguration": {}}
    bucket.put_bucket_notification_configuration(Bucket="lake", NotificationConfiguration=configuration)
    assert "EventBridgeConfiguration" not in bucket.get_bucket_notification_configuration(Bucket="lake")


def test_s3_deletes_the_bucket_with_its_intelligent_tiering_configuration(bucket):
    bucket.delete_bucket_intelligent_tiering_configuration(Bucket="lake", Id="all")
    with pytest.raises(ClientError, match="404"):
        bucket.head_bucket(Bucket="lake")


def test_lake_formation_revokes_permissions_that_were_not_granted(stock):
    stock("lakeformation").revoke_permissions(Principal=ANALYST, Resource=ORDERS, Permissions=["SELECT"])


def test_lake_formation_lists_select_on_a_table_as_it_was_granted(stock):
    stock("lakeformation").grant_permissions(Principal=ANALYST, Resource=ORDERS, Permissions=["SELECT"])
    (listed,) = stock("lakeformation").list_permissions(Resource=ORDERS)["PrincipalResourcePermissions"]
    assert listed["Resource"] == ORDERS


def test_lake_formation_drops_hybrid_access(stock):
    lake_formation = stock("lakeformation")
    role = ANALYST["DataLakePrincipalIdentifier"]
    lake_formation.register_resource(ResourceArn="arn:aws:s3:::lake", RoleArn=role, HybridAccessEnabled=True)
    described = lake_formation.describe_resource(ResourceArn="arn:aws:s3:::lake")["ResourceInfo"]
    assert "HybridAccessEnabled" not in described
