"""Fixtures for a lake to write to; every test runs on each platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from datalake_sdk.operations.migration.plan import MigrationRequest, plan_migration
from datalake_sdk.operations.migration.run import MigratedTable, migrate
from datalake_sdk.operations.run_pipeline import processes
from datalake_sdk.settings import Environment
from test.behavior.lake import Lake, TableBucketLake
from test.behavior.shared_server import SharedServers
from test.emulator import Emulator
from test.emulator.domain import empty_domain, empty_table_bucket
from test.spark import RUNS_SPARK


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs each test on every platform, and tests of the write contract also with Spark."""
    if "lake" not in metafunc.fixturenames:
        return
    platforms: list[Any] = ["local", "aws"]
    if metafunc.definition.get_closest_marker("write_contract"):
        platforms.append(pytest.param("spark", marks=RUNS_SPARK))
    if metafunc.definition.get_closest_marker("every_storage"):
        platforms.append("s3_tables")
    metafunc.parametrize("lake", platforms, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips tests of capabilities that a platform does not have."""
    lacking = [item for item in items if _lacks_capability(item)]
    config.hook.pytest_deselected(items=lacking)
    items[:] = [item for item in items if item not in lacking]


def _lacks_capability(item: pytest.Item) -> bool:
    platform = (
        item.callspec.params.get("lake") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    )
    marker = {"local": "needs_aws", "aws": "local_files", "s3_tables": "local_files", "spark": "not_on_spark"}.get(
        platform
    )
    return marker is not None and item.get_closest_marker(marker) is not None


@pytest.fixture
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "aws":
        assert request.getfixturevalue("domain")
        return Lake()
    if request.param == "s3_tables":
        assert request.getfixturevalue("table_bucket")
        return TableBucketLake()
    if request.param == "spark":
        # pyspark may be missing where there is no Java.
        from test.spark.lake import SparkLake

        return SparkLake(tmp_path / "lake")
    return Lake(tmp_path / "lake")


@pytest.fixture
def production(request: pytest.FixtureRequest, lake: Lake) -> Lake:
    """A second stage."""
    if lake.local_root is None:
        empty_domain(request.getfixturevalue("account"), Environment("shop", "sales", "prod"), databases=("sales",))
    return Lake(lake.local_root, "prod")


@pytest.fixture
def copy(lake, production):
    """Migrates from production to the lake."""

    def run(**request: object) -> list[MigratedTable]:
        plan = plan_migration(production.platform, lake.platform, MigrationRequest("sales", **request))
        return list(migrate(lake.platform, plan, lambda migration, rows: None))

    return run


@pytest.fixture
def domain(account: Emulator) -> Environment:
    """The resources of domain_factory that are required to write and read tables; no tables."""
    return empty_domain(account, Environment("shop", "sales", "dev"), databases=("sales",))


@pytest.fixture
def table_bucket(account: Emulator, domain: Environment) -> Environment:
    """The same domain with a table bucket, which is empty."""
    return empty_table_bucket(account, domain, databases=("sales",))


@pytest.fixture(autouse=True, scope="session")
def shared_servers() -> Iterator[None]:
    """Local runs in this process start the processes of their tasks with the same server."""
    servers = SharedServers()
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(processes, "ProcessServer", servers)
        yield
    servers.close()


class Interrupted:
    """A catalog that lets another writer commit before each of its first `times` commits."""

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
    """Opens the lake again, with a catalog whose next commits conflict."""

    def interrupt(other: Callable[[Lake], object], times: int = 1) -> Lake:
        late = lake.again()
        late.platform.__dict__["catalog"] = Interrupted(late.platform.catalog, lambda: other(lake.native()), times)
        return late

    return interrupt
