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


@pytest.mark.parametrize(
    "given", [{"imageConfiguration": IMAGE}, {"maximumCapacity": {"cpu": "8 vCPU", "memory": "32 GB"}}]
)
def test_image_and_capacity_of_a_started_application_can_be_updated(emr, create, application, given):
    application_id = create()
    emr.start_application(applicationId=application_id)
    emr.update_application(applicationId=application_id, **given)
    assert application(application_id).items() >= given.items()


@pytest.mark.parametrize("given", [{"architecture": "X86_64"}, {"releaseLabel": "emr-spark-8.0.0"}])
def test_other_settings_require_an_application_that_is_not_started(emr, create, given):
    application_id = create()
    emr.start_application(applicationId=application_id)
    with pytest.raises(emr.exceptions.ValidationException, match="Only the following configurations can be updated"):
        emr.update_application(applicationId=application_id, imageConfiguration=IMAGE, **given)
    emr.stop_application(applicationId=application_id)
    emr.update_application(applicationId=application_id, imageConfiguration=IMAGE, **given)


def test_the_image_of_a_started_application_with_initial_capacity_cannot_be_updated(emr, create):
    worker = {"workerCount": 1, "workerConfiguration": {"cpu": "2 vCPU", "memory": "8 GB"}}
    application_id = create(initialCapacity={"Driver": worker})
    emr.start_application(applicationId=application_id)
    with pytest.raises(emr.exceptions.ValidationException, match="Only the following configurations"):
        emr.update_application(applicationId=application_id, imageConfiguration=IMAGE)


def test_a_started_application_cannot_be_deleted(emr, create):
    application_id = create()
    emr.start_application(applicationId=application_id)
    with pytest.raises(emr.exceptions.ValidationException, match="Current status: STARTED"):
        emr.delete_application(applicationId=application_id)
