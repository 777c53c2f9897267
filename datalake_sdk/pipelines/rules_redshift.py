"""Rules for the attribute redshift, as in errors_redshift.tf."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from datalake_sdk.pipelines.definition import Pipeline
from datalake_sdk.pipelines.limits import REDSHIFT_RULES


def redshift_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for databases in Redshift."""
    for task in pipeline.tasks.values():
        if task.redshift:
            yield from _errors(f"tasks.{task.name}.redshift", task.redshift)


def _errors(path: str, given: Mapping[str, str | None]) -> Iterator[str]:
    if (given.get("workgroup") is None) == (given.get("cluster") is None):
        yield f"{path} must have either workgroup or cluster."
    for attribute, (pattern, rule) in REDSHIFT_RULES.items():
        value = given.get(attribute)
        if value is not None and not re.fullmatch(pattern, value):
            yield f"{path}.{attribute} is '{value}'; it must be {rule}."
    if given.get("db_user") is not None and (given.get("workgroup") or given.get("secret_arn")):
        yield f"{path}.db_user is '{given['db_user']}'; with a workgroup or a secret_arn it must not be set."
