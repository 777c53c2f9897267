"""Freshness and retention that contracts promise."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from datalake_sdk.errors import TablesConfigurationError, UnknownTableError
from datalake_sdk.operations.freshness import PromiseStatus, check_freshness
from datalake_sdk.platforms.lookup import names_of_lake
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import CONTRACT_PROPERTY

_NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
_KEPT, _BROKEN, _UNKNOWN = PromiseStatus.KEPT, PromiseStatus.BROKEN, PromiseStatus.UNKNOWN


def _contract(*promises):
    schema = {name: {} for name in ("id", "at", "day", "zoned", "name")}
    return {CONTRACT_PROPERTY: json.dumps({"schema": schema, "slaProperties": list(promises)})}


def _promise(name, value, unit, element=None):
    return {"property": name, "value": value, "unit": unit} | ({"element": element} if element else {})


def _rows(*ages_in_hours):
    times = [_NOW - timedelta(hours=age) for age in ages_in_hours]
    return [
        {"id": number, "at": time.replace(tzinfo=None), "day": time.date(), "zoned": time, "name": "x"}
        for number, time in enumerate(times)
    ]


_SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("at", pa.timestamp("us")),
        ("day", pa.date32()),
        ("zoned", pa.timestamp("us", tz="UTC")),
        ("name", pa.string()),
    ]
)


@pytest.mark.parametrize(
    ("promise", "status", "hours"),
    [
        (_promise("freshness", 3, "h", "at"), _KEPT, 2),
        (_promise("freshness", 1, "h", "at"), _BROKEN, 2),
        (_promise("latency", 90, "minutes", "zoned"), _BROKEN, 2),
        (_promise("freshness", 1, "d", "day"), _KEPT, 12),
        (_promise("retention", 2, "d", "at"), _KEPT, 30),
        (_promise("retention", 10**12, "y", "at"), _KEPT, 30),
        (_promise("retention", 29, "h", "zoned"), _BROKEN, 30),
        (_promise("retention", 1, "d"), _UNKNOWN, None),
        (_promise("latency", "soon", "h"), _UNKNOWN, None),
        (_promise("freshness", 1, "d", "name"), _UNKNOWN, None),
    ],
)
def test_the_age_of_a_column_is_compared(lake, promise, status, hours):
    table = lake.create("sales.orders", _SCHEMA, properties=_contract(promise))
    lake.append(table, _rows(2, 20))
    lake.append(table, _rows(30, 5))
    (state,) = check_freshness(lake.platform, now=_NOW)
    assert (state.status, state.age_seconds) == (status, hours and hours * 3600)
    assert bool(state.reason) == (status is _UNKNOWN)


def test_deleted_rows_do_not_count(lake, delete_positions):
    table = lake.create("sales.orders", _SCHEMA, properties=_contract(_promise("freshness", 3, "h", "at")))
    lake.append(table, _rows(2, 20))
    delete_positions(table, [0])
    (state,) = check_freshness(lake.platform, now=_NOW)
    assert state.age_seconds == 20 * 3600


def test_the_last_change_of_rows_is_compared_if_there_is_no_column(lake):
    table = lake.create("sales.orders", _SCHEMA, properties=_contract(_promise("freshness", 1, "hour")))
    (never,) = check_freshness(lake.platform)
    assert (never.status, never.at) == (_BROKEN, None)
    lake.append(table, _rows(2))
    written = datetime.now(UTC)
    (kept,) = check_freshness(lake.platform)
    (late,) = check_freshness(lake.platform, now=written + timedelta(minutes=61))
    assert (kept.status, late.status) == (_KEPT, _BROKEN)


def test_an_empty_table_keeps_its_retention_only(lake):
    promises = [_promise("retention", 1, "d", "at"), _promise("freshness", 1, "d", "at")]
    lake.create("sales.orders", _SCHEMA, properties=_contract(*promises))
    assert [state.status for state in check_freshness(lake.platform)] == [_KEPT, _BROKEN]


def test_tables_without_promises_have_no_state(lake):
    lake.create("sales.orders", _SCHEMA)
    lake.create("sales.items", _SCHEMA, properties=_contract(_promise("availability", "99.9", "%")))
    assert check_freshness(lake.platform) == []


def test_selected_tables_are_checked(lake):
    for name in ("sales.orders", "stock.items"):
        lake.create(name, _SCHEMA, properties=_contract(_promise("freshness", 1, "d")))
    assert [state.table for state in check_freshness(lake.platform)] == ["sales.orders", "stock.items"]
    assert [state.table for state in check_freshness(lake.platform, [TableName("stock", "items")])] == ["stock.items"]
    with pytest.raises(UnknownTableError, match="Did you mean 'sales.orders'"):
        check_freshness(lake.platform, [TableName("sales", "order")])


def test_statistics_of_the_files_are_enough(lake):
    table = lake.create("sales.orders", _SCHEMA, properties=_contract(_promise("freshness", 3, "h", "at")))
    lake.append(table, _rows(2))
    for file in lake.root.rglob("*.parquet"):
        file.unlink()
    assert [state.status for state in check_freshness(lake.platform, now=_NOW)] == [_KEPT]


def test_a_table_that_cannot_be_read_does_not_hide_the_others(lake):
    lake.create("sales.items", _SCHEMA, properties=_contract(_promise("freshness", 1, "d")))
    lake.create("sales.orders", _SCHEMA, properties={CONTRACT_PROPERTY: "{"})
    states = check_freshness(lake.platform)
    assert [(state.table, state.status) for state in states] == [("sales.items", _BROKEN), ("sales.orders", _UNKNOWN)]
    with pytest.raises(TablesConfigurationError):
        check_freshness(lake.platform, [TableName("sales", "orders")])


def test_databases_of_other_domains_are_not_in_the_lake(lake):
    lake.platform.catalog.create_namespace("dev_hr", {"location": "s3://shop-hr-dev-data/hr"})
    for name in ("hr.people", "sales.orders"):
        lake.create(name, _SCHEMA)
    assert names_of_lake(lake.platform) == [TableName("sales", "orders")]
