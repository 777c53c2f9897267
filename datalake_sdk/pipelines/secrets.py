"""References to secrets: the ARN of a secret in Secrets Manager, optionally with a key of its JSON value."""

from __future__ import annotations

import json

SECRET_NAME_PATTERN = r"[A-Z][A-Z0-9_]*"
SECRET_PATTERN = r"(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6})(:[^:]+(::)?)?"
"""In the form of ECS, without the version of the secret.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html"""
RESERVED_SECRET_NAMES = (
    r"(AWS_|DATALAKE_|TASK_).*|(PROJECT|DOMAIN|STAGE|PIPELINE)_NAME|(INPUT|OUTPUT)_TABLES|IS_SQL_JOB|PATH|HOME|REDSHIFT"
)
_ARN_FIELDS = 7


def secret_part(reference: str) -> tuple[str, str | None]:
    """Splits a reference into the ARN and the key of its JSON value; None stands for the whole value."""
    fields = reference.split(":")
    return ":".join(fields[:_ARN_FIELDS]), next(iter(fields[_ARN_FIELDS:]), None)


def secret_value(text: str, key: str) -> str:
    """Returns the value of a key in the JSON of a secret.

    Raises:
        ValueError: The text is not a JSON object, or has no such key; the message does not contain values.
    """
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ValueError("its value is not a JSON object, so it has no keys")
    if content.get(key) is None:
        raise ValueError(f"its value has no key '{key}'; its keys are {', '.join(sorted(content)) or 'none'}")
    return content[key] if isinstance(content[key], str) else json.dumps(content[key])
