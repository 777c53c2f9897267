"""A lake to write into; every behaviour runs on each platform that exists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datalake_sdk.settings import Environment
from test.behavior.lake import Lake
from test.emulator import Emulator
from test.emulator.domain import empty_domain
from test.spark import LEAVES_SOCKETS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every behaviour on each platform; the write contract by Spark, too."""
    if "lake" not in metafunc.fixturenames:
        return
    platforms: list[Any] = ["local", "aws"]
    if metafunc.definition.get_closest_marker("write_contract"):
        platforms.append(pytest.param("spark", marks=LEAVES_SOCKETS))
    metafunc.parametrize("lake", platforms, indirect=True)


@pytest.fixture
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "local":
        return Lake(tmp_path / "lake")
    if request.param == "spark":
        return _spark_lake(request.node, tmp_path / "lake")
    if request.node.get_closest_marker("local_files"):
        pytest.skip("AWS lacks the capability local_files")
    domain = request.getfixturevalue("domain")
    assert domain
    return Lake()


def _spark_lake(test: pytest.Item, root: Path) -> Lake:
    if marker := test.get_closest_marker("not_on_spark"):
        pytest.skip(marker.args[0])
    from test.spark.lake import SparkLake

    return SparkLake(root)


@pytest.fixture
def production(request: pytest.FixtureRequest, lake: Lake) -> Lake:
    """Another stage beside the lake."""
    if lake.local_root is None:
        empty_domain(request.getfixturevalue("account"), Environment("shop", "sales", "prod"), databases=("sales",))
    return Lake(lake.local_root, "prod")


@pytest.fixture
def domain(account: Emulator) -> Environment:
    """What domain_factory makes, as far as writing and reading tables needs it; without any table."""
    return empty_domain(account, Environment("shop", "sales", "dev"), databases=("sales",))


class Interrupted:
    """A catalog that lets somebody else in before each of the first commits."""

    def __init__(self, catalog: Any, other: Callable[[], object], times: int = 1) -> None:
        self._catalog = catalog
        self._other = other
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)

    def commit_table(self, *arguments: Any) -> Any:
        if self._times:
            self._times -= 1
            self._other()
        return self._catalog.commit_table(*arguments)


@pytest.fixture
def interrupted(lake):
    """A second view of the lake, whose next commit comes too late."""

    def interrupt(other: Callable[[Lake], object], times: int = 1) -> Lake:
        late = lake.again()
        late.platform.__dict__["catalog"] = Interrupted(late.platform.catalog, lambda: other(lake.native()), times)
        return late

    return interrupt
