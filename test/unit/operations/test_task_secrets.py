"""Secrets of a task on an embedded lake."""

from __future__ import annotations

import pytest

from datalake_sdk import masked_values
from datalake_sdk.errors import MissingSecretError
from datalake_sdk.masked_values import with_masked_strings, without_masked_values
from datalake_sdk.operations.task_secrets import load_secrets
from datalake_sdk.platforms.select import open_platform, resolve_environment

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-AbCdEf"


@pytest.fixture
def platform(tmp_path, monkeypatch):
    monkeypatch.setattr(masked_values, "_masked", set())
    return open_platform(resolve_environment(None, None, None, local_root=tmp_path))


def test_secrets_are_environment_variables_and_are_masked(platform):
    variables = {"API_TOKEN": "hun ter2", "PIN": "123"}
    load_secrets(platform, {"API_TOKEN": ARN, "PIN": ARN}, variables)
    assert variables == {"API_TOKEN": "hun ter2", "PIN": "123"}
    assert without_masked_values("?key=hun%20ter2&pin=123") == "?key=[redacted]&pin=123"


def test_results_keep_their_numbers(platform):
    load_secrets(platform, {"PIN": ARN, "LOGIN": ARN}, {"PIN": "1234", "LOGIN": '{"port": 5432, "user": "hunter"}'})
    result = {"sales.orders": {"rows_read": 12345, "job_end_message": "1234 of hunter at 5432", "ids": [1234]}}
    assert with_masked_strings(result) == {
        "sales.orders": {"rows_read": 12345, "job_end_message": "[redacted] of [redacted] at 5432", "ids": [1234]}
    }


def test_a_missing_secret_is_named_with_its_variable(platform):
    with pytest.raises(MissingSecretError) as failed:
        load_secrets(platform, {"API_TOKEN": ARN}, {})
    assert failed.value.message == "the secret API_TOKEN of the task is not set"
    assert failed.value.hint == f"Set the environment variable API_TOKEN. A deployed task reads it from {ARN}."
