"""All rules for a pipeline, with the messages of pipeline_factory; test/contract compares them.

Terraform also checks the rules that depend on the domain: names of its databases, EMR Serverless, the maximum task age.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from datalake_sdk.errors import InvalidPipelineError
from datalake_sdk.pipelines.datasets import Dataset
from datalake_sdk.pipelines.definition import Pipeline
from datalake_sdk.pipelines.limits import NAME_PATTERN
from datalake_sdk.pipelines.order import order_errors
from datalake_sdk.pipelines.rules_control_flow import control_flow_errors
from datalake_sdk.pipelines.rules_datasets import dataset_outputs, pipeline_dataset_errors
from datalake_sdk.pipelines.rules_infra import infra_errors
from datalake_sdk.pipelines.rules_paths import path_errors
from datalake_sdk.pipelines.rules_redshift import redshift_errors
from datalake_sdk.pipelines.rules_requirements import requirements_errors
from datalake_sdk.pipelines.rules_secrets import secret_errors
from datalake_sdk.pipelines.rules_shared_modules import shared_module_errors
from datalake_sdk.pipelines.rules_tables import output_errors, table_errors
from datalake_sdk.pipelines.rules_tasks import task_errors
from datalake_sdk.pipelines.rules_triggers import trigger_errors

NO_DATASETS: Mapping[str, Dataset] = MappingProxyType({})


def check_pipeline(pipeline: Pipeline, datasets: Mapping[str, Dataset] = NO_DATASETS) -> None:
    """Checks a pipeline.

    Args:
        pipeline: Pipeline to check.
        datasets: Checked datasets that it serves.

    Raises:
        InvalidPipelineError: Rules are violated; all of them are listed.
    """
    if errors := list(_errors(pipeline, datasets)) or list(order_errors(pipeline)):
        raise InvalidPipelineError(errors)


def _errors(pipeline: Pipeline, datasets: Mapping[str, Dataset]) -> Iterator[str]:
    yield from _name_errors(pipeline)
    yield from pipeline_dataset_errors(pipeline, datasets)
    for path, output in dataset_outputs(pipeline, datasets).items():
        yield from output_errors(path, output)
    for errors in (
        task_errors,
        control_flow_errors,
        requirements_errors,
        infra_errors,
        table_errors,
        path_errors,
        redshift_errors,
        secret_errors,
        shared_module_errors,
        trigger_errors,
    ):
        yield from errors(pipeline)


def _name_errors(pipeline: Pipeline) -> Iterator[str]:
    if not re.fullmatch(NAME_PATTERN, pipeline.name):
        yield (
            f"pipeline_name is '{pipeline.name}'; it must be lowercase letters, digits and single '_' between them, "
            "starting with a letter."
        )
