"""Opens the model of an agent: on Bedrock through the domain's inference profiles, or at another provider."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalake_sdk import naming
from datalake_sdk.errors import (
    AccessDeniedError,
    AwsRequestError,
    AwsServiceError,
    ContextOverflowError,
    DatalakeError,
    MissingModelIdError,
    MissingProviderPackageError,
    ModelAccessError,
    ModelRequestError,
    ModelThrottledError,
    ModelUnavailableError,
    NoCredentialsError,
    NoModelCredentialsError,
    ThrottledError,
    UnreachableServiceError,
)
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.base import Platform

if TYPE_CHECKING:
    from strands.models import Model

BEDROCK = "bedrock"
_CONTEXT_WINDOW = 200_000
"""Tokens. strands cannot derive them from the ARN of an inference profile."""
_UNAVAILABLE = {
    "InternalServerException",
    "ModelNotReadyException",
    "ModelStreamErrorException",
    "ModelTimeoutException",
    "ServiceUnavailableException",
}
_QUOTA = "ServiceQuotaExceededException"
"""https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html"""


@dataclass(frozen=True)
class OpenedModel:
    """A model that answers.

    Args:
        name: Name for messages: a profile, or the id at the provider.
        price_id: Id under which its price is listed.
        model: The model.
        resources: ARNs for which Bedrock requires permissions; empty if unknown.
        service_errors: Translates exceptions of the provider into errors of the SDK.
        provider: A key of `PROVIDERS`.
    """

    name: str
    price_id: str
    model: Model
    resources: tuple[str, ...] = ()
    service_errors: Callable[[], AbstractContextManager[None]] = nullcontext
    provider: str = BEDROCK


def open_model(platform: Platform, provider: str, size: str, model_id: str | None) -> OpenedModel:
    """Opens a model; calls the provider only to find an inference profile.

    Args:
        platform: Platform whose profiles are used on Bedrock.
        provider: A key of `PROVIDERS`.
        size: Size of the profile; not used if `model_id` is given.
        model_id: Id of the model at the provider; None selects the profile.

    Raises:
        MissingModelIdError: The model id is missing.
        MissingProviderPackageError: The package of the provider is not installed.
        NoSuchModelProfileError: The domain has no profile of this size.
    """
    if provider == BEDROCK and model_id is None and platform.models is not None:
        return _profile(platform, size)
    if model_id is None:
        raise MissingModelIdError(provider, platform.environment.local_root if provider == BEDROCK else None)
    errors = aws_errors if provider == BEDROCK else nullcontext
    try:
        with errors():
            model = PROVIDERS[provider](platform, model_id)
    except ModuleNotFoundError as error:
        raise MissingProviderPackageError(provider, error.name or str(error)) from error
    except DatalakeError:
        raise
    except Exception as error:
        # The client of each provider has its own exceptions, for example for a missing API key.
        raise ModelRequestError(model_id, f"{type(error).__name__}: {_first_line(error)}", provider) from error
    return OpenedModel(model_id, model_id, model, service_errors=errors, provider=provider)


@contextmanager
def model_errors(model: OpenedModel) -> Iterator[None]:
    """Translates exceptions of any provider.

    Args:
        model: The model that is called.

    Raises:
        DatalakeError: The model cannot be called.
    """
    from strands.types.exceptions import (
        ContextWindowOverflowException,
        EventLoopException,
        ModelThrottledException,
    )

    try:
        with model.service_errors():
            try:
                yield
            except EventLoopException as error:
                raise error.original_exception from error
    except (ModelThrottledException, ThrottledError) as error:
        raise ModelThrottledError(model.name, _first_line(error)) from error
    except ContextWindowOverflowException as error:
        raise ContextOverflowError(model.name) from error
    except AccessDeniedError as error:
        raise ModelAccessError(model.name, error, model.resources) from error
    except NoCredentialsError as error:
        raise NoModelCredentialsError(model.name) from error
    except (AwsRequestError, AwsServiceError, UnreachableServiceError) as error:
        raise _bedrock_error(model.name, error) from error
    except DatalakeError:
        raise
    except Exception as error:
        raise ModelRequestError(model.name, f"{type(error).__name__}: {_first_line(error)}", model.provider) from error


def _bedrock_error(model: str, error: AwsRequestError | AwsServiceError | UnreachableServiceError) -> DatalakeError:
    # In a stream, the name of an exception is that of a member of the output, in lower camel case.
    code = getattr(error, "code", "")
    code = code[:1].upper() + code[1:]
    if code == _QUOTA:
        return ModelThrottledError(model, error.message)
    if code in _UNAVAILABLE or not isinstance(error, AwsRequestError):
        return ModelUnavailableError(model, error.message)
    return ModelRequestError(model, error.message, BEDROCK)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]


def _profile(platform: Platform, size: str) -> OpenedModel:
    assert platform.models is not None
    try:
        profile = platform.models.find(size)
    except AccessDeniedError as error:
        raise ModelAccessError(naming.model_profile_name(platform.environment.name, size), error) from error
    model = _bedrock(platform, profile.identifier, profile.models[0])
    resources = (profile.identifier, *profile.models)
    return OpenedModel(profile.name, profile.models[0], model, resources, aws_errors)


def _bedrock(platform: Platform, model_id: str, foundation_model: str = "") -> Model:
    from strands.models import BedrockModel, CacheConfig

    # strands cannot derive from the ARN of a profile whether its model has a cache of prompts.
    has_cache = "anthropic" in (foundation_model or model_id)
    session = platform.boto_session
    return BedrockModel(
        boto_session=session,
        region_name=None if session else AwsSession(platform.environment.region).region,
        model_id=model_id,
        cache_config=CacheConfig(strategy="anthropic") if has_cache else None,
        context_window_limit=_CONTEXT_WINDOW,
    )


def _anthropic(_platform: Platform, model_id: str) -> Model:
    from strands.models.anthropic import AnthropicModel

    return AnthropicModel(model_id=model_id, max_tokens=8_192)


def _openai(_platform: Platform, model_id: str) -> Model:
    from strands.models.openai import OpenAIModel

    return OpenAIModel(model_id=model_id)


def _ollama(_platform: Platform, model_id: str) -> Model:
    from strands.models.ollama import OllamaModel

    return OllamaModel(os.environ.get("OLLAMA_HOST"), model_id=model_id)


PROVIDERS: dict[str, Callable[[Platform, str], Model]] = {
    BEDROCK: _bedrock,
    "anthropic": _anthropic,
    "openai": _openai,
    "ollama": _ollama,
}
"""Providers by the name of `--provider`."""
