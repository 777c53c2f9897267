"""Arguments of `ingest_source`: values, and secrets in environment variables."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from datalake_sdk.errors import InvalidSettingError, MissingSourceVariableError, SecretInArgumentError
from datalake_sdk.masked_values import mask_logs, mask_value
from datalake_sdk.redaction import MASK, redacted

_ENVIRONMENT = "env:"
"""Prefix of the name of an environment variable with a secret."""


def secret(option: str, variable: str) -> str:
    """Returns the value of an environment variable, which messages and logs then mask.

    Raises:
        MissingSourceVariableError: The variable is not set.
    """
    value = os.environ.get(variable)
    if not value:
        raise MissingSourceVariableError(option, variable)
    mask_value(value)
    mask_logs()
    return value


def url(option: str, given: str) -> str:
    """Returns a URL, or the one in the environment variable of `env:NAME`.

    Raises:
        SecretInArgumentError: The argument contains a password.
        MissingSourceVariableError: The variable is not set.
    """
    if given.startswith(_ENVIRONMENT):
        value = secret(option, given.removeprefix(_ENVIRONMENT))
        if password := _password(value):
            mask_value(password)
            mask_value(unquote(password))
        return value
    if _password(given):
        raise SecretInArgumentError(option, "the password")
    return given


def _password(address: str) -> str:
    """Returns the password in a URL, also in one that is invalid; empty if there is none."""
    authority = re.split("[/?#]", address.partition("://")[2], maxsplit=1)[0]
    return authority.rpartition("@")[0].partition(":")[2]


def named_values(option: str, given: Iterable[str]) -> dict[str, str]:
    """Parses arguments of the form `NAME=VALUE` or `NAME=env:VARIABLE`.

    Raises:
        InvalidSettingError: An argument has no name, or a name is given twice.
        SecretInArgumentError: A value is a secret by its name.
        MissingSourceVariableError: A variable is not set.
    """
    values: dict[str, str] = {}
    for argument in given:
        name, equals, value = argument.partition("=")
        if not equals or not name or name in values:
            raise InvalidSettingError(option, name, "NAME=VALUE or NAME=env:VARIABLE, with each name once")
        if value.startswith(_ENVIRONMENT):
            value = secret(f"{option} {name}", value.removeprefix(_ENVIRONMENT))
        elif MASK in redacted(f"{name}: {value}"):
            raise SecretInArgumentError(option, name)
        values[name] = value
    return values


def json_or_text(given: str) -> Any:
    """Parses numbers, booleans and null; all other text is returned as it is."""
    try:
        value = json.loads(given)
    except ValueError:
        return given
    return given if isinstance(value, dict | list) else value
