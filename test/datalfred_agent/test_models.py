from __future__ import annotations

import asyncio
import gc

import pytest

from datalake_sdk.datalfred_agent.conversation import Conversation
from datalake_sdk.datalfred_agent.models import OpenedModel, model_errors, open_model
from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.errors import (
    DatalakeError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    ModelAccessError,
    ModelRequestError,
    ModelThrottledError,
    ModelUnavailableError,
    NoModelCredentialsError,
    TransientError,
)
from test.bedrock_runtime import BedrockRuntime, Reply, replies
from test.datalfred_agent.scripted_model import ScriptedModel

PROFILE = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/analyst/ana is not authorized to perform: "
    f"bedrock:InvokeModelWithResponseStream on resource: {PROFILE} because "
)
UNENABLED = "You don't have access to the model with the specified model ID."
ON_DEMAND = "Invocation of model ID m with on-demand throughput isn't supported. Retry your request with the ID or ARN"
UNSUBMITTED = "Model use case details have not been submitted for this account."


@pytest.fixture
def failure(shared_shop, monkeypatch):
    """Returns the class, message and hint of the error of a question that Bedrock answers with a fault."""
    # botocore retries by itself, too.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    def ask(fault: str, status: int, reason: str):
        with BedrockRuntime(lambda _request: Reply(fault=fault, status=status, reason=reason)) as server:
            for name, value in server.environment.items():
                monkeypatch.setenv(name, value)
            model = open_model(shared_shop.platform, "bedrock", "medium", "m")
            queries = QueryRunner(shared_shop.platform.environment)
            conversation = Conversation(shared_shop.platform, model, queries, attempts=1)
            with pytest.raises(DatalakeError) as caught:
                asyncio.run(conversation.ask("?", lambda _event: None))
        kind, message, hint = type(caught.value), caught.value.message, caught.value.hint
        del caught, conversation, model
        # botocore leaves the connection of an error response open: its warning must belong to this test.
        gc.collect()
        return kind, message, hint

    return ask


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("fault", "status", "reason", "kind", "hint"),
    [
        ("AccessDeniedException", 403, f"{DENIED}no identity-based policy allows it", ModelAccessError, PROFILE),
        ("AccessDeniedException", 403, f"{DENIED}of an explicit deny", ModelAccessError, "explicit deny"),
        ("AccessDeniedException", 403, UNENABLED, ModelAccessError, "Request access to the model"),
        ("ResourceNotFoundException", 404, UNSUBMITTED, ModelRequestError, "--model-id, the region"),
        ("ValidationException", 400, ON_DEMAND, ModelRequestError, "--model-id"),
        ("ExpiredTokenException", 403, "The security token is expired", ExpiredCredentialsError, "Log in again"),
        ("UnrecognizedClientException", 403, "invalid token", InvalidCredentialsError, "Log in again"),
        ("ThrottlingException", 429, "Too many tokens", ModelThrottledError, "a higher quota"),
        ("ThrottlingException", 200, "Too many requests", ModelThrottledError, "a higher quota"),
        ("ServiceQuotaExceededException", 400, "Too many tokens per day", ModelThrottledError, "a higher quota"),
        ("ModelNotReadyException", 429, "not ready", ModelUnavailableError, "in a moment"),
        ("ServiceUnavailableException", 503, "busy", ModelUnavailableError, "in a moment"),
        ("ModelStreamErrorException", 200, "interrupted", ModelUnavailableError, "in a moment"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else getattr(value, "__name__", None),
)
def test_failures_of_bedrock_name_the_model_the_reason_and_the_next_step(failure, fault, status, reason, kind, hint):
    raised, message, next_step = failure(fault, status, reason)
    assert raised is kind
    assert reason.removeprefix(DENIED) in message
    assert hint in next_step
    assert "'m'" in message or "credentials" in message
    assert issubclass(raised, TransientError) == (kind in (ModelThrottledError, ModelUnavailableError))


@pytest.mark.parametrize(
    ("provider", "setting"),
    [("anthropic", "ANTHROPIC_API_KEY"), ("openai", "OPENAI_API_KEY"), ("ollama", "OLLAMA_HOST")],
)
def test_failures_of_other_providers_name_their_settings(provider, setting):
    model = OpenedModel("m", "m", ScriptedModel(replies()), provider=provider)
    with pytest.raises(ModelRequestError) as caught, model_errors(model):
        raise ConnectionError("refused")
    assert setting in caught.value.hint


def test_without_credentials_bedrock_is_not_called(failure, monkeypatch, tmp_path):
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "missing"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("test.bedrock_runtime.ENVIRONMENT", {"AWS_REGION": "eu-west-1"})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    assert failure("", 200, "")[0] is NoModelCredentialsError
