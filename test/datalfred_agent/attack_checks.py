"""Attacks that are more than one call: each function returns whether the attack was held off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from io import StringIO
from typing import TypeAlias

import httpx2
from click.testing import CliRunner
from rich.console import Console

from datalake_sdk.cli.main import cli
from datalake_sdk.datalfred_agent.charts import create_chart
from datalake_sdk.datalfred_agent.conversation import ToolCall, ToolResult
from datalake_sdk.datalfred_agent.display import tool_line
from datalake_sdk.datalfred_agent.markdown import MarkdownStream
from datalake_sdk.datalfred_agent.mcp_server import create_server, http_application
from datalake_sdk.datalfred_agent.queries import QueryLimits, QueryResult, QueryRunner
from datalake_sdk.datalfred_agent.terminal_charts import terminal_chart
from datalake_sdk.errors import QueryTimeLimitError
from datalake_sdk.terminal_text import printable
from test.bedrock_runtime import Call
from test.datalfred_agent import attacks
from test.datalfred_agent.attack_calls import INGESTION
from test.datalfred_agent.scripted_model import InProcessRunner
from test.datalfred_agent.targets import AthenaChat, Chat, Target

Check: TypeAlias = Callable[[Target], bool]

TOKEN = "a-token"
URL = "http://127.0.0.1:8765/mcp"
AUTHORIZED = {"authorization": f"Bearer {TOKEN}"}
_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
_REJECTED_HEADERS: tuple[tuple[dict[str, str], int], ...] = (
    ({}, 401),
    ({"authorization": "Bearer other"}, 401),
    ({"authorization": TOKEN}, 401),
    ({"authorization": "Basic YTph"}, 401),
    ({"authorization": f"Bearer {TOKEN}x"}, 401),
    ({**AUTHORIZED, "host": "elsewhere.example"}, 421),
    ({**AUTHORIZED, "host": "127.0.0.1.elsewhere.example:8765"}, 421),
    ({**AUTHORIZED, "origin": "https://elsewhere.example"}, 403),
    ({**AUTHORIZED, "origin": "null"}, 403),
    ({**AUTHORIZED, "mcp-session-id": "of-another-user"}, 404),
)
_MISSPELT = (
    ("mcp", "--read-only-true"),
    ("mcp", "--allow-write"),
    ("mcp", "--allow-writes=ture"),
    ("mcp", "--transport", "htpp"),
    ("datalfred", "--user-prompt", "x", "--yes"),
    ("datalfred", "--user-prompt", "x", "--model-size", "smal"),
    ("datalfred", "--user-prompt", "x", "--provider", "bedrok"),
)
_LINKS = (
    "![ok](https://elsewhere.example/?d=ana)",
    "[click](https://elsewhere.example/?d=ana)",
    "<https://elsewhere.example/?d=ana>",
    "[click][1]\n\n[1]: https://elsewhere.example/?d=ana",
    '<img src="https://elsewhere.example/?d=ana">',
    "\x1b]8;;https://elsewhere.example/?d=ana\x07click\x1b]8;;\x07",
    "\x9d8;;https://elsewhere.example/?d=ana\x9cclick",
    "| a |\n|---|\n| [b](https://elsewhere.example/?d=ana) |",
)
_FORGERIES = (
    "\x1b[2J\x1b[HApproved? [y]",
    "\rDatalfred wants to run: nothing",
    "orders\b\b\b\b\b\bitems",
    "\u202eselbat",
    "\x1b]0;title\x07",
    "\x9b2Jx",
    "a\u2028b\u200bc",
    "\x1bPq\x1b\\x",
)


def checks(target: Target) -> dict[str, dict[str, Check]]:
    """Returns the attacks that apply to a target, by family and name."""
    is_terminal = isinstance(target, Chat)
    named: dict[str, dict[str, Check]] = {
        "exhaustion": {
            **{text[:30]: partial(_is_too_large, text) for text in attacks.TOO_LARGE},
            **_exhaustions(target),
        },
        "cost": _by_name(*_COSTS, *([_scanned_bytes_are_limited] if isinstance(target, AthenaChat) else [])),
        "confused approvals": _by_name(*_APPROVALS),
        "connections and options": {
            **{str(headers): partial(_is_rejected, headers, status) for headers, status in _REJECTED_HEADERS},
        }
        if not is_terminal
        else {" ".join(arguments): partial(_is_usage_error, arguments) for arguments in _MISSPELT},
    }
    return named | (_terminal_checks() if is_terminal else {})


def _by_name(*functions: Check) -> dict[str, Check]:
    return {function.__name__: function for function in functions}


def _terminal_checks() -> dict[str, dict[str, Check]]:
    return {
        "links in answers": {repr(text): partial(_has_no_link, text) for text in _LINKS},
        "forged terminals": {
            f"{name} {text!r}": partial(_is_printable, surface, text)
            for name, surface in _SURFACES.items()
            for text in _FORGERIES
        },
    }


def _is_too_large(statement: str, target: Target) -> bool:
    return all(outcome.failed for outcome in target.ask(Call("query", {"sql": statement})).outcomes)


def _exhaustions(target: Target) -> dict[str, Check]:
    if isinstance(target, AthenaChat):
        return {"endless query": _is_cancelled_on_athena}
    # The server runs queries like the chat: one of them shows that it has the limits.
    statements = attacks.EXHAUSTION if isinstance(target, Chat) else attacks.EXHAUSTION[:1]
    return {text[:60]: partial(_is_stopped, text) for text in statements}


def _is_stopped(statement: str, target: Target) -> bool:
    runner = QueryRunner(target.platform.environment, QueryLimits(seconds=3, memory_bytes=200_000_000))
    (outcome,) = target.ask(Call("query", {"sql": statement}), runner=runner).outcomes
    return outcome.failed


def _is_cancelled_on_athena(target: Target) -> bool:
    assert isinstance(target, AthenaChat)
    target.received()
    target.aws.control("hold_queries", containing="AS endless")
    runner = QueryRunner(target.platform.environment, QueryLimits(seconds=8))
    with suppress(QueryTimeLimitError):
        asyncio.run(runner.run("SELECT id AS endless FROM dev_sales.orders ORDER BY 1"))
        return False
    (query_id,) = [each for each, text in target.received().items() if "AS endless" in text]
    state = target.aws.control("finished_query", query_id=query_id)["Status"]["State"]
    target.aws.control("release_queries")
    return bool(state == "CANCELLED")


def _fifty_queries_stop_at_the_limit(target: Target) -> bool:
    calls = [Call("query", {"sql": f"SELECT {index}"}) for index in range(50)]
    return sum(not each.failed for each in target.ask(*calls, queries_per_answer=2).outcomes) == 2


def _failed_queries_count(target: Target) -> bool:
    calls = [Call("query", {"sql": text}) for text in ("SELECT nothing", "DROP TABLE dev_sales.orders", "SELECT 1")]
    return all(each.failed for each in target.ask(*calls, queries_per_answer=2).outcomes)


def _charts_count(target: Target) -> bool:
    chart = {"sql": "SELECT 1 AS x", "kind": "bar", "x": "x", "y": ["x"], "title": "x"}
    calls = [Call("plot", chart), Call("plot", chart | {"title": "y"}), Call("query", {"sql": "SELECT 1"})]
    limited = target.ask(*calls, queries_per_answer=1, queries_per_session=1).outcomes
    return sum(not each.failed for each in limited) <= 1


def _rows_are_limited(target: Target) -> bool:
    call = Call("query", {"sql": "SELECT n FROM UNNEST(sequence(1, 1000)) AS t(n)"})
    return bool(json.loads(target.ask(call, rows=10).outcomes[0].text)["rows"] == 10)


def _bytes_are_limited(target: Target) -> bool:
    call = Call("query", {"sql": "SELECT rpad('x', 10000, 'x') FROM UNNEST(sequence(1, 50)) AS t(n)"})
    return len(target.ask(call, result_bytes=20_000).outcomes[0].text) < 30_000


def _scanned_bytes_are_limited(target: Target) -> bool:
    fails = Call("query", {"sql": "SELECT 1 / (max(id) - max(id)) FROM dev_sales.orders"})
    runs = Call("query", {"sql": "SELECT max(id) FROM dev_sales.orders"})
    outcomes = target.ask(fails, runs, scanned_bytes_per_answer=1).outcomes
    return all(each.failed for each in outcomes) and "GB scanned" in outcomes[1].text


_COSTS = (_fifty_queries_stop_at_the_limit, _failed_queries_count, _charts_count, _rows_are_limited, _bytes_are_limited)


def _maintain(table: str = "orders", database: str = "sales", **more: object) -> Call:
    return Call("maintain_table", {"database": database, "table": table, **more})


def _one_approval_covers_one_call(target: Target) -> bool:
    outcomes = target.ask(_maintain(), _maintain(force=False), approvals=[True]).outcomes
    return [each.failed for each in outcomes] == [False, True]


def _an_approval_does_not_cover_another_table(target: Target) -> bool:
    asked = target.ask(_maintain(), _maintain("items", "stock"), approvals=[True])
    return [each.failed for each in asked.outcomes] == [False, True] and '"items"' in asked.operations[1]


def _an_approval_does_not_cover_another_tool(target: Target) -> bool:
    other = Call("ingest", INGESTION) if isinstance(target, Chat) else Call("delete_table", {"table": "orders"})
    outcomes = target.ask(_maintain(), other, approvals=[True]).outcomes
    return [each.failed for each in outcomes] == [False, True]


def _a_refused_call_is_not_run_when_repeated(target: Target) -> bool:
    calls = [_maintain(), _maintain(force=True), _maintain(force=False)]
    asked = target.ask(*calls)
    return all(each.failed for each in asked.outcomes) and len(asked.operations) == len(calls)


def _each_call_of_a_batch_is_shown(target: Target) -> bool:
    asked = target.ask(*[_maintain()] * 19, _maintain("items", "stock"), approvals=[True] * 19)
    return asked.outcomes[-1].failed and len(asked.operations) == 20


def _an_approval_shows_every_argument_in_ascii(target: Target) -> bool:
    (shown,) = target.ask(_maintain()).operations
    return shown.isascii() and shown.isprintable() and '"force": false' in shown


_APPROVALS = (
    _one_approval_covers_one_call,
    _an_approval_does_not_cover_another_table,
    _an_approval_does_not_cover_another_tool,
    _a_refused_call_is_not_run_when_repeated,
    _each_call_of_a_batch_is_shown,
    _an_approval_shows_every_argument_in_ascii,
)


def _is_rejected(headers: dict[str, str], status: int, target: Target) -> bool:
    server = create_server(target.platform, InProcessRunner(target.platform.environment, QueryLimits()))
    application = http_application(server, TOKEN)

    async def respond() -> int:
        accepted = {"accept": "application/json, text/event-stream", **headers}
        transport = httpx2.ASGITransport(application)
        async with server.session_manager.run(), httpx2.AsyncClient(transport=transport) as client:
            return int((await client.post(URL, json=_INITIALIZE, headers=accepted)).status_code)

    return asyncio.run(respond()) == status


def _is_usage_error(arguments: tuple[str, ...], target: Target) -> bool:
    return CliRunner().invoke(cli, ["--local", str(target.folder), *arguments]).exit_code == 2


def _has_no_link(text: str, _target: Target) -> bool:
    shown = _answer(text)
    return "\x1b]8" not in shown and "\x9d8" not in shown and "\x1b]8" not in printable(text)


def _answer(text: str) -> str:
    console = Console(force_terminal=True, color_system=None, width=120, record=True, file=StringIO())
    stream = MarkdownStream(console)
    stream.add(text)
    stream.end()
    return console.export_text(styles=True)


def _is_printable(surface: Callable[[str], str], text: str, _target: Target) -> bool:
    shown = surface(text)
    return all(character.isprintable() or character in "\n\t" for character in shown)


def _chart(text: str) -> str:
    result = QueryResult(
        [{"name": "x", "type": "string"}, {"name": "y", "type": "int64"}], [f'"{text}",1'], True, None, None
    )
    return printable(terminal_chart(create_chart("bar", text, "x", ["y"], result), 80))


_SURFACES: dict[str, Callable[[str], str]] = {
    "call of a tool": lambda text: tool_line(ToolCall(text, {text: text})) or "",
    "failed tool": lambda text: tool_line(ToolResult("query", json.dumps({"error": text}), True)) or "",
    "answer": lambda text: _without_styles(_answer(text)),
    "chart": _chart,
}


def _without_styles(shown: str) -> str:
    return "".join(_unstyled(shown))


def _unstyled(shown: str) -> Iterator[str]:
    # rich prints bold text and colors itself: https://ecma-international.org/publications-and-standards/standards/ecma-48/
    inside = False
    for index, character in enumerate(shown):
        if shown.startswith("\x1b[", index) and shown[index + 2 :].lstrip("0123456789;")[:1] == "m":
            inside = True
        if not inside:
            yield character
        if inside and character == "m":
            inside = False
