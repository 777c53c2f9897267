"""Operations on AWS make no more requests, and wait for no more of them, than the page of the benchmarks documents."""

from __future__ import annotations

import pytest

from benchmark.aws_operations import OPERATIONS, Operations
from benchmark.round_trips import kind_of, reason, sequential

DELAY_SECONDS = 0.1
"""Requests of several threads overlap although the threads do not start at the same time."""
POLL = "GetQueryExecution"
"""The number of these requests depends on the duration of the query."""
LIMITS = {
    "append, new table": (10, 9),
    "append": (12, 10),
    "upsert, 1 of 100 files": (26, 14),
    "query on Athena": (8, 6),
    "read of a table": (5, 5),
    "list_tables, 300 tables": (42, 6),
    "ingestion in a task": (13, 10),
}
"""Maximum numbers of requests and of sequential requests; only 40 tables are listed."""


@pytest.fixture
def prepared(account, tmp_path):
    """Operations in an empty account."""
    account.reset()
    yield Operations(account, tmp_path, rows=10, tables=40)
    account.reset()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_number_of_sequential_requests_is_documented(prepared, name):
    requests = [each for each in OPERATIONS[name](prepared, DELAY_SECONDS).requests if each["operation"] != POLL]
    made = [f"{each['operation']} {each['path']}" for each in requests]
    count, chain = LIMITS[name]
    assert all(reason(each["operation"], kind_of(each)) for each in requests)
    assert len(requests) <= count, made
    assert sequential(requests) <= chain, made
