"""Runs queries in separate processes, within the limits of one result, one answer and one session."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from datalake_sdk import naming
from datalake_sdk.datalfred_agent.masking import masked_lines
from datalake_sdk.datalfred_agent.query_process import QueryRequest
from datalake_sdk.errors import (
    QueryBudgetError,
    QueryMemoryLimitError,
    QueryProcessError,
    QueryStoppedError,
    QueryTimeLimitError,
    TerminalError,
)
from datalake_sdk.settings import Environment

_GRACE_SECONDS = 5
"""Time that a stopped query has to stop its execution on Athena."""


@dataclass(frozen=True)
class QueryLimits:
    """Limits of queries.

    Args:
        rows: Maximum number of rows of a result.
        result_bytes: Maximum size of a result.
        seconds: Maximum duration of a query.
        memory_bytes: Memory that a query may use.
        queries_per_answer: Maximum number of queries for one answer, including failed and stopped ones.
        queries_per_session: Maximum number of queries for a session.
        scanned_bytes_per_answer: Number of scanned bytes after which queries for the answer are rejected.
        scanned_bytes_per_session: Number of scanned bytes after which queries for the session are rejected.
    """

    rows: int = 200
    result_bytes: int = 32_000
    seconds: float = 120
    memory_bytes: int = 2_000_000_000
    queries_per_answer: int = 25
    queries_per_session: int = 500
    scanned_bytes_per_answer: int = 100_000_000_000
    scanned_bytes_per_session: int = 1_000_000_000_000


@dataclass
class QueryUsage:
    """Usage of the queries of an answer or of a session."""

    queries: int = 0
    scanned_bytes: int = 0
    cost: float = 0.0


@dataclass(frozen=True)
class QueryResult:
    """The first rows of a result.

    Args:
        columns: Names and types.
        lines: Rows as CSV, in which secrets are masked.
        is_complete: Whether these are all rows.
        seconds: Duration in the service; None if the query ran on this machine.
        scanned_bytes: Bytes read from the tables; None if the query ran on this machine.
        hidden_columns: Classified columns of the queried tables, whose values the query did not see.
    """

    columns: list[dict[str, str]]
    lines: list[str]
    is_complete: bool
    seconds: float | None
    scanned_bytes: int | None
    hidden_columns: list[str] = field(default_factory=list)


@dataclass
class QueryRunner:
    """Runs queries one after the other, each in its own process.

    Args:
        environment: Environment whose tables are queried.
        limits: Limits of the queries.
        answer: Usage of the current answer.
        session: Usage of the session.
        agent_role: ARN of the role that runs the queries on AWS, in its own workgroup; None runs them with the
            credentials of the process.
        show_classified: Whether queries see the values of columns that contracts classify.

    Attributes:
        process_id: Process of the running query; None if no query runs.
    """

    environment: Environment
    limits: QueryLimits = field(default_factory=QueryLimits)
    answer: QueryUsage = field(default_factory=QueryUsage)
    session: QueryUsage = field(default_factory=QueryUsage)
    agent_role: str | None = None
    show_classified: bool = False
    process_id: int | None = field(default=None, init=False)
    _stopping: asyncio.Event | None = field(default=None, init=False)
    _is_stopped: bool = field(default=False, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def start_answer(self) -> None:
        """Resets the usage of the answer."""
        self.answer = QueryUsage()
        self._is_stopped = False

    def stop(self) -> None:
        """Stops the running query and rejects further queries of the answer, both with a `QueryStoppedError`."""
        self._is_stopped = True
        if self._stopping is not None:
            self._stopping.set()

    async def close(self) -> None:
        """Stops the running query and waits until its process has ended; no more queries run."""
        self.stop()
        async with self._turn:
            return

    async def run(self, statement: str) -> QueryResult:
        """Runs a statement.

        Raises:
            DatalakeError: The statement is invalid or fails, or a limit is reached.
        """
        async with self._turn:
            return await self._run(statement)

    async def _run(self, statement: str) -> QueryResult:
        self._check_budget()
        for usage in (self.answer, self.session):
            usage.queries += 1
        if self._is_stopped:
            raise QueryStoppedError
        response = await self.respond(self.request(statement))
        seconds, scanned = self._record(response.get("statistics", []))
        if response.get("out_of_memory"):
            raise QueryMemoryLimitError(self.limits.memory_bytes)
        if "message" in response:
            raise TerminalError(response["message"], hint=response["hint"])
        lines = masked_lines(response["columns"], response["lines"])
        hidden = response["hidden_columns"]
        return QueryResult(response["columns"], lines, response["is_complete"], seconds, scanned, hidden)

    def _check_budget(self) -> None:
        limits = self.limits
        budgets = [
            ("answer", self.answer, limits.queries_per_answer, limits.scanned_bytes_per_answer),
            ("session", self.session, limits.queries_per_session, limits.scanned_bytes_per_session),
        ]
        for scope, usage, queries, scanned in budgets:
            if usage.queries >= queries:
                raise QueryBudgetError(f"{queries:,} queries", scope)
            if usage.scanned_bytes >= scanned:
                raise QueryBudgetError(f"{scanned / 1e9:,.0f} GB scanned", scope)

    async def respond(self, request: QueryRequest) -> dict[str, Any]:
        """Runs a request in a new process and returns its response.

        Raises:
            DatalakeError: The process was stopped, or it failed.
        """
        self._stopping = asyncio.Event()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "datalake_sdk.datalfred_agent.query_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        output = await self._output(process, json.dumps(asdict(request)).encode(), self._stopping)
        return _response(output, process.returncode or 0, self.limits.memory_bytes)

    async def _output(self, process: asyncio.subprocess.Process, request: bytes, stopping: asyncio.Event) -> bytes:
        """Waits for the output of the process; ends the process at the time limit or when the user stops the query."""
        self.process_id = process.pid
        running = asyncio.ensure_future(process.communicate(request))
        stop = asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait({running, stop}, timeout=self.limits.seconds, return_when=asyncio.FIRST_COMPLETED)
            is_finished, is_stopped = running.done() and not stop.done(), stop.done()
        finally:
            stop.cancel()
            # The process must end even if this task is cancelled again while it waits.
            await asyncio.shield(_end(process, running))
            self.process_id = None
        output = running.result()[0]
        if is_finished:
            return output
        self._record(_scanned_before_stop(output))
        raise QueryStoppedError if is_stopped else QueryTimeLimitError(self.limits.seconds)

    def request(self, statement: str) -> QueryRequest:
        """Returns the request for the process that runs a statement."""
        environment = self.environment
        return QueryRequest(
            statement=statement,
            project_name=environment.project_name,
            domain_name=environment.domain_name,
            stage_name=environment.stage_name,
            region=environment.region,
            local_root=None if environment.local_root is None else str(environment.local_root),
            consumer_group=naming.AGENT_GROUP if self.agent_role else environment.consumer_group,
            table_storage=environment.table_storage.value,
            agent_role=self.agent_role,
            max_rows=self.limits.rows,
            max_bytes=self.limits.result_bytes,
            memory_bytes=self.limits.memory_bytes,
            max_seconds=math.ceil(self.limits.seconds) + _GRACE_SECONDS,
            show_classified=self.show_classified,
        )

    def _record(self, statistics: list[dict[str, Any]]) -> tuple[float | None, int | None]:
        if not statistics:
            return None, None
        scanned = sum(each["scanned_bytes"] for each in statistics)
        for usage in (self.answer, self.session):
            usage.scanned_bytes += scanned
            usage.cost += sum(each["cost"] for each in statistics)
        return sum(each["seconds"] for each in statistics), scanned


def _scanned_before_stop(output: bytes) -> list[dict[str, Any]]:
    """Returns the statistics in the output of a stopped process."""
    try:
        return list(json.loads(output).get("statistics", []))
    except ValueError:
        return []


def _response(output: bytes, exit_code: int, memory_bytes: int) -> dict[str, Any]:
    if exit_code == -signal.SIGABRT:
        # C++ libraries abort if an allocation fails: https://en.cppreference.com/w/cpp/memory/new/bad_alloc
        raise QueryMemoryLimitError(memory_bytes)
    try:
        return dict(json.loads(output))
    except ValueError:
        raise QueryProcessError(exit_code) from None


async def _end(process: asyncio.subprocess.Process, running: asyncio.Future[tuple[bytes, bytes]]) -> None:
    # Not `running.done()`: when the process of the chat ends, asyncio cancels it like all tasks.
    if process.returncode is not None:
        return
    _send(process, signal.SIGTERM)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _GRACE_SECONDS)
    _send(process, signal.SIGKILL)
    await process.wait()
    await asyncio.wait({running})


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
