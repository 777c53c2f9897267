"""Bedrock: application inference profiles."""

from __future__ import annotations

import pytest

MODEL = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"


@pytest.fixture
def bedrock(aws):
    return aws.client("bedrock")


@pytest.fixture
def profile(bedrock):
    """ARN of a profile."""
    given = {"inferenceProfileName": "small", "modelSource": {"copyFrom": MODEL}, "description": "a small one"}
    made = bedrock.create_inference_profile(**given, tags=[{"key": "stage", "value": "dev"}])
    return made["inferenceProfileArn"]


@pytest.mark.parametrize("part", [-1, 0])
def test_a_profile_is_found_by_arn_and_by_id(bedrock, profile, part):
    identifier = profile.rpartition("/")[2] if part else profile
    found = bedrock.get_inference_profile(inferenceProfileIdentifier=identifier)
    assert (found["inferenceProfileName"], found["models"]) == ("small", [{"modelArn": MODEL}])
    assert found["status"] == "ACTIVE"


def test_profiles_are_listed_until_they_are_deleted(bedrock, profile):
    assert len(bedrock.list_inference_profiles()["inferenceProfileSummaries"]) == 1
    bedrock.delete_inference_profile(inferenceProfileIdentifier=profile)
    assert bedrock.list_inference_profiles()["inferenceProfileSummaries"] == []
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
        bedrock.get_inference_profile(inferenceProfileIdentifier=profile)


def test_a_profile_has_tags(bedrock, profile):
    bedrock.tag_resource(resourceARN=profile, tags=[{"key": "team", "value": "sales"}])
    bedrock.untag_resource(resourceARN=profile, tagKeys=["stage"])
    assert bedrock.list_tags_for_resource(resourceARN=profile)["tags"] == [{"key": "team", "value": "sales"}]
