"""Secrets of a task: set as environment variables before its code runs, and masked in logs and reports."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

from datalake_sdk.errors import MissingSecretError, TaskSecretError
from datalake_sdk.masked_values import mask_logs, mask_value
from datalake_sdk.pipelines.secrets import secret_part, secret_value
from datalake_sdk.platforms.base import Platform


def load_secrets(platform: Platform, references: Mapping[str, str], variables: MutableMapping[str, str]) -> None:
    """Reads the secrets of a task into environment variables of the same names.

    On an embedded lake the variables must be set already.

    Args:
        platform: Platform on which the task runs.
        references: ARN in Secrets Manager by name, optionally with a JSON key: `arn…:key::`.
        variables: Environment variables, for example `os.environ`.

    Raises:
        MissingSecretError: A variable is not set on an embedded lake.
        TaskSecretError: A secret does not exist, is not text or has no such key.
        AccessDeniedError: The task's role may not read a secret.
    """
    for name, reference in references.items():
        value = variables.get(name) if platform.secrets is None else _stored(platform, name, reference)
        if not value:
            raise MissingSecretError(name, reference)
        mask_value(value)
        variables[name] = value
    if references:
        mask_logs()


def _stored(platform: Platform, name: str, reference: str) -> str:
    assert platform.secrets is not None
    arn, key = secret_part(reference)
    text = platform.secrets.read(arn)
    if text is None:
        raise TaskSecretError(name, reference, "it does not exist or has no text value")
    mask_value(text)
    try:
        return text if key is None else secret_value(text, key)
    except ValueError as error:
        raise TaskSecretError(name, reference, str(error)) from None
