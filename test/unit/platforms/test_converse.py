"""One call of a model on Bedrock."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import DatalakeError, UnreachableServiceError
from datalake_sdk.platforms.aws.converse import converse
from datalake_sdk.platforms.aws.session import AwsSession
from test.bedrock_runtime import BedrockRuntime, Reply, replies


@pytest.fixture
def ask(monkeypatch):
    """`ask(reply, seconds)` returns the answer of a model."""

    def ask(reply, seconds=60):
        with BedrockRuntime(replies(reply)) as server:
            for name, value in server.environment.items():
                monkeypatch.setenv(name, value)
            try:
                return converse(AwsSession(), "m", "Explain.", "{}", 10, seconds)
            finally:
                assert len(server.requests) == 1

    return ask


def test_a_model_that_does_not_answer_in_time_is_not_asked_again(ask):
    with pytest.raises(UnreachableServiceError):
        ask(Reply(("late",), is_held=True), seconds=0.1)


@pytest.mark.parametrize(("fault", "status"), [("ThrottlingException", 429), ("InternalServerException", 500)])
def test_a_failure_of_the_model_is_not_retried(ask, fault, status):
    with pytest.raises(DatalakeError):
        ask(Reply(fault=fault, status=status))


def test_the_texts_of_an_answer_are_joined(ask):
    assert ask(Reply(("The file ", "is empty."))) == "The file is empty."
