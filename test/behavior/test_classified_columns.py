"""Queries that hide classified columns run on every platform."""

from __future__ import annotations

import datetime

from datalake_sdk.operations.classified_columns import hide_classified
from datalake_sdk.operations.query import query
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration

ROW = {
    "id": 1,
    "email": "ann@example.org",
    "salary": 7,
    "born": datetime.date(2000, 1, 1),
    "tags": ["a"],
    "place": {"city": "Lyon"},
}
HIDDEN = ("email", "salary", "born", "tags", "place")


def test_values_of_classified_columns_are_hidden_from_a_query(lake):
    columns = {name: ColumnConfiguration(classification="restricted") for name in HIDDEN}
    lake.ingest([ROW], configuration=TableConfiguration(columns=columns, is_contract=True))
    table = ".".join(lake.table.identifier(lake.platform.environment))
    statement, hidden = hide_classified(lake.platform, f"SELECT * FROM {table} WHERE email <> '' OR salary = 7")
    assert hidden == sorted(f"{table}.{name}" for name in HIDDEN)
    (row,) = query(lake.platform, statement).read_all().to_pylist()
    assert row == dict.fromkeys(HIDDEN) | {"id": 1, "email": "[redacted]"}


def test_a_table_without_classified_columns_is_queried_as_it_is(lake):
    lake.ingest([ROW])
    statement = f"SELECT * FROM {'.'.join(lake.table.identifier(lake.platform.environment))}, dev_sales.missing"
    assert hide_classified(lake.platform, statement) == (statement, [])
