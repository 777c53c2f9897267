from __future__ import annotations

import asyncio

import pytest

from datalake_sdk.datalfred_agent.conversation import Conversation
from datalake_sdk.datalfred_agent.models import open_model
from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.errors import ModelThrottledError, TransientError
from test.bedrock_runtime import BedrockRuntime, Reply, replies


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_throttled_model_is_a_transient_error(shop, monkeypatch):
    # botocore retries by itself, too.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    throttled = Reply(fault="ThrottlingException", status=429, reason="Too many tokens")
    with BedrockRuntime(replies(throttled)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        model = open_model(shop.platform, "bedrock", "medium", "m")
        conversation = Conversation(shop.platform, model, QueryRunner(shop.platform.environment), attempts=1)
        with pytest.raises(ModelThrottledError, match="model 'm' is throttled") as caught:
            asyncio.run(conversation.ask("?", lambda _event: None))
    assert isinstance(caught.value, TransientError)
