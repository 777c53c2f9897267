"""Rules for tasks on Glue, as in errors_glue.tf."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datalake_sdk.pipelines.definition import InfraConfig
from datalake_sdk.pipelines.limits import GLUE_WORKER_TYPES, JAR_PATTERN
from datalake_sdk.pipelines.values import number_text


def glue_errors(path: str, config: InfraConfig) -> Iterator[str]:
    """Yields the violations of the rules for the `infra_config` of a task on Glue.

    Args:
        path: Path of the attribute, for messages.
        config: The attribute.
    """
    if config.architecture == "ARM64":
        yield f"{path}.architecture is ARM64; on Glue it must be X86_64."
    if config.worker_type is not None and config.worker_type not in GLUE_WORKER_TYPES:
        yield f"{path}.worker_type is '{config.worker_type}'; it must be one of {', '.join(GLUE_WORKER_TYPES)}."
    if not _is_count(config.number_of_workers, 2):
        yield (
            f"{path}.number_of_workers is {number_text(config.number_of_workers or 0)}; it must be a whole number, 2 "
            "or more. One of them is the driver."
        )
    if not _is_count(config.max_concurrent_runs, 1):
        yield (
            f"{path}.max_concurrent_runs is {number_text(config.max_concurrent_runs or 0)}; it must be a whole number, "
            "1 or more."
        )
    for jar in config.extra_jars:
        if jar is None or not re.fullmatch(JAR_PATTERN, jar):
            yield (
                f"{path}.extra_jars contains '{'null' if jar is None else jar}'; it must be the URI of a jar, such as "
                "s3://bucket/jars/driver.jar."
            )
    for setting, value in config.spark_configuration.items():
        if value is not None and re.search(r"\s", value):
            yield (
                f"{path}.spark_configuration has '{setting}' = '{value}'; Glue does not accept white space in the "
                "values of settings."
            )


def _is_count(number: float | None, minimum: int) -> bool:
    return number is None or (number >= minimum and number == int(number))
