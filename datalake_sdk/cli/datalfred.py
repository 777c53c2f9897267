"""`datalake_sdk datalfred`: asks the agent of the lake."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.printing import print_json
from datalake_sdk.errors import MissingExtraError
from datalake_sdk.naming import MODEL_SIZES

if TYPE_CHECKING:
    from datalake_sdk.datalfred_agent.conversation import Answer, Conversation, Event

PROVIDERS = ("bedrock", "anthropic", "openai", "ollama")


@click.command("datalfred")
@click.option("--user-prompt", required=True, metavar="TEXT", help="Question to answer.")
@click.option(
    "--model-size",
    type=click.Choice(MODEL_SIZES),
    help="Inference profile of the domain on Bedrock.  [default: medium]",
)
@click.option("--provider", type=click.Choice(PROVIDERS), default="bedrock", show_default=True, help="Model provider.")
@click.option("--model-id", metavar="ID", help="Model at the provider, instead of an inference profile.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer and its usage as JSON.")
@click.option("--print-sub-agent-debug", is_flag=True, help="Print the results of tools to stderr.")
@click.pass_obj
def datalfred(
    lake: Lake,
    user_prompt: str,
    model_size: str | None,
    provider: str,
    model_id: str | None,
    as_json: bool,
    print_sub_agent_debug: bool,
) -> None:
    """Answers a question from the tables of the lake with a language model.

    The answer is printed to stdout, calls of tools to stderr. The model receives the names and descriptions of tables
    and the results of its queries; it cannot write. Requires the extra `agent`.
    """
    if model_id and model_size:
        raise click.UsageError("Pass either --model-size or --model-id.")
    conversation = _open(lake, provider, model_size or "medium", model_id)
    answer = asyncio.run(_answer(conversation, user_prompt, print_sub_agent_debug))
    _print_answer(conversation, answer, as_json)


def _open(lake: Lake, provider: str, size: str, model_id: str | None) -> Conversation:
    try:
        from datalake_sdk.datalfred_agent.conversation import Conversation
        from datalake_sdk.datalfred_agent.models import open_model
        from datalake_sdk.datalfred_agent.queries import QueryRunner
    except ModuleNotFoundError as error:
        raise MissingExtraError("agent", error.name or str(error)) from error
    platform = lake.open()
    return Conversation(platform, open_model(platform, provider, size, model_id), QueryRunner(platform.environment))


async def _answer(conversation: Conversation, question: str, prints_results: bool) -> Answer:
    from datalake_sdk.datalfred_agent.conversation import ToolResult
    from datalake_sdk.datalfred_agent.display import printable, tool_line

    def show(event: Event) -> None:
        line = tool_line(event)
        if line is not None:
            click.echo(line, err=True)
        if prints_results and isinstance(event, ToolResult):
            click.echo(printable(event.text), err=True)

    return await conversation.ask(question, show)


def _print_answer(conversation: Conversation, answer: Answer, as_json: bool) -> None:
    from datalake_sdk.datalfred_agent.display import printable

    usage = conversation.queries.answer
    if as_json:
        print_json(
            {
                "answer": answer.text,
                "model": conversation.model.name,
                "tokens": asdict(answer.tokens),
                "queries": asdict(usage),
                "seconds": round(answer.seconds, 3),
            }
        )
        return
    click.echo(printable(answer.text))
    click.echo(
        f"[{answer.seconds:.1f} s, {answer.tokens.input + answer.tokens.cache_read:,} tokens in, "
        f"{answer.tokens.output:,} out, {usage.queries} queries]",
        err=True,
    )
