"""The public class for tasks on one machine."""

from __future__ import annotations

import datetime

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from datalake_sdk.errors import (
    InvalidSettingError,
    MissingSettingError,
    OptionModeError,
    UndeclaredOutputError,
    UnknownFieldsError,
    UnknownIngestionModeError,
    UnrepresentableDateError,
)
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper


@pytest.fixture
def job(tmp_path):
    return NativePythonProcessingWrapper(
        project_name="shop",
        domain_name="sales",
        stage_name="dev",
        local_root=tmp_path / "lake",
        output_tables={"sales.orders": {"ingestion_mode": "upsert", "upsert_keys": ["order_id"]}},
        tables_configuration=tmp_path / "tables_configuration",
    )


def test_a_file_is_read_as_a_dataframe_and_ingested(job, tmp_path):
    (tmp_path / "orders.csv").write_text("Order ID;at;zip\n1;2024-01-01;00501\n2;2024-01-02;NA\n", encoding="utf-8")
    orders = job.read_input_dataset(tmp_path / "orders.csv", csv_delimiter=";")
    assert job.ingest("sales.orders", orders).rows_inserted == 2
    assert job.read_table("sales.orders").to_dict("list") == {
        "order_id": [1, 2],
        "at": [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)],
        "zip": ["00501", "NA"],
    }


def test_a_call_may_override_the_mode_of_the_table(job):
    job.ingest("sales.orders", pa.table({"order_id": [1], "v": ["a"]}))
    job.ingest("sales.orders", pa.table({"order_id": [1], "v": ["b"]}))
    assert job.query("SELECT count(*) AS n FROM {database_prefix}sales.orders")["n"].tolist() == [1]
    job.ingest("sales.orders", pa.table({"order_id": [1], "v": ["c"]}), override_ingestion_mode="append")
    assert job.query("SELECT count(*) AS n FROM dev_sales.orders")["n"].tolist() == [2]


@pytest.mark.parametrize("value", ["d", "ARRAY[d]", "CAST(ROW(d) AS ROW(d date))"])
def test_a_date_that_pandas_cannot_hold_is_reported_with_its_column(job, value):
    sql = f"SELECT {value} AS due FROM (SELECT DATE '9999-12-31' + INTERVAL '1' DAY AS d)"
    with pytest.raises(UnrepresentableDateError, match="column 'due' contains a date outside the years 1 to 9999"):
        job.query(sql)


def test_a_call_replaces_declared_partitions_and_sets_properties(job):
    job.output_tables["sales.days"] = {"ingestion_mode": "overwrite_partitions", "partition_keys": ["day(at)"]}
    days = pa.table({"at": [datetime.datetime(2026, 1, day) for day in (1, 2, 3)]})
    job.ingest("sales.days", days)
    first_two = {"day(at)": {"from": "2026-01-01", "to": "2026-01-03"}}
    job.ingest("sales.days", days.slice(0, 0), partitions=first_two, properties={"cursor": "17"})
    assert job.read_table("sales.days")["at"].tolist() == [datetime.datetime(2026, 1, 3)]
    assert job.platform.catalog.load_table("dev_sales.days").properties["cursor"] == "17"
    job.write_results({"sales.days": job.ProcessingResponse(days.slice(0, 1), partitions={"day(at)": "2026-01-01"})})
    with pytest.raises(InvalidSettingError, match=r"properties\['cursor'\] is '17'; it must be a string"):
        job.ingest("sales.days", days, properties={"cursor": 17})
    with pytest.raises(OptionModeError, match="partitions is set, but ingestion_mode is 'append'"):
        job.ingest("sales.days", days, "append", partitions=first_two)
    job.ingest("sales.days", days.slice(0, 0), "overwrite", empty="replace")
    assert job.read_table("sales.days").empty


def test_an_output_table_resolves_duplicates_and_deletes(job):
    options = {"on_duplicate": "last", "order_by": "version", "delete_when": "gone"}
    job.output_tables["sales.orders"] = {"ingestion_mode": "upsert", "upsert_keys": ["order_id"], **options}
    job.ingest("sales.orders", pa.table({"order_id": [1, 1, 2], "version": [2, 1, 1], "gone": [False] * 3}))
    result = job.ingest("sales.orders", pa.table({"order_id": [2], "version": [2], "gone": [True]}))
    assert (result.rows_deleted, job.read_table("sales.orders").to_dict("list")) == (
        1,
        {"order_id": [1], "version": [2]},
    )
    with pytest.raises(OptionModeError, match="on_duplicate is set, but ingestion_mode is 'overwrite'"):
        job.ingest("sales.orders", pa.table({"order_id": [1]}), override_ingestion_mode="overwrite")


def test_a_pattern_declares_all_tables_of_a_database(job, caplog):
    job.output_tables["raw.*"] = {"ingestion_mode": "overwrite"}
    del job.output_tables["sales.orders"]
    rows = job.ProcessingResponse(pa.table({"id": [1]}))
    job.write_results({})
    assert "raw.*: the task returned no response for this output table and did not write it" in caplog.text
    caplog.clear()
    job.write_results({"raw.orders": rows, "raw.stock": rows})
    job.ingest("raw.orders", pa.table({"id": [2]}))
    assert (job.read_table("raw.orders")["id"].tolist(), caplog.text) == ([2], "")
    with pytest.raises(UndeclaredOutputError, match="undeclared tables: 'raw_2.orders'; declared: 'raw.*'"):
        job.write_results({"raw_2.orders": rows})


def test_a_task_that_writes_its_table_itself_logs_no_missing_response(job, caplog):
    job.execute(lambda job: job.ingest("sales.orders", pa.table({"order_id": [1]})) and None)
    assert "returned no response" not in caplog.text
    job.execute(lambda job: None)
    assert "sales.orders: the task returned no response" in caplog.text


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pl.DataFrame,
        lambda columns: pl.DataFrame(columns).lazy(),
        pa.table,
        lambda columns: pa.table(columns).to_reader(),
        lambda columns: duckdb.sql("SELECT unnest([1, 2]) AS order_id, unnest(['a', 'b']) AS v"),
    ],
    ids=["pandas", "polars", "polars lazy", "pyarrow", "reader", "duckdb"],
)
def test_dataframes_of_every_supported_library_are_ingested(job, make):
    job.ingest("sales.orders", make({"order_id": [1, 2], "v": ["a", "b"]}))
    assert job.read_table("sales.orders").to_dict("list") == {"order_id": [1, 2], "v": ["a", "b"]}


def test_a_table_that_was_read_can_be_ingested_again(job):
    at = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    rows = {"order_id": [1, 2], "count": [None, 7], "paid": [True, None], "at": [at, None], "tags": [["a"], None]}
    job.ingest("sales.orders", pa.table(rows))
    job.ingest("sales.orders", job.read_table("sales.orders"), override_ingestion_mode="overwrite")
    assert job.read_table("sales.orders", columns=["count", "paid"])["count"].isna().tolist() == [True, False]
    stored = job.platform.catalog.load_table("dev_sales.orders").scan().to_arrow()
    assert stored.to_pydict() == rows


def test_declared_types_and_descriptions_come_from_the_tables_configuration(job, tmp_path):
    (tmp_path / "tables_configuration").mkdir()
    (tmp_path / "tables_configuration" / "sales.orders.yaml").write_text(
        "description: Orders\nschema:\n  price: {type: 'decimal(9, 2)', description: In euros}\n", encoding="utf-8"
    )
    job.ingest("sales.orders", pd.DataFrame({"order_id": [1], "price": [2.5]}))
    table = job.platform.catalog.load_table("dev_sales.orders")
    price = table.schema().find_field("price")
    assert (str(price.field_type), price.doc, table.properties["comment"]) == ("decimal(9, 2)", "In euros", "Orders")


def test_a_table_file_with_an_unknown_field_is_rejected(job, tmp_path):
    (tmp_path / "tables_configuration").mkdir()
    (tmp_path / "tables_configuration" / "sales.orders.yaml").write_text("colums: {}\n", encoding="utf-8")
    with pytest.raises(UnknownFieldsError, match=r"'colums' \(did you mean 'columns'\?\)"):
        job.ingest("sales.orders", pa.table({"order_id": [1]}))


def test_an_unknown_mode_is_rejected(job):
    with pytest.raises(UnknownIngestionModeError, match="ingestion_mode is 'replace'"):
        job.ingest("sales.orders", pa.table({"order_id": [1]}), override_ingestion_mode="replace")


def test_all_missing_settings_are_reported_together(monkeypatch):
    for name in ("PROJECT_NAME", "DOMAIN_NAME", "STAGE_NAME", "DATALAKE_LOCAL_ROOT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MissingSettingError, match="'domain_name', 'stage_name'"):
        NativePythonProcessingWrapper(project_name="shop")


def test_settings_are_read_from_environment_variables(monkeypatch, tmp_path):
    monkeypatch.setenv("DATALAKE_LOCAL_ROOT", str(tmp_path))
    monkeypatch.setenv("STAGE_NAME", "prod")
    job = NativePythonProcessingWrapper()
    job.ingest("sales.orders", pa.table({"order_id": [1]}))
    assert job.query("SELECT order_id FROM sales.orders")["order_id"].tolist() == [1]
