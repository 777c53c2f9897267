"""Names of tables in the events of the run ledger on AWS."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from datalake_sdk.platforms.aws import run_events
from datalake_sdk.platforms.aws.run_events import AwsRunEvents
from datalake_sdk.platforms.aws.session import AwsSession


@pytest.fixture
def identity(monkeypatch):
    """`identity(port)`: namespace and name of a table if STS is at a port of this machine."""
    monkeypatch.setattr(run_events, "_IDENTITY_SECONDS", 0.1)
    for name, value in {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(name, value)

    def identity(port):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{port}")
        return AwsRunEvents(AwsSession("eu-west-1"), "technical").table_identity("dev_sales.orders")

    return identity


def test_without_a_connection_to_sts_tables_are_named_without_the_account(identity):
    assert identity(9) == ("arn:aws:glue:eu-west-1", "table/dev_sales/orders")


def test_if_sts_does_not_answer_tables_are_named_without_the_account(identity):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        assert identity(silent.getsockname()[1]) == ("arn:aws:glue:eu-west-1", "table/dev_sales/orders")
