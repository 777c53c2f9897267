"""A model that follows a script, and a conversation with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

from strands.models import Model

from datalake_sdk.datalfred_agent.conversation import Answer, Conversation, Event
from datalake_sdk.datalfred_agent.folder import Folder
from datalake_sdk.datalfred_agent.models import OpenedModel
from datalake_sdk.datalfred_agent.queries import QueryLimits, QueryRunner
from datalake_sdk.datalfred_agent.query_process import QueryRequest, response
from datalake_sdk.datalfred_agent.tools import Drawing
from datalake_sdk.platforms.base import Platform
from test.bedrock_runtime import Call, Reply, Script, events


class ScriptedModel(Model):
    """Yields the events of the replies of a script.

    Attributes:
        requests: Messages, prompt and tools of each request.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []

    def update_config(self, **_config: Any) -> None:
        """Has no configuration."""

    def get_config(self) -> dict[str, Any]:
        return {"context_window_limit": 200_000}

    def structured_output(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def stream(
        self, messages: Any, tool_specs: Any = None, system_prompt: str | None = None, **_: Any
    ) -> AsyncGenerator[Any, None]:
        request = {"messages": json.loads(json.dumps(messages)), "system": system_prompt, "tools": tool_specs}
        self.requests.append(request)
        for kind, payload in events(self.script(request)):
            yield {kind: payload}


class InProcessRunner(QueryRunner):
    """Runs queries in this process, without its limits of time and memory."""

    async def respond(self, request: QueryRequest) -> dict[str, Any]:
        return response(request, lambda _bytes: None)


class Dialog:
    """A conversation with a scripted model.

    Attributes:
        events: All events that were shown.
        model: The model.
        operations: Operations for which the user was asked.
    """

    def __init__(
        self,
        platform: Platform,
        script: Script,
        folder: Path | None = None,
        runner: QueryRunner | None = None,
        attempts: int = 1,
        **limits: Any,
    ) -> None:
        self.model = ScriptedModel(script)
        self.events: list[Event] = []
        opened = OpenedModel("scripted", "scripted", self.model)
        queries = runner or InProcessRunner(platform.environment, QueryLimits(**limits))
        files = None if folder is None else Folder.at(folder)
        self.conversation = Conversation(platform, opened, queries, folder=files, attempts=attempts)
        self.operations: list[str] = []

    def ask(self, question: str = "?") -> Answer:
        """Asks without a terminal: nobody can approve an operation."""
        return asyncio.run(self.conversation.ask(question, self.events.append))

    def ask_at_a_terminal(self, *approvals: bool, meanwhile: Callable[[], Any] = lambda: None) -> Answer:
        """Asks a user who answers each request for an approval with the next of the given values.

        Args:
            approvals: Answers of the user.
            meanwhile: Called while the user decides.
        """
        remaining = iter(approvals)

        async def approve(operation: str) -> bool:
            self.operations.append(operation)
            meanwhile()
            return next(remaining)

        return asyncio.run(self.conversation.ask("?", self.events.append, approve))

    def drawings(self, width: int = 80) -> list[str]:
        """What was drawn for the user."""
        return [event.lines(width) for event in self.events if isinstance(event, Drawing)]

    def results(self) -> list[dict[str, Any]]:
        """The results of tools in the messages of the last request."""
        blocks = [block for given in self.model.requests[-1]["messages"] for block in given["content"]]
        return [block["toolResult"] for block in blocks if "toolResult" in block]

    def result(self) -> Any:
        """The last result of a tool, decoded."""
        return json.loads(self.results()[-1]["content"][0]["text"])


def calling(*calls: Call) -> Callable[[dict[str, Any]], Reply]:
    """Calls the tools, one for each turn, then answers `done`."""
    remaining = iter([*(Reply((call,)) for call in calls), Reply(("done",))])
    return lambda _request: next(remaining)
