"""Rules for input_paths and output_paths, as in errors_paths.tf."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datalake_sdk.pipelines.datasets import SOURCE
from datalake_sdk.pipelines.definition import Pipeline
from datalake_sdk.pipelines.limits import BUCKET_PATTERN


def path_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for paths."""
    for task in pipeline.tasks.values():
        for attribute in ("input_paths", "output_paths"):
            for value in getattr(task, attribute):
                if attribute == "input_paths" and value == SOURCE:
                    continue
                yield from _errors(f"tasks.{task.name}.{attribute}", value)


def _errors(path: str, value: str | None) -> Iterator[str]:
    if value is None or not re.match("s3://[^/]+/", value):
        shown = "null" if value is None else f"'{value}'"
        yield (
            f"{path} has {shown}; a path is s3://bucket/prefix/ for the objects "
            "below a prefix, s3://bucket/key for a single object, or s3://bucket/ for a whole bucket."
        )
        return
    if not re.match(f"s3://{BUCKET_PATTERN}/", value):
        yield (
            f"{path} has '{value}'; the name of a bucket is 3 to 63 lowercase letters, digits, '-' and '.', and starts "
            "and ends with a letter or digit."
        )
    if re.search("[*?$]", value.removeprefix("s3://").partition("/")[2]):
        yield (
            f"{path} has '{value}'; its key must not contain '*', '?' or '$'. A path that ends with '/' stands for all "
            "objects below it."
        )
