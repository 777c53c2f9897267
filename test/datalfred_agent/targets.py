"""What is attacked: the agent on an embedded lake, the agent on the emulator of AWS, and the MCP server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mcp_types as types
import pyarrow as pa
from mcp import Client
from mcp.server.lowlevel import Server
from pyiceberg.exceptions import NamespaceAlreadyExistsError
from pyiceberg.schema import Schema

from datalake_sdk.datalfred_agent.folder import Folder
from datalake_sdk.datalfred_agent.mcp_server import create_server
from datalake_sdk.datalfred_agent.queries import QueryLimits, QueryRunner
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import Environment, TableName
from test.bedrock_runtime import Call, Reply, replies
from test.datalfred_agent.conftest import ORDERS
from test.datalfred_agent.obedience import DONE, obeying, unobeyed
from test.datalfred_agent.scripted_model import Dialog, InProcessRunner
from test.emulator import Emulator
from test.emulator.domain import create_domain

OUTSIDE_SECRET = "hunter2-outside"
_UNLIMITED = {"queries_per_answer": 10_000, "queries_per_session": 10_000, "result_bytes": 1_000_000}
_DECLINED = types.ElicitResult(action="decline")
_ACCEPTED = types.ElicitResult(action="accept", content={"approved": True})


@dataclass(frozen=True)
class Outcome:
    """What a call of a tool returned."""

    call: Call
    text: str
    failed: bool


@dataclass(frozen=True)
class Round:
    """What the calls of one answer returned.

    Args:
        outcomes: One for each call, in order.
        operations: Operations for which the user was asked.
        seen: Everything that the model received.
    """

    outcomes: list[Outcome]
    operations: list[str]
    seen: str


def embedded_chat(folder: Path) -> Chat:
    """Returns the agent on a new embedded lake in a folder."""
    return Chat(_embedded(folder), _files(folder))


def mcp_server(folder: Path) -> McpServer:
    """Returns the MCP server of a new embedded lake in a folder."""
    return McpServer(_embedded(folder), _files(folder))


def athena_chat(folder: Path, aws: Emulator) -> AthenaChat:
    """Returns the agent on a new domain in an account, which environment variables select."""
    environment = Environment("shop", "sales", "dev")
    create_domain(aws, environment, ["sales", "stock", "crm", "ops"])
    return AthenaChat(open_platform(environment), _files(folder), aws)


def _embedded(folder: Path) -> Platform:
    return open_platform(resolve_environment(None, None, None, local_root=folder / "lake"))


def _files(folder: Path) -> Path:
    files = folder / "files"
    files.mkdir()
    return files


class Target:
    """An environment with `sales.orders` and `stock.items`, and a folder of files.

    Args:
        platform: Platform of the environment.
        folder: Folder whose files the agent may use; next to it is a file with a secret.
    """

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform = platform
        self.folder = folder
        self.outside = folder.parent / "outside.csv"
        self.outside.write_text(f"id,secret\n1,{OUTSIDE_SECRET}\n")
        (folder / "link.csv").symlink_to(self.outside)
        self.create("sales.orders", ORDERS)
        self.create("stock.items", [{"item": 10, "name": "cup"}])

    def create(
        self,
        name: str,
        rows: Sequence[dict[str, Any]],
        schema: Schema | None = None,
        properties: dict[str, str] | None = None,
    ) -> None:
        """Creates a table, by default with the schema of the rows."""
        table = TableName.parse(name)
        identifier = table.identifier(self.platform.environment)
        batch = pa.Table.from_pylist(list(rows), schema=schema.as_arrow() if schema else None)
        with suppress(NamespaceAlreadyExistsError):
            self.platform.catalog.create_namespace(identifier[0])
        location = self.platform.table_location(table)
        created = self.platform.catalog.create_table(
            identifier, schema or batch.schema, location=location, properties=properties or {}
        )
        for part in (batch.slice(0, 1), batch.slice(1)):
            if part.num_rows:
                created.append(part)

    def ask(
        self,
        *calls: Call,
        obeys: bool = True,
        approvals: Iterable[bool] = (),
        runner: QueryRunner | None = None,
        **limits: Any,
    ) -> Round:
        """Lets a model make calls.

        Args:
            calls: The calls.
            obeys: Whether it then obeys all instructions in their results.
            approvals: Answers of the user to requests for an approval; further ones are refused.
            runner: Runs the queries; by default in this process.
            limits: Limits of the queries in this process.
        """
        used = runner or InProcessRunner(self.platform.environment, QueryLimits(**(_UNLIMITED | limits)))
        return self._ask(calls, obeys, approvals, used)

    def _ask(self, calls: Sequence[Call], obeys: bool, approvals: Iterable[bool], runner: QueryRunner) -> Round:
        raise NotImplementedError

    def tools(self) -> set[str]:
        """Names of the tools that the model can call."""
        raise NotImplementedError

    def state(self) -> Any:
        """Everything that a write could change, to compare; not the run ledger, which is written in the background."""
        files = sorted(path for path in self.folder.parent.rglob("*") if path.is_file() and "runs" not in path.parts)
        return [(path, path.stat().st_size, path.stat().st_mtime_ns) for path in files]

    def received(self) -> dict[str, str]:
        """Statements that Athena has received since the last call, by their ids."""
        return {}


class Chat(Target):
    """The agent of the chat."""

    def tools(self) -> set[str]:
        return {tool.name for tool in Dialog(self.platform, obeying(), self.folder).conversation.tools}

    def _ask(self, calls: Sequence[Call], obeys: bool, approvals: Iterable[bool], runner: QueryRunner) -> Round:
        script = obeying(*calls) if obeys else replies(Reply(tuple(calls)), DONE)
        dialog = Dialog(self.platform, script, self.folder, runner)
        dialog.ask_at_a_terminal(*approvals, *[False] * 1_000)
        made = [
            Call(block["toolUse"]["name"], block["toolUse"]["input"])
            for message in dialog.model.requests[-1]["messages"]
            for block in message["content"]
            if "toolUse" in block
        ]
        outcomes = [
            Outcome(call, result["content"][0]["text"], result["status"] == "error")
            for call, result in zip(made, dialog.results(), strict=True)
        ]
        return Round(outcomes, dialog.operations, json.dumps(dialog.model.requests[-1], ensure_ascii=False))


class AthenaChat(Chat):
    """The agent of the chat on the emulator, whose Athena records the statements that it receives."""

    def __init__(self, platform: Platform, folder: Path, aws: Emulator) -> None:
        self.aws = aws
        self._received: set[str] = set()
        super().__init__(platform, folder)

    def state(self) -> Any:
        s3 = self.aws.client("s3")
        environment = self.platform.environment
        listed = [
            entry
            for bucket in (environment.data_bucket, environment.technical_bucket)
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for entry in page.get("Contents", ())
        ]
        objects = [(entry["Key"], entry["ETag"]) for entry in listed if not entry["Key"].startswith("athena/results/")]
        return super().state(), objects

    def received(self) -> dict[str, str]:
        client = self.aws.client("athena")
        pages = client.get_paginator("list_query_executions").paginate(WorkGroup=self.platform.environment.workgroup)
        new = [each for page in pages for each in page["QueryExecutionIds"] if each not in self._received]
        self._received.update(new)
        return {each: client.get_query_execution(QueryExecutionId=each)["QueryExecution"]["Query"] for each in new}


class McpServer(Target):
    """The MCP server with a client of the `mcp` package, whose model obeys in the same way."""

    def _ask(self, calls: Sequence[Call], obeys: bool, approvals: Iterable[bool], runner: QueryRunner) -> Round:
        return asyncio.run(self._called(calls, obeys, iter(approvals), runner))

    def tools(self) -> set[str]:
        return asyncio.run(self._tools())

    async def _called(
        self, calls: Sequence[Call], obeys: bool, approvals: Iterator[bool], runner: QueryRunner
    ) -> Round:
        operations: list[str] = []
        server = self._server(runner)

        async def answer(_context: Any, parameters: Any) -> types.ElicitResult:
            operations.append(parameters.message)
            return _ACCEPTED if next(approvals, False) else _DECLINED

        outcomes: list[Outcome] = []
        obeyed = [*calls]
        async with Client(server, elicitation_callback=answer) as client:
            planned = list(calls)
            while planned:
                new = [await self._outcome(client, call) for call in planned]
                outcomes += new
                planned = obeys * unobeyed([outcome.text for outcome in new], obeyed)
        return Round(outcomes, operations, "\n".join(outcome.text for outcome in outcomes))

    async def _tools(self) -> set[str]:
        async with Client(self._server(QueryRunner(self.platform.environment))) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    def _server(self, runner: QueryRunner) -> Server[Any]:
        return create_server(self.platform, runner, folder=Folder.at(self.folder), allow_writes=True)

    async def _outcome(self, client: Client, call: Call) -> Outcome:
        # The protocol has no arguments other than objects.
        arguments = call.arguments if isinstance(call.arguments, dict) else {}
        result = await client.call_tool(call.name, arguments)
        return Outcome(call, result.content[0].text, bool(result.is_error))
