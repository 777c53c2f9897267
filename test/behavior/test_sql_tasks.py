"""SQL tasks: placeholders, and tables without a database name."""

from __future__ import annotations

import pyarrow as pa
import pytest

from datalake_sdk.errors import SqlPlaceholderError, TaskCodeError, UnqualifiedTableError
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.operations.lineage import lineage
from datalake_sdk.operations.task_code import load_sql

ROWS = pa.table({"id": [1, 2, 3], "country": ["fr", "it", "l'Oise"], "amount": [5, 7, 9]})
STATEMENT = """
-- {this} is a comment
WITH big AS (SELECT * FROM orders WHERE amount >= {minimum} AND country <> '{excluded}')
SELECT
  country,
  amount,
  DATE '{logical_date}' AS day,
  '{{"minimum": {minimum}}}' AS settings,
  {factor} AS factor
FROM {database_prefix}sales.orders JOIN big USING (country, amount)
WHERE country = {country} AND orders."{column}" = 3
"""


@pytest.fixture
def sql_task(lake, tmp_path, monkeypatch):
    """Runs a statement as the SQL task of pipeline `sales` and returns the written rows."""

    def sql_task(statement, **parameters):
        (tmp_path / "code").mkdir(exist_ok=True)
        (tmp_path / "code" / "main.sql").write_text(statement, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("OUTPUT_TABLES", '{"sales.totals": {"ingestion_mode": "overwrite"}}')
        monkeypatch.setenv("step_function_execution_start_time", "2026-02-28T01:15:00.000Z")
        names = {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev"}
        task = {"PIPELINE_NAME": "sales", "TASK_NAME": "totals", "IS_SQL_JOB": "true"}
        own = {f"TASK_ADDITIONAL_PARAMETERS_{name}": value for name, value in parameters.items()}
        for name, value in {**names, **task, **own}.items():
            monkeypatch.setenv(name, value)
        NativePythonProcessingWrapper(local_root=lake.local_root).execute()
        return lake.named("totals").rows()

    return sql_task


def test_parameters_are_values_and_unqualified_tables_belong_to_the_pipeline(lake, sql_task):
    lake.ingest(ROWS)
    written = sql_task(STATEMENT, minimum="5", excluded="it", factor="-2", country="l'Oise", column="id")
    assert [{**row, "day": row["day"].isoformat()} for row in written] == [
        {"country": "l'Oise", "amount": 9, "day": "2026-02-28", "settings": '{"minimum": 5}', "factor": -2}
    ]


def test_the_ledger_has_the_columns_that_a_statement_reads(lake, sql_task):
    lake.ingest(ROWS)
    sql_task("SELECT o.country, sum(amount) AS total FROM orders o GROUP BY 1")
    assert flush()
    graph = lineage(lake.platform, "sales.totals.total", days=1000).upstream
    assert [(edge.start, edge.transformation, edge.job) for edge in graph.edges] == [
        ("column:sales.orders.amount", "AGGREGATION", "sales.totals")
    ]
    assert "table:sales.orders" in lineage(lake.platform, "sales.totals", days=1000).upstream.nodes


def test_a_byte_order_mark_is_not_part_of_the_statement(sql_task):
    assert sql_task("\ufeffSELECT 1 AS n") == [{"n": 1}]


def test_a_statement_that_is_not_utf_8_is_an_error(tmp_path):
    (tmp_path / "main.sql").write_bytes("SELECT 'é'".encode("latin-1"))
    with pytest.raises(TaskCodeError, match="main.sql': is not UTF-8"):
        load_sql(tmp_path)


def test_an_unknown_placeholder_fails_the_task(lake, sql_task):
    with pytest.raises(SqlPlaceholderError, match=r"unknown parameter 'contry'; did you mean \{country\}\?"):
        sql_task("SELECT {contry} AS x", country="fr")


def test_a_task_of_a_pipeline_without_tables_names_the_database(lake):
    lake.ingest(ROWS)
    job = NativePythonProcessingWrapper(
        project_name="shop",
        domain_name="sales",
        stage_name="dev",
        pipeline_name="sales",
        input_tables=["raw.orders"],
        local_root=lake.local_root,
    )
    with pytest.raises(UnqualifiedTableError, match="table 'orders' has no database"):
        job.query("SELECT * FROM orders")


def test_a_python_task_queries_with_parameters(lake):
    lake.ingest(ROWS)
    job = NativePythonProcessingWrapper(
        project_name="shop",
        domain_name="sales",
        stage_name="dev",
        pipeline_name="sales",
        local_root=lake.local_root,
    )
    found = job.query(
        "SELECT id FROM orders WHERE country = {country} AND amount > {least}", {"country": "it", "least": 5}
    )
    assert found["id"].tolist() == [2]
    injected = job.query(
        "SELECT id FROM {table:identifier} WHERE country = '{c}'", {"table": "orders", "c": "' OR ''='"}
    )
    assert injected["id"].tolist() == []
    assert job.query("SELECT count(*) AS n FROM orders WHERE regexp_like(country, '^[a-z]{2}$')")["n"].tolist() == [2]
