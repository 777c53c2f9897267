"""A task starts only if its execution role can pull the image and write the log."""

from __future__ import annotations

import pytest

ALLOWED = {
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
}


def run(shop):
    shop.define_task("print('ran')")
    shop.aws.enforce_iam()
    try:
        return shop.stopped(shop.run_task())
    finally:
        shop.aws.stop_enforcing_iam()


def test_a_task_needs_these_permissions_of_its_execution_role(shop):
    shop.allow("execution", *ALLOWED)
    assert run(shop)["stopCode"] == "EssentialContainerExited"


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("ecr:GetAuthorizationToken", "ResourceInitializationError: unable to pull secrets or registry auth"),
        ("ecr:BatchCheckLayerAvailability", "CannotPullContainerError: "),
        ("ecr:GetDownloadUrlForLayer", "CannotPullContainerError: "),
        ("ecr:BatchGetImage", "CannotPullContainerError: "),
        ("logs:CreateLogStream", "ResourceInitializationError: failed to validate logger args"),
        ("logs:PutLogEvents", "ResourceInitializationError: failed to validate logger args"),
    ],
)
def test_a_task_without_a_permission_does_not_start(shop, missing, reason):
    shop.allow("execution", *ALLOWED - {missing})
    task = run(shop)
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith(reason)
    assert f"not authorized to perform: {missing} on resource" in task["stoppedReason"]


def test_a_task_whose_execution_role_does_not_exist_does_not_start(shop):
    iam = shop.client("iam")
    iam.delete_role_policy(RoleName="execution", PolicyName="may")
    iam.delete_role(RoleName="execution")
    task = run(shop)
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("ECS was unable to assume the role")
