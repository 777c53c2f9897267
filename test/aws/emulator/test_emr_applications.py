"""EMR Serverless returns the configuration of an application."""

from __future__ import annotations

import pytest

IMAGE = {"imageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/spark:1"}


@pytest.fixture
def emr(aws):
    return aws.client("emr-serverless")


@pytest.fixture
def create(emr):
    """`create(…)` creates an application and returns its ID."""

    def create(**more):
        given = {"name": "spark", "type": "spark", "releaseLabel": "emr-spark-8.0.0", **more}
        return emr.create_application(**given)["applicationId"]

    return create


@pytest.fixture
def application(emr):
    return lambda application_id: emr.get_application(applicationId=application_id)["application"]


def test_an_application_is_created_not_started(create, application):
    made = application(create())
    assert (made["type"], made["releaseLabel"], made["state"]) == ("Spark", "emr-spark-8.0.0", "CREATED")


def test_the_architecture_and_image_are_stored(create, application):
    assert application(create())["architecture"] == "X86_64"
    made = application(create(architecture="ARM64", imageConfiguration=IMAGE))
    assert (made["architecture"], made["imageConfiguration"]) == ("ARM64", IMAGE)


def test_an_update_changes_the_image(emr, create, application):
    application_id = create(imageConfiguration=IMAGE)
    other = {"imageUri": IMAGE["imageUri"].replace(":1", ":2")}
    emr.update_application(applicationId=application_id, imageConfiguration=other)
    assert application(application_id)["imageConfiguration"] == other


def test_a_release_that_does_not_exist_is_rejected(emr, create):
    with pytest.raises(emr.exceptions.ValidationException, match="emr-spark-eight"):
        create(releaseLabel="emr-spark-eight")


def test_tags_are_added_and_removed(emr, create, application):
    arn = application(create(tags={"stage": "dev"}))["arn"]
    emr.tag_resource(resourceArn=arn, tags={"team": "sales"})
    emr.untag_resource(resourceArn=arn, tagKeys=["stage"])
    assert emr.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "sales"}
