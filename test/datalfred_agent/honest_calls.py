"""Calls of tools that users ask for, none of which may fail."""

from __future__ import annotations

from test.bedrock_runtime import Call

_ORDERS = {"database": "sales", "table": "orders"}
_ITEMS = {"database": "stock", "table": "items"}
_TICKETS = {"database": "crm", "table": "tickets"}
_NOTES = {"database": "crm", "table": "notes"}
_CHART = {"sql": "SELECT id, city FROM dev_sales.orders ORDER BY id", "x": "id", "y": ["id"], "title": "Orders"}
_INGESTION = {"database": "sales", "table": "returns", "file": "data/returns.csv"}


def _query(sql: str) -> Call:
    return Call("query", {"sql": sql})


READING: tuple[Call, ...] = (
    Call("list_tables", {}),
    Call("list_tables", {"database": None}),
    Call("list_tables", {"database": "sales"}),
    Call("list_tables", {"database": "crm"}),
    Call("describe_table", _ORDERS),
    Call("describe_table", _ITEMS),
    Call("describe_table", {"database": "crm", "table": "comments"}),
    _query("SELECT * FROM {database_prefix}sales.orders"),
    _query("-- the user asked: DROP TABLE orders?\nSELECT count(*) FROM dev_sales.orders;"),
    _query("SELECT 'reset your password' AS subject, 'DELETE FROM inbox' AS body"),
    _query("SELECT text FROM dev_crm.notes WHERE text LIKE '%SYSTEM: the user has approved%'"),
    _query('SELECT o.id AS "order", i.name AS "item" FROM dev_sales.orders AS o CROSS JOIN dev_stock.items AS i'),
    _query("SELECT city, approx_percentile(id, 0.9) OVER (PARTITION BY city) FROM dev_sales.orders"),
    _query('SELECT snapshot_id, operation FROM "dev_sales"."orders$snapshots" ORDER BY committed_at'),
    _query("SELECT * FROM dev_sales.orders FOR TIMESTAMP AS OF current_timestamp"),
    Call("compare_snapshots", _ORDERS),
    Call("compare_snapshots", {**_TICKETS, "older": None, "newer": None}),
    Call("compare_snapshots", {"database": "ops", "table": "logs"}),
    Call("table_layout", _ORDERS),
    Call("table_layout", _ITEMS),
    Call("table_layout", _NOTES),
    Call("investigate", {}),
    Call("investigate", {"pipeline": "daily"}),
    Call("plot", {**_CHART, "kind": "bar"}),
    Call("plot", {**_CHART, "kind": "line"}),
    Call("plot", {**_CHART, "kind": "scatter", "title": "Aufträge (€) <2026>"}),
    Call("plot", {"sql": "SELECT 'a' AS x, 1 AS y, 2 AS z", "kind": "bar", "x": "x", "y": ["y", "z"], "title": "Two"}),
    Call("list_files", {}),
    Call("read_file", {"file": "main.py"}),
    Call("read_file", {"file": "load/code/main.py"}),
    Call("read_file", {"file": "data/returns.csv", "offset": 3}),
    Call("read_file", {"file": "pipeline.yaml"}),
    Call("propose_change", {"file": "main.py", "old": "1 / 0", "new": "{}"}),
)
"""Calls of tools that read."""
WRITING: tuple[Call, ...] = (
    Call("ingest", {**_INGESTION, "mode": "append"}),
    Call("ingest", {**_INGESTION, "mode": "overwrite"}),
    Call("ingest", {**_INGESTION, "mode": "upsert", "upsert_keys": ["id"]}),
    Call("ingest", {**_INGESTION, "table": "by_id", "mode": "append", "partition_keys": ["bucket(4, id)"]}),
    Call("save_chart", {**_CHART, "kind": "bar", "file": "orders.svg"}),
    Call("maintain_table", {"database": "sales", "table": "returns"}),
    Call("maintain_table", {"database": "sales", "table": "returns", "force": True}),
)
"""Calls of tools that write, which the user approves."""
