"""Folders pushed to ECR are stored and run as images."""

from __future__ import annotations

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
