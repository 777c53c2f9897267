"""A lake with a few tables, and its pages without a server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from datalake_sdk.contracts.serialization import contract_json
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import IngestionRequest, TableName
from datalake_sdk.table_contract import (
    CONTRACT_PROPERTY,
    Bounds,
    ColumnConfiguration,
    Metric,
    Operator,
    Quality,
    SlaProperty,
    TableConfiguration,
    Team,
)
from datalake_sdk.ui.app import create_app
from datalake_sdk.ui.security import Access
from datalake_sdk.ui.site import Site
from test.unit.ui.ledger_builder import MIDNIGHT, LedgerBuilder

HOST = "localhost:8767"
SCRIPT = "<script>document.title='attacked'</script>"


def write(platform: Platform, table: str, rows: list[Mapping[str, Any]], **settings: Any) -> None:
    """Appends rows to a table."""
    ingest(platform, IngestionRequest(TableName.parse(table), **settings), pa.Table.from_pylist(rows))


def stored(contract: TableConfiguration) -> dict[str, str]:
    """Returns the table property that stores a contract."""
    return {CONTRACT_PROPERTY: contract_json(contract)}


def fill(platform: Platform) -> None:
    """Writes tables whose comments and values contain markup."""
    described = TableConfiguration(
        description=f"One row for each order {SCRIPT}",
        columns={"city": ColumnConfiguration(description=f"City of the customer {SCRIPT}")},
    )
    customers = TableConfiguration(
        columns={"name": ColumnConfiguration(required=True, classification="confidential")},
        quality=(Quality(name="some", metric=Metric.ROW_COUNT, bounds=Bounds(Operator.MUST_BE_GREATER_THAN, (0,))),),
        team=Team(name="CRM"),
        sla_properties=(SlaProperty("freshness", 0.000001, "d"),),
        is_contract=True,
    )
    orders = [{"id": number, "city": "Lyon", "amount": 1.5} for number in range(3)]
    write(platform, "shop.orders", orders, configuration=described, partition_keys=("city",))
    write(platform, "shop.orders", [{"id": 3, "city": SCRIPT, "amount": None, "note": f"\u202e{SCRIPT}"}])
    write(platform, "crm.customers", [{"id": 1, "name": "Ada", "tags": ["a", None]}], properties=stored(customers))


def browse(platform: Platform, access: Access) -> TestClient:
    """Returns a client for the pages of a platform."""
    return TestClient(create_app(Site(platform), access), base_url=f"http://{HOST}", follow_redirects=False)


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    root = tmp_path_factory.mktemp("pages") / "lake"
    opened = open_platform(resolve_environment(None, None, None, local_root=Path(root)))
    fill(opened)
    flush()
    shutil.rmtree(opened.run_events.location, ignore_errors=True)
    ledger = LedgerBuilder(opened, SCRIPT)
    for minute in range(14):
        ledger.execution(MIDNIGHT + timedelta(minutes=minute))
    return opened


@pytest.fixture(scope="package")
def failed_run(platform: Platform) -> str:
    """Position of a task that failed, in the latest execution."""
    return LedgerBuilder(platform, SCRIPT).execution(MIDNIGHT + timedelta(minutes=30), succeeds=False)


@pytest.fixture(scope="package")
def pages(platform: Platform, failed_run: str) -> Iterator[TestClient]:
    with browse(platform, Access()) as client:
        yield client
