"""Requests that run the tasks of deployed pipelines; pipeline_factory publishes each as an SSM parameter."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from datalake_sdk import naming
from datalake_sdk.errors import AwsRequestError, ComputedValuesError, NoSuchPipelineError, NoSuchTaskError, UsageError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

ECS = "ecs"
EMR_SERVERLESS = "emr-serverless"
GLUE = "glue"
LAMBDA = "lambda"
_TASKS_FOLDER = "tasks"


@dataclass(frozen=True)
class PublishedTask:
    """A task as its pipeline runs it, without the values of an execution.

    Args:
        name: Name of the task.
        service: `ecs`, `emr-serverless`, `glue` or `lambda`.
        request: Request to the service, with the parameter names of boto3.
        container: Container that runs the task's code; ECS only.
        log: `group` of the log, and on ECS its `stream_prefix`; not on EMR Serverless.
        environment: Environment variables that are part of the request; EMR Serverless only.
        spark_settings: Settings of Spark; EMR Serverless only.
        computed_variables: Environment variables whose values come from the input of an execution.
    """

    name: str
    service: str
    request: Mapping[str, Any]
    container: str = ""
    log: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    spark_settings: Mapping[str, str] = field(default_factory=dict)
    computed_variables: tuple[str, ...] = ()

    def check_variables(self, variables: Mapping[str, str]) -> None:
        """Checks that every variable computed by an execution has a value.

        Raises:
            ComputedValuesError: Values are missing; all of them are listed.
        """
        missing = [name for name in self.computed_variables if name not in variables]
        if missing:
            raise ComputedValuesError(self.name, missing)


def read_published_task(session: AwsSession, environment: str, pipeline: str, task: str) -> PublishedTask:
    """Reads the request of a task.

    Args:
        session: Account and region.
        environment: Name of the environment.
        pipeline: Name of the pipeline.
        task: Name of the task.

    Raises:
        NoSuchPipelineError: No tasks of the pipeline are published.
        NoSuchTaskError: The pipeline has no such task.
    """
    name = naming.task_parameter_name(environment, pipeline, task)
    try:
        with aws_errors():
            parameter = session.client("ssm").get_parameter(Name=name)["Parameter"]
    except AwsRequestError as error:
        if error.code != "ParameterNotFound":
            raise
        raise _not_published(session, environment, pipeline, task) from error
    return parse_published_task(task, parameter["Value"])


def parse_published_task(task: str, value: str) -> PublishedTask:
    """Parses the value of a task's parameter: JSON, compressed if it exceeds the size limit of a parameter."""
    text = value if value.startswith("{") else gzip.decompress(base64.b64decode(value)).decode()
    published = json.loads(text)
    return PublishedTask(
        name=task,
        service=published["service"],
        request=_with_boto3_names(published["request"]),
        container=published.get("container", ""),
        log=published.get("log", {}),
        environment=published.get("environment", {}),
        spark_settings=published.get("spark_settings", {}),
        computed_variables=tuple(published["computed_variables"]),
    )


def _with_boto3_names(value: Any) -> Any:
    """Lowercases the first letter of each parameter name, which Step Functions capitalizes.

    Names in upper case, such as `SPARK_DRIVER`, are map keys and stay unchanged.
    """
    if isinstance(value, dict):
        return {
            name if name.isupper() else name[:1].lower() + name[1:]: _with_boto3_names(inner)
            for name, inner in value.items()
        }
    return [_with_boto3_names(inner) for inner in value] if isinstance(value, list) else value


def _not_published(session: AwsSession, environment: str, pipeline: str, task: str) -> UsageError:
    tasks = published_tasks(session, environment, pipeline)
    if tasks:
        return NoSuchTaskError(task, pipeline, sorted(tasks))
    return no_such_pipeline(session, environment, pipeline)


def published_tasks(session: AwsSession, environment: str, pipeline: str) -> list[str]:
    """Returns the names of the tasks that a pipeline publishes."""
    return _parameter_names(session, naming.task_parameters_path(environment, pipeline))


def no_such_pipeline(session: AwsSession, environment: str, pipeline: str) -> NoSuchPipelineError:
    """Returns the error for a pipeline that does not exist, with similar names."""
    others = _parameter_names(session, naming.parameter_path(environment))
    pipelines = {name.split("/")[0] for name in others if f"/{_TASKS_FOLDER}/" in name}
    return NoSuchPipelineError(pipeline, environment, session.region, get_close_matches(pipeline, sorted(pipelines)))


def _parameter_names(session: AwsSession, path: str) -> list[str]:
    """Returns the names of all parameters below a path, without the path."""
    with aws_errors():
        pages = session.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
        return [each["Name"].removeprefix(f"{path}/") for page in pages for each in page["Parameters"]]
