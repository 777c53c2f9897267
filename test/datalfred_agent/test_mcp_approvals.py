"""Approvals by elicitation, in both forms of the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
import pytest
from mcp import Client

from datalake_sdk.datalfred_agent.mcp_server import create_server
from datalake_sdk.datalfred_agent.queries import QueryLimits
from test.datalfred_agent.scripted_model import InProcessRunner

MAINTAIN = {"database": "sales", "table": "orders"}
SHOWN = 'Datalfred wants to run: maintain_table {"database": "sales", "table": "orders", "force": false}'
YES = types.ElicitResult(action="accept", content={"approved": True})


class Sessions:
    """Runs functions with a client whose user gives an answer."""

    def __init__(self, shop, mode: str) -> None:
        self.platform = shop.platform
        self.mode = mode
        self.questions: list[str] = []

    def run(
        self, use: Callable[[Client], Awaitable[Any]], answer: types.ElicitResult | None, *, allow_writes: bool = True
    ) -> Any:
        return asyncio.run(self._run(use, answer, allow_writes))

    def call(self, answer: types.ElicitResult | None, **arguments: object) -> Any:
        async def use(client: Client) -> Any:
            return await client.call_tool("maintain_table", MAINTAIN | arguments)

        return self.run(use, answer)

    async def _run(self, use, answer, allow_writes):
        async def callback(_context, parameters):
            self.questions.append(parameters.message)
            return answer

        server = create_server(
            self.platform, InProcessRunner(self.platform.environment, QueryLimits()), allow_writes=allow_writes
        )
        async with Client(server, mode=self.mode, elicitation_callback=callback if answer else None) as client:
            return await use(client)


@pytest.fixture(params=["legacy", "auto"])
def sessions(request, shop):
    return Sessions(shop, request.param)


@pytest.fixture
def modern(shop):
    return Sessions(shop, "auto")


def test_an_approved_call_runs_with_the_arguments_that_were_shown(sessions):
    result = sessions.call(YES)
    assert sessions.questions == [SHOWN]
    assert result.structured_content["table"] == "dev_sales.orders"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        types.ElicitResult(action="decline"),
        types.ElicitResult(action="cancel"),
        types.ElicitResult(action="decline", content={"approved": True}),
        types.ElicitResult(action="accept"),
        types.ElicitResult(action="accept", content={"approved": False}),
        types.ElicitResult(action="accept", content={"approved": "yes"}),
    ],
    ids=str,
)
def test_other_answers_refuse_the_call(sessions, shop, answer):
    before = shop.files()
    result = sessions.call(answer)
    assert result.is_error
    assert "was not approved" in result.structured_content["error"]
    assert shop.files() == before


def test_invalid_arguments_are_rejected_without_a_question(sessions):
    assert sessions.call(YES, table="../orders").is_error
    assert sessions.questions == []


def test_an_approval_covers_one_call(sessions):
    async def use(client: Client) -> Any:
        return [await client.call_tool("maintain_table", MAINTAIN) for _ in range(2)]

    sessions.run(use, YES)
    assert sessions.questions == [SHOWN, SHOWN]


def test_tools_that_write_are_not_served_by_default(sessions):
    async def use(client: Client) -> Any:
        tools = (await client.list_tools()).tools
        return tools, await client.call_tool("maintain_table", MAINTAIN)

    tools, result = sessions.run(use, YES, allow_writes=False)
    assert "maintain_table" not in {tool.name for tool in tools}
    assert result.is_error
    assert sessions.questions == []


def test_tools_that_write_are_marked(sessions):
    async def use(client: Client) -> Any:
        return (await client.list_tools()).tools

    hints = {tool.name: tool.annotations for tool in sessions.run(use, YES)}
    assert (hints["maintain_table"].read_only_hint, hints["maintain_table"].destructive_hint) == (False, True)
    assert hints["query"].read_only_hint


async def asked(client: Client, arguments: dict[str, object], state: str | None = None) -> Any:
    return await client.session.call_tool(
        "maintain_table",
        arguments,
        input_responses={"approval": YES} if state else None,
        request_state=state,
        allow_input_required=True,
    )


def test_an_answer_does_not_cover_other_arguments(modern):
    async def use(client: Client) -> Any:
        question = await asked(client, MAINTAIN)
        return await asked(client, MAINTAIN | {"force": True}, question.request_state)

    assert "was not approved" in modern.run(use, YES).structured_content["error"]


@pytest.mark.parametrize("state", [None, "guessed"])
def test_an_answer_cannot_be_used_again_or_invented(modern, state):
    async def use(client: Client) -> Any:
        question = await asked(client, MAINTAIN)
        await asked(client, MAINTAIN, question.request_state)
        return await asked(client, MAINTAIN, state or question.request_state)

    assert isinstance(modern.run(use, YES), types.InputRequiredResult)
