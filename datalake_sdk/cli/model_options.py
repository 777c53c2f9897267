"""Options that select a language model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from datalake_sdk.naming import MODEL_SIZES

PROVIDERS = ("bedrock", "anthropic", "openai", "ollama")
_DEFAULT_SIZE = "medium"

show_classified_option = click.option(
    "--show-classified",
    is_flag=True,
    help="Let queries of the model see the values of columns that contracts classify.",
)

Command = TypeVar("Command", bound=Callable[..., Any])


def model_options(command: Command) -> Command:
    """Adds --model-size, --provider and --model-id to a command."""
    for option in (
        click.option(
            "--model-id", metavar="ID", help="ID of the provider's model to use instead of an inference profile."
        ),
        click.option(
            "--provider", type=click.Choice(PROVIDERS), default="bedrock", show_default=True, help="Model provider."
        ),
        click.option(
            "--model-size",
            type=click.Choice(MODEL_SIZES),
            help=f"Inference profile of the domain on Bedrock.  [default: {_DEFAULT_SIZE}]",
        ),
    ):
        command = option(command)
    return command


def selected_size(model_size: str | None, model_id: str | None) -> str:
    """Returns the size of the inference profile.

    Raises:
        UsageError: Both were given.
    """
    if model_id and model_size:
        raise click.UsageError("Pass either --model-size or --model-id.")
    return model_size or _DEFAULT_SIZE
