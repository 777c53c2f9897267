"""A conversation: questions, answers, and the calls of tools in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeAlias

from strands import Agent
from strands.hooks import AfterInvocationEvent, AfterModelCallEvent, AfterToolCallEvent, BeforeToolCallEvent
from strands.session import SessionManager
from strands.tools.executors import SequentialToolExecutor
from strands.types._events import ToolResultEvent
from strands.types.exceptions import MaxTokensReachedException, ModelThrottledException, SnapshotException
from strands.types.tools import AgentTool, ToolSpec, ToolUse

from datalake_sdk.datalfred_agent.folder import Folder
from datalake_sdk.datalfred_agent.lake_tools import lake_tools
from datalake_sdk.datalfred_agent.models import OpenedModel, model_errors
from datalake_sdk.datalfred_agent.pending import PendingCall
from datalake_sdk.datalfred_agent.prices import Tokens
from datalake_sdk.datalfred_agent.prompt import system_prompt
from datalake_sdk.datalfred_agent.queries import QueryRunner, QueryUsage
from datalake_sdk.datalfred_agent.sessions import Session
from datalake_sdk.datalfred_agent.tools import Approve, Drawing, Tool, ToolOutput, as_data, refuse
from datalake_sdk.errors import BrokenSessionError, IncompleteAnswerError, StoppedToolError, UnavailableToolError
from datalake_sdk.platforms.base import Platform

MAX_TURNS = 40
"""Maximum number of model calls per answer."""
_ATTEMPTS = 4
_INITIAL_DELAY_SECONDS = 2
_USAGE = "usage"
"""Key of the usage in the stored state."""
_STOPPED = "(stopped by the user)"
_INCOMPLETE = {
    "limit_turns": f"it needed more than {MAX_TURNS} calls of the model",
    "max_tokens": "the model reached the maximum length of its output",
    "content_filtered": "a content filter of the provider blocked it",
    "guardrail_intervened": "a guardrail of the provider blocked it",
    "refusal": "the model refused to answer",
}


@dataclass(frozen=True)
class Text:
    """A piece of the answer, as it is generated."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A tool that is about to run."""

    name: str
    arguments: Any


@dataclass(frozen=True)
class ToolResult:
    """The result of a tool, as the model sees it."""

    name: str
    text: str
    failed: bool


@dataclass(frozen=True)
class Throttled:
    """The provider limits the rate of requests; the next attempt follows after a delay."""

    seconds: float


Event: TypeAlias = Text | ToolCall | ToolResult | Drawing | Throttled


@dataclass(frozen=True)
class Answer:
    """An answer.

    Args:
        text: Its last message, Markdown.
        is_stopped: Whether the user stopped it.
        tokens: Tokens that it used.
        seconds: Time that it took.
    """

    text: str
    is_stopped: bool
    tokens: Tokens
    seconds: float


class Conversation:
    """A conversation with a model that uses the tools of an environment.

    Args:
        platform: Platform of the environment.
        model: Model that answers.
        queries: Runs the queries of the model.
        session: Stores the conversation; None keeps it in memory.
        folder: Folder whose files the tools can use; None for no files.
        attempts: Maximum number of attempts of a throttled request.

    Raises:
        BrokenSessionError: The stored session cannot be restored.

    Attributes:
        tokens: Tokens of the session, including stopped and failed answers.
    """

    def __init__(
        self,
        platform: Platform,
        model: OpenedModel,
        queries: QueryRunner,
        session: Session | None = None,
        folder: Folder | None = None,
        attempts: int = _ATTEMPTS,
    ) -> None:
        self.model = model
        self.queries = queries
        self.tools = lake_tools(platform, queries, lambda drawing: self._show(drawing), folder)
        self.tokens = Tokens()
        self._answer_tokens = Tokens()
        self._show: Callable[[Event], None] = _ignore
        self._approve: Approve = refuse
        self._pending = None if session is None else session.pending
        self._note = ""
        self._attempts = attempts
        self._throttled = 0
        self._stopping = asyncio.Event()
        self._running: asyncio.Future[ToolOutput] | None = None
        self._agent = self._create_agent() if session is None else self._restored_agent(session)
        # A stored session restores the prompt with which it was stored.
        self._agent.system_prompt = system_prompt(platform.environment)

    async def ask(self, question: str, show: Callable[[Event], None], approve: Approve = refuse) -> Answer:
        """Answers a question.

        Args:
            question: What the user typed.
            show: Called with each event.
            approve: Asks the user before an operation that writes; refuses all by default.

        Raises:
            DatalakeError: The model cannot be called.
            IncompleteAnswerError: A limit stopped the answer.
        """
        self._show, self._approve = show, approve
        self._answer_tokens = Tokens()
        self.queries.start_answer()
        self._stopping = asyncio.Event()
        self._complete_last_turn()
        started = time.monotonic()
        with model_errors(self.model):
            reason = await self._stream(self._note + question)
        self._note = ""
        if reason in _INCOMPLETE:
            raise IncompleteAnswerError(_INCOMPLETE[reason])
        return Answer(self._last_text(), reason == "cancelled", self._answer_tokens, time.monotonic() - started)

    async def resume(self, approve: Approve) -> ToolOutput | None:
        """Asks for the approval that was pending when the session ended, and runs the call if it is given.

        Args:
            approve: Asks the user.

        Returns:
            The result, which the model receives with the next question; None if no call was pending.

        Raises:
            BrokenSessionError: The stored call is invalid.
            UnavailableToolError: The chat does not have the tool.
        """
        call = None if self._pending is None else await self._pending.read()
        if self._pending is None or call is None:
            return None
        tool = next((tool for tool in self.tools if tool.name == call.tool and tool.writes), None)
        if tool is None:
            raise UnavailableToolError(call.tool)
        self._approve = approve
        output = await tool.call(call.arguments, partial(self._approved, call))
        await self._pending.clear()
        self._note = f"(The pending call of {tool.name} was shown to the user again. Its result: {output.text})\n\n"
        return output

    def stop(self) -> None:
        """Stops the answer and its running query."""
        self._stopping.set()
        self.queries.stop()
        # A query stops by itself and reports the bytes that it has scanned.
        if self._running is not None and self.queries.process_id is None:
            self._running.cancel()
        self._agent.cancel(message=_STOPPED)

    def _create_agent(self, manager: SessionManager[Any] | None = None) -> Agent:
        hooks: list[Any] = [self._before_tool, self._after_tool, self._after_model, self._store_usage]
        return Agent(
            model=self.model.model,
            tools=[_StrandsTool(tool, self._call) for tool in self.tools],
            hooks=hooks,
            session_manager=manager,
            tool_executor=SequentialToolExecutor(),
            # That of strands cannot be stopped while it waits.
            retry_strategy=None,
            callback_handler=None,
        )

    def _restored_agent(self, session: Session) -> Agent:
        try:
            agent = self._create_agent(session.manager)
            # strands restores messages as they are stored.
            _ = [message["role"] for message in agent.messages]
            usage = agent.state.get(_USAGE)
            if usage:
                self.tokens = Tokens(**usage["tokens"])
                self.queries.session = QueryUsage(**usage["queries"])
        except (SnapshotException, AttributeError, LookupError, TypeError, ValueError) as error:
            raise BrokenSessionError(session.identifier, f"{type(error).__name__}: {error}".splitlines()[0]) from error
        return agent

    async def _stream(self, question: str) -> str:
        reason = "end_turn"
        try:
            async for event in self._agent.stream_async(question, limits={"turns": MAX_TURNS}):
                if "data" in event:
                    self._show(Text(event["data"]))
                self._count_tokens(event.get("event", {}).get("metadata", {}).get("usage", {}))
                if "result" in event:
                    reason = str(event["result"].stop_reason)
        except MaxTokensReachedException:
            return "max_tokens"
        except ModelThrottledException:
            if not self._stopping.is_set():
                raise
            return "cancelled"
        return reason

    def _complete_last_turn(self) -> None:
        # After an error the last message is the user's; Bedrock requires roles to alternate.
        # https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html
        messages = self._agent.messages
        if messages and messages[-1]["role"] == "user":
            messages.append({"role": "assistant", "content": [{"text": "(no answer)"}]})

    def _last_text(self) -> str:
        messages = self._agent.messages
        blocks = messages[-1]["content"] if messages and messages[-1]["role"] == "assistant" else []
        return "".join(block["text"] for block in blocks if "text" in block)

    def _count_tokens(self, usage: Mapping[str, int]) -> None:
        names = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
        used = Tokens(*(usage.get(name, 0) for name in names))
        self._answer_tokens += used
        self.tokens += used

    def _store_usage(self, _event: AfterInvocationEvent) -> None:
        self._agent.state.set(_USAGE, {"tokens": asdict(self.tokens), "queries": asdict(self.queries.session)})

    async def _call(self, tool: Tool[Any], given: Any) -> ToolOutput:
        """Calls a tool; if the user stops it, its thread may continue, but its result is not awaited."""
        approve = partial(self._approved, PendingCall(tool.name, given))
        self._running = asyncio.ensure_future(tool.call(given, approve))
        try:
            return await self._running
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            stopped = StoppedToolError(tool.name, writes=tool.writes)
            return ToolOutput(as_data({"error": stopped.message, "hint": stopped.hint}), failed=True)
        finally:
            self._running = None

    async def _approved(self, call: PendingCall, operation: str) -> bool:
        if self._pending is None or self._approve is refuse:
            return await self._approve(operation)
        await self._pending.store(call)
        answer = await self._approve(operation)
        await self._pending.clear()
        return answer

    async def _after_model(self, event: AfterModelCallEvent) -> None:
        """Repeats a throttled request after a delay, unless the user stops the answer."""
        self._throttled = self._throttled + 1 if isinstance(event.exception, ModelThrottledException) else 0
        if not 0 < self._throttled < self._attempts:
            self._throttled = 0
            return
        delay = _INITIAL_DELAY_SECONDS * 2 ** (self._throttled - 1)
        self._show(Throttled(delay))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), delay)
        event.retry = not self._stopping.is_set()

    def _before_tool(self, event: BeforeToolCallEvent) -> None:
        self._show(ToolCall(event.tool_use["name"], event.tool_use["input"]))

    def _after_tool(self, event: AfterToolCallEvent) -> None:
        text = "".join(block.get("text", "") for block in event.result["content"])
        self._show(ToolResult(event.tool_use["name"], text, event.result["status"] == "error"))


class _StrandsTool(AgentTool):
    """Adapts a tool to the interface of strands."""

    def __init__(self, tool: Tool[Any], call: Callable[[Tool[Any], Any], Awaitable[ToolOutput]]) -> None:
        super().__init__()
        self._tool = tool
        self._call = call

    @property
    def tool_name(self) -> str:
        return self._tool.name

    @property
    def tool_spec(self) -> ToolSpec:
        tool = self._tool
        return {"name": tool.name, "description": tool.description, "inputSchema": {"json": tool.schema}}

    @property
    def tool_type(self) -> str:
        return "lake"

    async def stream(
        self, tool_use: ToolUse, invocation_state: dict[str, Any], **_: Any
    ) -> AsyncGenerator[ToolResultEvent, None]:
        output = await self._call(self._tool, tool_use["input"])
        yield ToolResultEvent(
            {
                "toolUseId": tool_use["toolUseId"],
                "status": "error" if output.failed else "success",
                "content": [{"text": output.text}],
            }
        )


def _ignore(_event: Event) -> None:
    """Shows nothing."""
