"""The chat in a terminal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.history import DummyHistory
from prompt_toolkit.input.typeahead import clear_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from rich.console import Console

from datalake_sdk.datalfred_agent.conversation import Conversation, Event, Text, ToolResult
from datalake_sdk.datalfred_agent.costs import cost_lines
from datalake_sdk.datalfred_agent.display import tool_line
from datalake_sdk.datalfred_agent.markdown import MarkdownStream
from datalake_sdk.datalfred_agent.prices import Price
from datalake_sdk.datalfred_agent.sessions import Sessions
from datalake_sdk.datalfred_agent.terminal_input import discard_typed
from datalake_sdk.datalfred_agent.tools import Drawing
from datalake_sdk.errors import DatalakeError
from datalake_sdk.terminal_text import printable

_HELP = (
    "Enter sends the question, Alt+Enter starts a new line, Ctrl-C stops the answer. "
    "Commands: /tools, /cost, /sessions, /help and /exit. Ctrl-D also ends the chat."
)


class _ControlC(Exception):
    """The user pressed Ctrl-C; a KeyboardInterrupt is a signal that ends the process."""


class Chat:
    """Reads questions and prints answers until the user ends the chat.

    Args:
        conversation: Answers the questions.
        sessions: Sessions of the environment.
        session_id: Id of this session.
        prices: Prices of models.
        prints_results: Whether to print the results of tools.
    """

    def __init__(
        self,
        conversation: Conversation,
        sessions: Sessions,
        session_id: str,
        prices: Mapping[str, Price],
        *,
        prints_results: bool = False,
    ) -> None:
        self._conversation = conversation
        self._sessions = sessions
        self._session_id = session_id
        self._prices = prices
        self._prints_results = prints_results
        self._console = Console(highlight=False, emoji=False)
        self._prompt: PromptSession[str] = PromptSession(key_bindings=_key_bindings(), interrupt_exception=_ControlC)
        # A separate session, so that answers are not part of the history of questions.
        self._approval: PromptSession[str] = PromptSession(history=DummyHistory(), interrupt_exception=_ControlC)
        self._commands: dict[str, Callable[[], Awaitable[None]]] = {
            "/help": self._help,
            "/tools": self._tools,
            "/cost": self._cost,
            "/sessions": self._list_sessions,
        }

    async def run(self) -> None:
        """Runs the chat."""
        self._say(f"Datalfred, {self._conversation.model.name}, session {self._session_id}. {_HELP}", "dim")
        await self._resume()
        with suppress(EOFError):
            while (question := await self._read()) != "/exit":
                await self._handle(question)
        await self._cost()
        self._say(f"Resume with --session-id {self._session_id}", "dim")

    async def _resume(self) -> None:
        """Asks again for an approval that was pending when the session ended."""
        output = await self._conversation.resume(self._approve)
        if output is not None:
            self._say(tool_line(ToolResult("", output.text, output.failed)) or "", "dim")

    async def _read(self) -> str:
        try:
            # With its own handler, prompt_toolkit ignores Ctrl-C after the first answer.
            return (await self._prompt.prompt_async("> ", handle_sigint=False)).strip()
        except _ControlC:
            return ""

    async def _handle(self, question: str) -> None:
        if not question:
            return
        try:
            if question.startswith("/"):
                await self._commands.get(question, self._unknown)()
            else:
                await self._answer(question)
        except DatalakeError as error:
            self._say(f"Error: {error.message}", "red")
            if error.hint:
                self._say(f"Hint: {error.hint}", "red")

    async def _answer(self, question: str) -> None:
        markdown = MarkdownStream(self._console)

        def show(event: Event) -> None:
            if isinstance(event, Text):
                markdown.add(event.text)
                return
            markdown.end()
            if isinstance(event, Drawing):
                self._say(event.lines(self._console.width))
                return
            self._say(tool_line(event) or "", "dim")
            if self._prints_results and isinstance(event, ToolResult):
                self._say(event.text, "dim")

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._conversation.stop)
        try:
            answer = await self._conversation.ask(question, show, self._approve)
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            markdown.end()
        if answer.is_stopped:
            self._say("Stopped.", "yellow")

    async def _approve(self, operation: str) -> bool:
        self._say(f"Datalfred wants to run: {operation}", "bold yellow")
        terminal = self._approval.app.input
        clear_typeahead(terminal)
        discard_typed(terminal.fileno())
        try:
            answer = await self._approval.prompt_async("Type yes to run it: ", handle_sigint=False)
        except (_ControlC, EOFError):
            return False
        return answer.strip().lower() == "yes"

    async def _help(self) -> None:
        self._say(_HELP)

    async def _tools(self) -> None:
        for tool in self._conversation.tools:
            self._say(f"{tool.name}: {tool.description.splitlines()[0]}{' (asks you first)' if tool.writes else ''}")

    async def _cost(self) -> None:
        for line in cost_lines(self._conversation, self._prices):
            self._say(line)

    async def _list_sessions(self) -> None:
        for identifier in await self._sessions.identifiers():
            self._say(f"{identifier}{' (this one)' if identifier == self._session_id else ''}")

    async def _unknown(self) -> None:
        self._say(f"Unknown command. The commands are {', '.join([*self._commands, '/exit'])}.", "red")

    def _say(self, text: str, style: str | None = None) -> None:
        self._console.print(printable(text), style=style, markup=False)


def _key_bindings() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return bindings
