from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, replace

import pytest

from datalake_sdk.datalfred_agent import query_process
from datalake_sdk.errors import (
    QueryBudgetError,
    QueryMemoryLimitError,
    QueryStoppedError,
    QueryTimeLimitError,
    TerminalError,
)
from test.datalfred_agent.processes import ENDLESS


def test_rows_are_returned_as_csv_with_the_types_of_columns(queries):
    result = queries().run("SELECT id, city FROM dev_sales.orders ORDER BY id")
    assert result.columns == [{"name": "id", "type": "int64"}, {"name": "city", "type": "string"}]
    assert result.lines == ["1,Lyon", "2,", '3,"Nîmes, ""Gard"""']
    assert result.is_complete


@pytest.mark.parametrize(("limits", "rows"), [({"rows": 2}, 2), ({"result_bytes": 9}, 1)])
def test_a_large_result_is_cut_at_whole_rows(queries_in_process, limits, rows):
    result = queries_in_process(**limits).run("SELECT id, city FROM dev_sales.orders ORDER BY id")
    assert (len(result.lines), result.is_complete) == (rows, False)


def test_a_result_that_fits_exactly_is_complete(queries_in_process):
    assert queries_in_process(rows=3).run("SELECT id FROM dev_sales.orders").is_complete


def test_an_error_keeps_its_message_and_hint(queries):
    with pytest.raises(TerminalError, match="column 'town' does not exist") as caught:
        queries().run("SELECT town FROM dev_sales.orders")
    assert caught.value.hint


def test_the_process_of_a_query_ends_by_itself_if_its_parent_does_not_end_it(queries):
    request = replace(queries().runner.request(ENDLESS), max_seconds=1)
    command = [sys.executable, "-m", query_process.__name__]
    assert subprocess.run(command, input=json.dumps(asdict(request)).encode(), timeout=60).returncode == -signal.SIGALRM


def test_a_query_is_stopped_at_the_time_limit(queries):
    with pytest.raises(QueryTimeLimitError, match="stopped after 0.5 s"):
        queries(seconds=0.5).run(ENDLESS)


def test_a_query_cannot_use_more_memory_than_its_limit(queries):
    with pytest.raises(QueryMemoryLimitError, match="more than 0.1 GB"):
        queries(memory_bytes=100_000_000).run("SELECT length(rpad('x', 500000000, 'y'))")


def test_a_stopped_query_fails_and_its_process_ends(queries):
    found = queries().runner

    async def stopped() -> int:
        running = asyncio.create_task(found.run(ENDLESS))
        while found.process_id is None:
            await asyncio.sleep(0)
        process = found.process_id
        found.stop()
        with pytest.raises(QueryStoppedError):
            await running
        return process

    process = asyncio.run(stopped())
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_the_process_of_a_query_ends_with_the_event_loop(queries):
    found = queries().runner

    async def interrupted() -> tuple[int, asyncio.Task]:
        running = asyncio.create_task(found.run(ENDLESS))
        while found.process_id is None:
            await asyncio.sleep(0)
        return found.process_id, running

    process, running = asyncio.run(interrupted())
    assert running.cancelled()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.parametrize("statement", ["SELECT 1", "SELECT town FROM dev_sales.orders", "DROP TABLE dev_sales.orders"])
def test_failed_queries_count_towards_the_budget_of_an_answer(queries_in_process, statement):
    found = queries_in_process(queries_per_answer=1)
    with suppress(TerminalError):
        found.run(statement)
    with pytest.raises(QueryBudgetError, match="limit of 1 queries per answer"):
        found.run("SELECT 1")


def test_the_budget_of_a_session_remains_used_when_a_new_answer_starts(queries_in_process):
    found = queries_in_process(queries_per_answer=1, queries_per_session=2)
    for _ in range(2):
        found.runner.start_answer()
        found.run("SELECT 1")
    found.runner.start_answer()
    with pytest.raises(QueryBudgetError, match="per session"):
        found.run("SELECT 1")
