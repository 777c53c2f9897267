"""The MCP server with the client of the `mcp` package: as a process over stdio, and in this process over HTTP."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from datalake_sdk.datalfred_agent.folder import Folder
from datalake_sdk.datalfred_agent.mcp_server import create_server, http_application
from datalake_sdk.datalfred_agent.queries import QueryLimits
from test.datalfred_agent.processes import ENDLESS, child, has_ended
from test.datalfred_agent.scripted_model import InProcessRunner

TOKEN = "a-token"
CHART = {
    "sql": "SELECT city, id FROM dev_sales.orders WHERE city = 'Lyon'",
    "kind": "bar",
    "x": "city",
    "y": ["id"],
    "title": "Orders",
}
URL = "http://127.0.0.1:8765/mcp"
AUTHORIZED = {"authorization": f"Bearer {TOKEN}"}
UNLIMITED = QueryLimits(queries_per_answer=1_000)
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.fixture
def stdio(shop, project):
    """Runs a function with a client of the server `datalake_sdk mcp`."""

    def run(use: Callable[[Client], Awaitable[Any]]) -> Any:
        arguments = ["-m", "datalake_sdk.cli", "--local", str(shop.root), "mcp", "--folder", str(project)]

        async def connected() -> Any:
            async with Client(StdioServerParameters(command=sys.executable, args=arguments)) as client:
                return await use(client)

        return asyncio.run(connected())

    return run


@pytest.fixture
def session(http):
    """Runs a function with a client of the server over HTTP."""

    def run(use: Callable[[Client], Awaitable[Any]]) -> Any:
        async def connected(client: httpx2.AsyncClient) -> Any:
            async with Client(streamable_http_client(URL, http_client=client)) as session:
                return await use(session)

        return http(connected, **AUTHORIZED)

    return run


@pytest.fixture
def project(tmp_path):
    """A folder with a file, and with a link to a file outside of it."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "main.py").write_text("TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz'\nrows = 1\n")
    (tmp_path / "outside.py").write_text("outside")
    (tmp_path / "project" / "link.py").symlink_to(tmp_path / "outside.py")
    return tmp_path / "project"


@pytest.fixture
def http(shop, project):
    """Runs a function with an HTTP client of the server."""

    def run(use: Callable[[httpx2.AsyncClient], Awaitable[Any]], **headers: str) -> Any:
        runner = InProcessRunner(shop.platform.environment, UNLIMITED)
        server = create_server(shop.platform, runner, folder=Folder.at(project))
        application = http_application(server, TOKEN)

        async def connected() -> Any:
            async with (
                server.session_manager.run(),
                httpx2.AsyncClient(transport=httpx2.ASGITransport(application), headers=headers) as client,
            ):
                return await use(client)

        return asyncio.run(connected())

    return run


def test_only_tools_that_read_are_served(session):
    async def use(client: Client):
        return (await client.list_tools()).tools

    tools = session(use)
    names = ["list_tables", "describe_table", "compare_snapshots", "table_layout", "query", "investigate", "plot"]
    assert [tool.name for tool in tools] == [*names, "list_files", "read_file", "propose_change"]
    assert all(tool.annotations.read_only_hint for tool in tools)


def test_results_are_structured_and_every_call_passes_the_same_checks(stdio, shop):
    before = shop.files()
    calls = [
        ("query", {"sql": "SELECT id FROM dev_sales.orders ORDER BY id"}),
        ("describe_table", {"database": "sales", "table": "orders"}),
        ("read_file", {"file": "main.py"}),
        ("query", {"sql": "DROP TABLE dev_sales.orders"}),
        ("query", {"sql": "SELECT 1", "approved": True}),
        ("describe_table", {"database": "..", "table": "orders"}),
        ("maintain_table", {"database": "sales", "table": "orders"}),
        ("save_chart", CHART | {"file": "orders.svg"}),
        ("ingest", {"database": "sales", "table": "orders", "file": "main.py", "mode": "append"}),
        ("read_file", {"file": "../outside.py"}),
        ("read_file", {"file": "link.py"}),
        ("shell", {"command": "id"}),
    ]

    async def use(client: Client):
        return [await client.call_tool(name, arguments) for name, arguments in calls]

    rows, description, file, *rejected = stdio(use)
    assert rows.structured_content["csv"] == "1\n2\n3"
    assert json.loads(rows.content[0].text) == rows.structured_content
    assert description.structured_content["rows"] == 3
    assert file.structured_content["text"] == "TOKEN = [redacted]\nrows = 1\n"
    assert all(result.is_error for result in rejected)
    assert "does not exist" in rejected[-1].structured_content["error"]
    assert shop.files() == before


def test_a_chart_is_an_image(session):
    async def use(client: Client):
        return await client.call_tool("plot", CHART), await client.call_tool("plot", CHART | {"y": ["city"]})

    drawn, rejected = session(use)
    text, image = drawn.content
    assert json.loads(text.text) == {"drawn": True, "rows": 1}
    assert (image.mime_type, b64decode(image.data)[:4]) == ("image/png", b"\x89PNG")
    assert rejected.is_error
    assert len(rejected.content) == 1


def test_a_proposed_change_is_returned_as_a_diff(session, project):
    async def use(client: Client):
        return await client.call_tool("propose_change", {"file": "main.py", "old": "rows = 1", "new": "rows = 2"})

    assert "+rows = 2" in session(use).structured_content["diff"]
    assert "rows = 1" in (project / "main.py").read_text()


def test_sigterm_ends_the_server_and_its_query(shop):
    command = [sys.executable, "-m", "datalake_sdk.cli", "--local", str(shop.root), "mcp"]
    call = {"method": "tools/call", "params": {"name": "query", "arguments": {"sql": ENDLESS}}}
    messages = [INITIALIZE, {"method": "notifications/initialized"}, {"id": 2, **call}]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        server.stdin.writelines(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages)
        server.stdin.flush()
        query = child(server)
        server.terminate()
        # stdin is open: the process must not wait for it.
        assert server.wait(timeout=60) == 128 + signal.SIGTERM
    assert has_ended(query)


def test_a_client_with_the_token_is_served_over_http(session):
    async def use(client: Client):
        return await client.call_tool("list_tables", {})

    tables = session(use).structured_content["tables"]
    assert [table["table"] for table in tables] == ["dev_sales.orders", "dev_stock.items"]
