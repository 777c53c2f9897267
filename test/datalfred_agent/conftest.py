"""A lake with two small tables, and runners of queries."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from datalake_sdk.datalfred_agent.queries import QueryLimits, QueryResult, QueryRunner
from test.datalfred_agent.scripted_model import InProcessRunner
from test.unit.conftest import PyicebergLake

ORDERS = [{"id": 1, "city": "Lyon"}, {"id": 2, "city": None}, {"id": 3, "city": 'Nîmes, "Gard"'}]


class Queries:
    """Runs queries on the tables of a lake."""

    def __init__(self, runner: QueryRunner) -> None:
        self.runner = runner

    def run(self, statement: str) -> QueryResult:
        return asyncio.run(self.runner.run(statement))


@pytest.fixture
def shop(tmp_path):
    """`sales.orders` and `stock.items` in an embedded lake."""
    return filled(PyicebergLake(tmp_path / "lake"))


@pytest.fixture(scope="module")
def shared_shop(tmp_path_factory):
    """The same lake for all tests of a module, which must not write."""
    return filled(PyicebergLake(tmp_path_factory.mktemp("shared") / "lake"))


def filled(lake: PyicebergLake) -> PyicebergLake:
    lake.create("sales.orders", rows=ORDERS)
    lake.create("stock.items", rows=[{"item": 10, "name": "cup"}])
    return lake


@pytest.fixture
def queries(shop):
    """Returns a runner with the given limits."""

    def create(**limits: Any) -> Queries:
        return Queries(QueryRunner(shop.platform.environment, QueryLimits(**limits)))

    return create


@pytest.fixture
def queries_in_process(shop):
    """Returns a runner with the given limits that starts no processes."""

    def create(**limits: Any) -> Queries:
        return Queries(InProcessRunner(shop.platform.environment, QueryLimits(**limits)))

    return create
