"""EMR Studio: studios and their tags."""

from __future__ import annotations

import pytest


@pytest.fixture
def emr(aws):
    return aws.client("emr")


@pytest.fixture
def studio(emr):
    return emr.create_studio(
        Name="notebooks",
        AuthMode="IAM",
        VpcId="vpc-1",
        SubnetIds=["subnet-1"],
        ServiceRole="arn:aws:iam::123456789012:role/studio",
        WorkspaceSecurityGroupId="sg-1",
        EngineSecurityGroupId="sg-2",
        DefaultS3Location="s3://lake/studio",
        Tags=[{"Key": "stage", "Value": "dev"}],
    )["StudioId"]


def test_a_studio_is_described_updated_and_listed(emr, studio):
    emr.update_studio(StudioId=studio, Description="of sales")
    described = emr.describe_studio(StudioId=studio)["Studio"]
    assert (described["Name"], described["Description"], described["SubnetIds"]) == (
        "notebooks",
        "of sales",
        ["subnet-1"],
    )
    assert described["StudioArn"] == f"arn:aws:elasticmapreduce:eu-west-1:123456789012:studio/{studio}"
    assert [listed["StudioId"] for listed in emr.list_studios()["Studios"]] == [studio]


def test_a_studio_has_tags(emr, studio):
    emr.add_tags(ResourceId=studio, Tags=[{"Key": "stage", "Value": "prod"}, {"Key": "team", "Value": "sales"}])
    emr.remove_tags(ResourceId=studio, TagKeys=["team"])
    assert emr.describe_studio(StudioId=studio)["Studio"]["Tags"] == [{"Key": "stage", "Value": "prod"}]


def test_a_deleted_studio_no_longer_exists(emr, studio):
    emr.delete_studio(StudioId=studio)
    with pytest.raises(emr.exceptions.InvalidRequestException, match="does not exist"):
        emr.describe_studio(StudioId=studio)
