"""The execution role of a task: ECS assumes it to pull the image and to create the log stream."""

from __future__ import annotations

import re

from test.emulator import access
from test.emulator.access import AccessDeniedError, Principal, RoleNotAssumableError, ServiceRole
from test.emulator.processes import CannotStartError

_ECR_IMAGE = re.compile(
    r"(?P<host>(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.amazonaws\.com)/(?P<name>[^:@]+)(.*)"
)
_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage")


def check_trust(role_arn: str, task_arn: str) -> None:
    """Checks that ECS can assume a role of a task.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html

    Raises:
        CannotStartError: It cannot.
    """
    try:
        access.check_trust(ServiceRole(role_arn, "ecs-tasks.amazonaws.com", task_arn))
    except RoleNotAssumableError as error:
        raise CannotStartError(
            f"ECS was unable to assume the role '{role_arn}' that was provided for this task. Please verify that the "
            "role being passed has the proper trust relationship and permissions and that your IAM user has "
            "permissions to pass this role."
        ) from error


def check_pull(role_arn: str, image: str) -> None:
    """Checks the permissions to pull an image from ECR; does nothing for other registries.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html

    Raises:
        CannotStartError: The role does not have them.
    """
    parts = _ECR_IMAGE.fullmatch(image)
    if not parts:
        return
    role, repository = Principal.role(role_arn), f"arn:aws:ecr:{parts['region']}:{parts['account']}:repository/"
    try:
        access.require(role, "ecr:GetAuthorizationToken", "*")
    except AccessDeniedError as error:
        raise CannotStartError(
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
            "failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): "
            f"AccessDeniedException: {error}"
        ) from error
    try:
        for action in _PULL:
            access.require(role, action, f"{repository}{parts['name']}")
    except AccessDeniedError as error:
        raise CannotStartError(
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
            f"{image}: pulling from host {parts['host']} failed with status code 403 Forbidden: {error}"
        ) from error


def check_log(role_arn: str, group_arn: str, stream: str) -> None:
    """Checks the permissions to write to a log stream.

    Raises:
        CannotStartError: The role does not have them.
    """
    try:
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            access.require(Principal.role(role_arn), action, f"{group_arn}:log-stream:{stream}")
    except AccessDeniedError as error:
        raise CannotStartError(
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
            f"failed to create Cloudwatch log stream: AccessDeniedException: {error}"
        ) from error
