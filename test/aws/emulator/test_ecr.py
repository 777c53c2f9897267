"""Folders pushed to ECR are stored and run as images."""

from __future__ import annotations

import json

import pytest

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
IMAGE = f"{REGISTRY}/orders:1"


def test_a_pushed_folder_is_an_image_until_it_is_deleted(aws, tmp_path):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="orders")
    assert not aws.control("has_image", name=IMAGE)
    aws.control("push_image", name=IMAGE, folder=str(tmp_path))
    assert aws.control("has_image", name=IMAGE)
    assert ecr.describe_images(repositoryName="orders")["imageDetails"][0]["imageTags"] == ["1"]
    ecr.batch_delete_image(repositoryName="orders", imageIds=[{"imageTag": "1"}])
    assert not aws.control("has_image", name=IMAGE)


def test_a_task_runs_the_pushed_folder(shop, tmp_path):
    shop.client("ecr").create_repository(repositoryName="orders")
    (tmp_path / "pushed").mkdir()
    shop.aws.control("push_image", name=IMAGE, folder=str(tmp_path / "pushed"), environment={"CITY": "Lyon"})
    shop.define_task("import os; print(os.getcwd(), os.environ['CITY'])", image=IMAGE)
    task = shop.run_task()
    assert shop.stopped(task)["stopCode"] == "EssentialContainerExited"
    assert shop.printed(task) == [f"{tmp_path / 'pushed'} Lyon"]


def put_image(ecr, size, repository="orders"):
    """Puts an image with the tag 1; its manifest depends on the size."""
    configuration = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:0", "size": size}
    media_type = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": media_type, "config": configuration, "layers": []}
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag="1")


def test_an_immutable_tag_cannot_be_moved_to_another_image(aws):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="orders", imageTagMutability="IMMUTABLE")
    put_image(ecr, 1)
    with pytest.raises(ecr.exceptions.ImageTagAlreadyExistsException, match="'1' already exists in the 'orders' repos"):
        put_image(ecr, 2)
    with pytest.raises(ecr.exceptions.ImageAlreadyExistsException):
        put_image(ecr, 1)


def test_an_image_requires_a_repository(aws):
    ecr = aws.client("ecr")
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException):
        put_image(ecr, 1, "missing")
