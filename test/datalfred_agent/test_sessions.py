from __future__ import annotations

import asyncio
import errno
import os
import stat

import pytest

from datalake_sdk.datalfred_agent.conversation import Conversation
from datalake_sdk.datalfred_agent.models import OpenedModel
from datalake_sdk.datalfred_agent.pending import PendingCall
from datalake_sdk.datalfred_agent.prices import Tokens
from datalake_sdk.datalfred_agent.sessions import Sessions
from datalake_sdk.datalfred_agent.tools import ToolOutput
from datalake_sdk.errors import (
    BrokenSessionError,
    InvalidSessionIdError,
    SessionStorageError,
    UnavailableToolError,
    UnknownSessionError,
)
from test.bedrock_runtime import Call, Reply, replies
from test.datalfred_agent.scripted_model import InProcessRunner, ScriptedModel

COUNT = Call("query", {"sql": "SELECT count(*) FROM dev_sales.orders"})


class Stored:
    """Asks questions in stored sessions, each time with a new agent."""

    def __init__(self, platform) -> None:
        self.platform = platform
        self.sessions = Sessions(platform)

    def ask(self, identifier: str | None, *given: Reply) -> tuple[str, Conversation, ScriptedModel]:
        return asyncio.run(self._ask(identifier, *given))

    async def _ask(self, identifier, *given):
        model = ScriptedModel(replies(*given))
        session = await self.sessions.open(identifier)
        queries = InProcessRunner(self.platform.environment)
        conversation = Conversation(self.platform, OpenedModel("m", "m", model), queries, session)
        await conversation.ask("How many orders?", lambda _event: None)
        return session.identifier, conversation, model


@pytest.fixture
def stored(shop):
    return Stored(shop.platform)


def test_a_resumed_session_remembers_the_conversation_and_its_usage(stored):
    identifier, _, _ = stored.ask(None, Reply((COUNT,)), Reply(("3",)))
    _, conversation, model = stored.ask(identifier, Reply(("Still 3.",)))
    texts = [block.get("text") for message in model.requests[0]["messages"] for block in message["content"]]
    assert texts == ["How many orders?", None, None, "3", "How many orders?"]
    assert conversation.tokens == Tokens(3_000, 150)
    assert conversation.queries.session.queries == 1


def test_sessions_are_listed_latest_first(stored):
    first, _, _ = stored.ask(None, Reply(("a",)))
    second, _, _ = stored.ask(None, Reply(("b",)))
    assert sorted(asyncio.run(stored.sessions.identifiers()), reverse=True) == sorted([first, second], reverse=True)


def test_sessions_are_private(stored, shop):
    stored.ask(None, Reply(("a",)))
    (folder,) = shop.root.rglob("datalfred")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_unknown_session_is_reported_with_the_existing_ones(stored):
    identifier, _, _ = stored.ask(None, Reply(("a",)))
    with pytest.raises(UnknownSessionError, match="session 'other' does not exist") as caught:
        stored.ask("other")
    assert identifier in caught.value.hint


@pytest.mark.parametrize("identifier", ["..", "", "a/b", "a\nb", "A", "a" * 65, "-a", "a\x00"])
def test_an_id_with_invalid_characters_is_rejected(stored, identifier):
    with pytest.raises(InvalidSessionIdError, match="lowercase letters"):
        stored.ask(identifier)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"scope": "agent", "schema_version": "9", "data": {}, "created_at": ""}', b"\xff"],
)
def test_a_broken_session_is_reported(stored, shop, content):
    identifier, _, _ = stored.ask(None, Reply(("a",)))
    (file,) = shop.root.rglob("snapshot_latest.json")
    file.write_bytes(content)
    with pytest.raises(BrokenSessionError, match=f"session '{identifier}' cannot be restored"):
        stored.ask(identifier)


@pytest.mark.parametrize("field", ["tokens", "role"])
def test_a_session_without_a_field_is_reported(stored, shop, field):
    identifier, _, _ = stored.ask(None, Reply(("a",)))
    (file,) = shop.root.rglob("snapshot_latest.json")
    file.write_text(file.read_text().replace(f'"{field}"', '"coins"'))
    with pytest.raises(BrokenSessionError):
        stored.ask(identifier)


def test_a_broken_pending_call_is_reported_once(stored, shop):
    identifier, _, _ = stored.ask(None, Reply(("a",)))
    session = asyncio.run(stored.sessions.open(identifier))
    asyncio.run(session.pending.store(PendingCall("query", {})))
    (file,) = shop.root.rglob(f"{identifier}/pending.json")
    file.write_bytes(b"{")
    with pytest.raises(BrokenSessionError, match="its pending call is invalid"):
        asyncio.run(session.pending.read())
    assert asyncio.run(session.pending.read()) is None


@pytest.fixture
def pending(stored):
    """Stores a call that waits for an approval, in a session without an answer, and resumes the session."""

    def resume(call: PendingCall, approve) -> ToolOutput | None:
        async def run():
            started = await stored.sessions.open()
            await started.pending.store(call)
            session = await stored.sessions.open(started.identifier)
            model = OpenedModel("m", "m", ScriptedModel(replies()))
            return await Conversation(
                stored.platform, model, InProcessRunner(stored.platform.environment), session
            ).resume(approve)

        return asyncio.run(run())

    return resume


async def killed(_operation: str) -> bool:
    raise KeyboardInterrupt


@pytest.mark.parametrize("tool", ["ingest", "query", "x\x1b[2J"])
def test_a_pending_call_of_a_tool_that_is_missing_or_reads_is_reported(pending, tool):
    with pytest.raises(UnavailableToolError, match="a tool that is not available here"):
        pending(PendingCall(tool, {"sql": "SELECT 1"}), killed)


def test_a_pending_call_with_invalid_arguments_is_not_shown(pending):
    assert pending(PendingCall("maintain_table", {"database": "../sales", "table": "orders"}), killed).failed


def test_a_truncated_session_is_reported(stored, shop):
    identifier, _, _ = stored.ask(None, Reply(("a" * 100,)))
    (file,) = shop.root.rglob("snapshot_latest.json")
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(BrokenSessionError, match=f"session '{identifier}' cannot be restored"):
        stored.ask(identifier)


def test_an_answer_is_returned_although_the_disk_is_full(stored, shop, caplog, monkeypatch):
    def fail(*_paths):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    identifier, conversation, _ = stored.ask(None, Reply(("a",)))
    assert conversation.tokens == Tokens(1_000, 50)
    assert "the session cannot be stored: No space left on device" in caplog.text
    with pytest.raises(UnknownSessionError):
        stored.ask(identifier)


def test_a_folder_that_cannot_be_created_is_reported(shop):
    folder = shop.root / shop.platform.environment.technical_bucket
    folder.mkdir()
    (folder / "datalfred").write_text("not a folder")
    with pytest.raises(SessionStorageError, match="the session cannot be stored: File exists: '.*datalfred'"):
        Sessions(shop.platform)
