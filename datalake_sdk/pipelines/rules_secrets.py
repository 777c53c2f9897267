"""Rules for secrets, as in errors_secrets.tf."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datalake_sdk.pipelines.definition import Pipeline
from datalake_sdk.pipelines.secrets import RESERVED_SECRET_NAMES, SECRET_NAME_PATTERN, SECRET_PATTERN


def secret_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for secrets."""
    for task in pipeline.tasks.values():
        path = f"tasks.{task.name}.secrets"
        for name, reference in task.secrets.items():
            if not re.fullmatch(SECRET_NAME_PATTERN, name):
                yield (
                    f"{path} contains '{name}'; a name must be capital letters, digits and '_', starting with a letter."
                )
            elif re.fullmatch(RESERVED_SECRET_NAMES, name):
                yield f"{path} contains '{name}', an environment variable of every task. Choose another name."
            if not re.fullmatch(SECRET_PATTERN, reference or "", re.ASCII):
                yield (
                    f"{path}.{name} is '{'null' if reference is None else reference}'; it must be the complete ARN of "
                    "a secret in Secrets Manager, optionally with a key of its JSON value: {arn}:{key}::."
                )
