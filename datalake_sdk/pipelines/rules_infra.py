"""Rules for infra_config, as in errors_infra.tf."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from datalake_sdk.pipelines.definition import InfraConfig, Pipeline, Task
from datalake_sdk.pipelines.limits import (
    DEFAULT_CPU,
    DEFAULT_MEMORY,
    FARGATE_MEMORY,
    INFRA_ATTRIBUTES,
    LAMBDA_MEMORY,
    MAX_LAMBDA_STORAGE,
    MAXIMUM_CAPACITY,
    MEMORY_PATTERN,
    SPARK_SETTINGS,
    SPARK_WORKER_CORES,
)
from datalake_sdk.pipelines.rules_glue import glue_errors
from datalake_sdk.pipelines.values import number_text


def infra_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for the infrastructure of tasks."""
    for task in pipeline.tasks.values():
        path = f"tasks.{task.name}.infra_config"
        if task.infra_config.architecture not in ("X86_64", "ARM64"):
            yield f"{path}.architecture is '{task.infra_config.architecture}'; it must be X86_64 or ARM64."
        yield from _unsupported_errors(path, task)
        yield from _size_errors(path, task)
        if task.is_glue and pipeline.run_for_each is not None:
            yield (
                f"tasks.{task.name}.infra_type is Glue, whose jobs have one role, but with run_for_each each dataset "
                'has its own. Set infra_type = "EMRServerless".'
            )
        yield from _setting_errors(path, task.infra_config)
        yield from _worker_errors(path, task.infra_config)
        yield from _capacity_errors(path, task.infra_config)


def _unsupported_errors(path: str, task: Task) -> Iterator[str]:
    supported = INFRA_ATTRIBUTES.get(task.infra_type)
    if supported is None:
        return
    known = {attribute for attributes in INFRA_ATTRIBUTES.values() for attribute in attributes}
    for attribute in sorted(known.difference(supported)):
        if getattr(task.infra_config, attribute) not in (None, {}, ()):
            yield (
                f"{path}.{attribute} has no effect on {task.infra_type}, which supports architecture, "
                f"{', '.join(supported)}."
            )


def _size_errors(path: str, task: Task) -> Iterator[str]:
    if task.is_function:
        return _lambda_errors(task)
    return glue_errors(path, task.infra_config) if task.is_glue else _fargate_errors(path, task.infra_config)


def _fargate_errors(path: str, config: InfraConfig) -> Iterator[str]:
    cpu = DEFAULT_CPU if config.cpu is None else config.cpu
    memory = DEFAULT_MEMORY if config.memory is None else config.memory
    sizes = FARGATE_MEMORY.get(int(cpu), ()) if cpu == int(cpu) else ()
    if not sizes:
        yield f"{path}.cpu is {number_text(cpu)}; it must be {_alternatives(FARGATE_MEMORY)}."
    elif memory not in sizes:
        yield (
            f"{path}.memory is {number_text(memory)}; with cpu {number_text(cpu)} it must be one of "
            f"{', '.join(map(str, sizes))}."
        )
    if config.ephemeral_storage is not None and not 21 <= config.ephemeral_storage <= 200:
        yield (
            f"{path}.ephemeral_storage is {number_text(config.ephemeral_storage)}; it must be 21 to 200 GiB. The "
            "default is 20 GiB."
        )


def _lambda_errors(task: Task) -> Iterator[str]:
    path, config = f"tasks.{task.name}.infra_config", task.infra_config
    if config.memory is not None and config.memory not in LAMBDA_MEMORY:
        yield (
            f"{path}.memory is {number_text(config.memory)}; on Lambda it must be a whole number from "
            f"{LAMBDA_MEMORY.start} to {LAMBDA_MEMORY.stop - 1} MB. The default is 1769 MB, one vCPU. For a larger "
            'task set infra_type = "ECS".'
        )
    storage = config.ephemeral_storage
    if storage is not None and storage not in range(1, MAX_LAMBDA_STORAGE + 1):
        yield (
            f"{path}.ephemeral_storage is {number_text(storage)}; on Lambda it must be a whole number from "
            f"1 to {MAX_LAMBDA_STORAGE} GiB. The default is 0.5 GiB."
        )
    concurrency = config.reserved_concurrency
    if concurrency is not None and (concurrency < 1 or concurrency != int(concurrency)):
        yield (f"{path}.reserved_concurrency is {number_text(concurrency)}; it must be a whole number, 1 or more.")


def _alternatives(values: Iterable[int]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}"


def _setting_errors(path: str, config: InfraConfig) -> Iterator[str]:
    for setting in config.spark_configuration:
        if not setting.startswith("spark."):
            yield f"{path}.spark_configuration contains '{setting}'; names of Spark settings start with 'spark.'."
    for attribute in SPARK_SETTINGS:
        setting = attribute.replace("_", ".")
        if getattr(config, attribute) is not None and setting in config.spark_configuration:
            yield (
                f'{path} sets {attribute} and spark_configuration["{setting}"], which are the same setting. Remove one '
                "of them."
            )


def _worker_errors(path: str, config: InfraConfig) -> Iterator[str]:
    for attribute in SPARK_SETTINGS:
        value = getattr(config, attribute)
        if value is None:
            continue
        if attribute.endswith("_cores") and value not in SPARK_WORKER_CORES:
            cores = ", ".join(map(str, SPARK_WORKER_CORES))
            yield f"{path}.{attribute} is {number_text(value)}; a worker of EMR Serverless has {cores} cores."
        if attribute.endswith("_memory") and not re.fullmatch(MEMORY_PATTERN, value):
            yield (
                f"{path}.{attribute} is '{value}'; it must be a whole number of GB, or a number with its unit such as "
                "14g or 2048m."
            )


def _capacity_errors(path: str, config: InfraConfig) -> Iterator[str]:
    if (config.maximum_capacity_cpu is None) != (config.maximum_capacity_memory is None):
        yield (
            f"{path} sets one of maximum_capacity_cpu and maximum_capacity_memory; EMR Serverless requires both or "
            "neither."
        )
    for attribute, (unit, pattern) in MAXIMUM_CAPACITY.items():
        value = getattr(config, attribute)
        if value is not None and not re.fullmatch(pattern, value):
            yield f"{path}.{attribute} is '{value}'; it must be a whole number of {unit}, such as 16 or '16 {unit}'."
    minutes = config.idle_timeout_minutes
    if minutes is not None and not 1 <= minutes <= 10080:
        yield f"{path}.idle_timeout_minutes is {number_text(minutes)}; it must be from 1 to 10080."
