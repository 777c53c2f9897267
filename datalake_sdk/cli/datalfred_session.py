"""A session of Datalfred at the terminal: a chat or one answer."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.agent_role import agent_role
from datalake_sdk.cli.event_loop import terminable_task
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import is_terminal
from datalake_sdk.cli.printing import print_json
from datalake_sdk.errors import MissingExtraError
from datalake_sdk.terminal_text import printable

if TYPE_CHECKING:
    from datalake_sdk.datalfred_agent.conversation import Answer, Conversation, Event
    from datalake_sdk.datalfred_agent.prices import Price
    from datalake_sdk.datalfred_agent.sessions import Sessions


@dataclass(frozen=True)
class SessionOptions:
    """Options of the command; see its help."""

    provider: str
    model_size: str
    model_id: str | None
    session_id: str | None
    prices: Path | None
    folder: Path | None
    show_classified: bool
    as_json: bool
    prints_results: bool


def run_session(lake: Lake, question: str | None, options: SessionOptions) -> None:
    """Answers a question, or chats until the user leaves.

    Args:
        lake: Lake whose tables are queried.
        question: The question; None starts a chat.
        options: Options of the command.

    Raises:
        MissingExtraError: The extra `agent` is not installed.
    """
    asyncio.run(terminable_task(_run(lake, question, options)))


async def _run(lake: Lake, question: str | None, options: SessionOptions) -> None:
    try:
        from datalake_sdk.datalfred_agent.conversation import Conversation
        from datalake_sdk.datalfred_agent.folder import Folder
        from datalake_sdk.datalfred_agent.models import open_model
        from datalake_sdk.datalfred_agent.prices import PRICES, read_prices
        from datalake_sdk.datalfred_agent.queries import QueryRunner
        from datalake_sdk.datalfred_agent.sessions import Sessions
        from datalake_sdk.datalfred_agent.tools import refuse
    except ModuleNotFoundError as error:
        raise MissingExtraError("agent", error.name or str(error)) from error
    prices = PRICES if options.prices is None else read_prices(options.prices)
    platform = lake.open()
    folder = None if options.folder is None else Folder.at(options.folder)
    model = open_model(platform, options.provider, options.model_size, options.model_id)
    sessions = Sessions(platform)
    session = await sessions.open(options.session_id)
    queries = QueryRunner(
        platform.environment, agent_role=agent_role(platform), show_classified=options.show_classified
    )
    conversation = Conversation(platform, model, queries, session, folder)
    if question is None:
        await _chat(conversation, sessions, session.identifier, prices, options.prints_results)
        return
    # What is piped to stdin is not an approval, and an operation that is not shown cannot be approved.
    approve = _approve if is_terminal() and sys.stderr.isatty() else refuse
    answer = await conversation.ask(question, _printer(options.prints_results), approve)
    _print_answer(conversation, session.identifier, answer, options.as_json)


async def _chat(
    conversation: Conversation,
    sessions: Sessions,
    session_id: str,
    prices: Mapping[str, Price],
    prints_results: bool,
) -> None:
    from datalake_sdk.datalfred_agent.chat import Chat

    await Chat(conversation, sessions, session_id, prices, prints_results=prints_results).run()


async def _approve(operation: str) -> bool:
    """Asks the user at the terminal; Ctrl-C refuses."""
    from datalake_sdk.datalfred_agent.terminal_input import discard_typed

    click.echo(f"Datalfred wants to run: {operation}", err=True)
    discard_typed(sys.stdin.fileno())
    click.echo("Type yes to run it: ", nl=False, err=True)
    return await _line_typed() and sys.stdin.readline().strip().lower() == "yes"


async def _line_typed() -> bool:
    """Waits in the event loop, which handles signals, until a line was typed; returns False on Ctrl-C."""
    loop = asyncio.get_running_loop()
    answers: asyncio.Queue[bool] = asyncio.Queue()
    handler = signal.getsignal(signal.SIGINT)
    loop.add_reader(sys.stdin, answers.put_nowait, True)
    loop.add_signal_handler(signal.SIGINT, answers.put_nowait, False)
    try:
        return await answers.get()
    finally:
        loop.remove_reader(sys.stdin)
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, handler)


def _printer(prints_results: bool) -> Callable[[Event], None]:
    from datalake_sdk.datalfred_agent.conversation import ToolResult
    from datalake_sdk.datalfred_agent.display import tool_line
    from datalake_sdk.datalfred_agent.tools import Drawing

    def show(event: Event) -> None:
        if isinstance(event, Drawing):
            click.echo(printable(event.lines(get_terminal_size().columns)), err=True)
        line = tool_line(event)
        if line is not None:
            click.echo(line, err=True)
        if prints_results and isinstance(event, ToolResult):
            click.echo(printable(event.text), err=True)

    return show


def _print_answer(conversation: Conversation, session_id: str, answer: Answer, as_json: bool) -> None:
    usage = conversation.queries.answer
    if as_json:
        print_json(
            {
                "answer": answer.text,
                "session_id": session_id,
                "model": conversation.model.name,
                "tokens": asdict(answer.tokens),
                "queries": asdict(usage),
                "seconds": round(answer.seconds, 3),
            }
        )
        return
    click.echo(printable(answer.text))
    click.echo(
        f"[session {session_id}: {answer.seconds:.1f} s, {answer.tokens.input + answer.tokens.cache_read:,} tokens in, "
        f"{answer.tokens.output:,} out, {usage.queries} {'query' if usage.queries == 1 else 'queries'}]",
        err=True,
    )
