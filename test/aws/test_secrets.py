"""Secrets of a task in Secrets Manager: read by the role of the task, masked in its logs and in its failure."""

from __future__ import annotations

import json
import logging
import os

import pytest

from datalake_sdk import masked_values
from datalake_sdk.errors import AccessDeniedError, DatalakeError, TaskSecretError
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.operations.task_secrets import load_secrets
from datalake_sdk.runtime.reporting import failure_of

TASK = {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev", "PIPELINE_NAME": "raw"}
VALUE = 'hun"ter/2 é'


@pytest.fixture
def secret(program):
    """ARN of a secret with a key `token`."""
    created = program.aws.client("secretsmanager").create_secret(
        Name="shop/api", SecretString=json.dumps({"token": VALUE, "port": 5432})
    )
    return created["ARN"]


@pytest.fixture
def make_task(role, monkeypatch):
    """Returns a task with secrets, whose role may read one of them."""

    def make_task(secrets, allowed):
        monkeypatch.setattr(masked_values, "_masked", set())
        permissions = role("secretsmanager:GetSecretValue", allowed)
        variables = TASK | {"TASK_NAME": "load", "OUTPUT_TABLES": "{}", "TASK_SECRETS": json.dumps(secrets)}
        for name, value in {**variables, **permissions}.items():
            monkeypatch.setenv(name, value)
        for name in secrets:
            # Restored at the end of the test.
            monkeypatch.setenv(name, "")
        return NativePythonProcessingWrapper()

    return make_task


def test_the_code_of_a_task_finds_its_secrets_and_neither_log_nor_report_contains_them(secret, make_task, caplog):
    task = make_task({"API_TOKEN": f"{secret}:token::", "PORT": f"{secret}:port", "API": secret}, secret)
    handler = logging.StreamHandler()
    found = {}

    def function(job):
        found.update({name: os.environ[name] for name in ("API_TOKEN", "PORT", "API")})
        raise ValueError(f"cannot log in with {os.environ['API_TOKEN']!r}")

    logging.getLogger().addHandler(handler)
    try:
        with pytest.raises(DatalakeError) as failed:
            task.execute(function)
        line = handler.format(logging.makeLogRecord({"msg": "sent %r", "args": (VALUE,)}))
    finally:
        logging.getLogger().removeHandler(handler)
    assert found == {"API_TOKEN": VALUE, "PORT": "5432", "API": json.dumps({"token": VALUE, "port": 5432})}
    assert line == "sent '[redacted]'"
    assert "hun" not in failure_of(failed.value).cause
    assert "cannot log in with '[redacted]'" in failure_of(failed.value).cause


def test_another_task_may_not_read_the_secret(secret, make_task):
    task = make_task({"API_TOKEN": secret}, secret.replace("shop/api", "shop/other"))
    with pytest.raises(AccessDeniedError, match="secretsmanager:GetSecretValue"):
        task.execute(lambda job: None)


def test_a_secret_that_cannot_be_read_is_named(program, secret, make_task):
    missing = secret.replace("shop/api", "shop/none")
    task = make_task({}, "*")
    for reference, words in (
        (f"{secret}:password::", "'password'; its keys are port, token"),
        (missing, "it does not exist"),
    ):
        with pytest.raises(TaskSecretError, match=words) as failed:
            load_secrets(task.platform, {"API_TOKEN": reference}, {})
        assert failed.value.message.startswith(f"the secret API_TOKEN of the task is '{reference}'")
