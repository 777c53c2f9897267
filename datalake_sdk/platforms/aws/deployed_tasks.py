"""Tasks of deployed pipelines, started outside of an execution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from datalake_sdk.platforms.aws.ecs_runs import start_on_ecs
from datalake_sdk.platforms.aws.emr_runs import start_on_emr
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.glue_runs import start_on_glue
from datalake_sdk.platforms.aws.lambda_runs import start_on_lambda
from datalake_sdk.platforms.aws.published_tasks import (
    ECS,
    EMR_SERVERLESS,
    GLUE,
    LAMBDA,
    PublishedTask,
    read_published_task,
)
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.deployments import TaskRun

_Start: TypeAlias = Callable[[AwsSession, PublishedTask, Mapping[str, str]], TaskRun]
_STARTS: Mapping[str, _Start] = {
    ECS: start_on_ecs,
    EMR_SERVERLESS: start_on_emr,
    GLUE: start_on_glue,
    LAMBDA: start_on_lambda,
}


class AwsTasks:
    """Starts tasks with the requests that their pipelines publish.

    Args:
        session: Account and region.
        environment: Name of the environment.
    """

    def __init__(self, session: AwsSession, environment: str) -> None:
        self._session = session
        self._environment = environment

    def start(self, pipeline: str, task: str, variables: Mapping[str, str]) -> TaskRun:
        published = read_published_task(self._session, self._environment, pipeline, task)
        published.check_variables(variables)
        start = _STARTS[published.service]
        with aws_errors():
            return start(self._session, published, variables)
