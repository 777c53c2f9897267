"""Loads of dlt sources: modes, incremental state, nested data, schema changes, and loads that end early."""

from __future__ import annotations

import json
from decimal import Decimal

import pyarrow as pa
import pytest

from datalake_sdk.errors import (
    ConflictingHintError,
    IncompatibleColumnError,
    MissingSourceSettingError,
    RepeatedSourceTableError,
    ResourceOptionError,
    SeveralTablesError,
    SourceDataError,
    SourceReadError,
    SourceTypeError,
    SourceUnavailableError,
    UndeclaredSourceTableError,
    UnsupportedHintError,
)
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from test.behavior.pipeline_project import Project

dlt = pytest.importorskip("dlt")

OUTPUTS = {"sales.orders": {}, "sales.customers": {}}
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_raw:run-"


@pytest.fixture
def make_job(lake, tmp_path):
    """Returns a task that writes `sales.orders` and `sales.customers`."""

    def make_job(output_tables=OUTPUTS):
        return NativePythonProcessingWrapper(
            project_name="shop",
            domain_name="sales",
            stage_name="dev",
            local_root=lake.local_root,
            pipeline_name="raw",
            task_name="load",
            output_tables=output_tables,
            tables_configuration=tmp_path / "tables_configuration",
        )

    return make_job


@pytest.fixture
def job(make_job):
    return make_job()


def resource(rows, name="orders", **hints):
    return dlt.resource(rows, name=name, **hints)


def events(rows, name="orders", **hints):
    """A resource that reads the rows after the last `id`."""

    after = dlt.sources.incremental("id", initial_value=0)

    @dlt.resource(name=name, **hints)
    def read(cursor=after):
        yield [row for row in rows if row["id"] > cursor.last_value]

    return read()


def column(lake, table, name):
    return sorted(lake.named(table).arrow()[name].to_pylist())


def source(*resources, name="shop"):
    return dlt.source(lambda: list(resources), name=name)()


def test_write_dispositions_are_modes(job, lake):
    for ids in ([1, 2], [2, 3]):
        rows = [{"id": each, "amount": each * 10} for each in ids]
        job.ingest("sales.appended", resource(rows))
        job.ingest("sales.replaced", resource(rows, write_disposition="replace"))
        job.ingest("sales.merged", resource(rows, write_disposition="merge", primary_key="id"))
    assert column(lake, "appended", "id") == [1, 2, 2, 3]
    assert column(lake, "replaced", "id") == [2, 3]
    assert column(lake, "merged", "id") == [1, 2, 3]


def test_each_table_of_a_source_is_one_commit(job, lake):
    results = job.ingest_source(source(resource([{"id": 1}]), resource([{"id": 2}], "customers")))
    assert {result.table: result.rows_inserted for result in results} == {
        "dev_sales.orders": 1,
        "dev_sales.customers": 1,
    }
    assert [len(lake.named(name).iceberg().snapshots()) for name in ("orders", "customers")] == [1, 1]


@pytest.mark.local_files
def test_nested_values_and_types_are_kept(job, lake):
    row = {"id": 1, "price": Decimal("1.5"), "lines": [{"sku": "a", "tags": ["x"]}], "raw": b"\x00\xff"}
    job.ingest("sales.orders", resource([row]))
    assert lake.named("orders").rows() == [row]
    job.ingest("sales.orders", resource([{"id": 2, "lines": []}]))
    assert lake.named("orders").rows()[1]["lines"] == []


@pytest.mark.local_files
def test_arrow_tables_are_written_as_they_are(job, lake):
    rows = pa.table({"id": [1, 2], "place": [{"x": 1.5}, None]})
    job.ingest("sales.orders", resource([rows]))
    assert lake.named("orders").rows() == rows.to_pylist()


@pytest.mark.local_files
def test_a_task_returns_its_source(job, lake):
    result = job.execute(lambda _job: [resource([{"id": 1}]), resource([{"id": 2}], "customers")])
    assert {table: entry["rows_inserted"] for table, entry in result["tables"].items()} == {
        "sales.orders": 1,
        "sales.customers": 1,
    }
    job.execute(lambda _job: {"sales.orders": job.ProcessingResponse(resource([{"id": 3}]))})
    assert column(lake, "orders", "id") == [1, 3]


@pytest.mark.local_files
def test_a_pattern_declares_all_tables_of_a_source(make_job, lake):
    for last in (1, 2):
        rows = [{"id": each} for each in range(1, last + 1)]
        make_job({"sales.*": {}}).ingest_source(source(events(rows), resource(rows, "customers")))
    assert column(lake, "orders", "id") == [1, 2]
    assert column(lake, "customers", "id") == [1, 1, 2]


def test_incremental_state_is_committed_with_the_rows(make_job, lake):
    rows = [{"id": 1}, {"id": 2}]
    make_job().ingest_source(events(rows))
    assert make_job().ingest_source(events(rows)) == []
    make_job().ingest_source(events([*rows, {"id": 3}]))
    assert column(lake, "orders", "id") == [1, 2, 3]


@pytest.mark.local_files
def test_iterations_of_a_loop_have_their_own_state(make_job, lake, monkeypatch):
    def load(shop, ids):
        monkeypatch.setenv("step_function_map_item", f"shop={shop}")
        monkeypatch.setenv("TASK_ADDITIONAL_PARAMETERS_shop", shop)
        make_job(None).ingest("sales.orders", events([{"id": each} for each in ids]))

    monkeypatch.setenv("OUTPUT_TABLES", json.dumps(OUTPUTS))
    monkeypatch.setenv("DATALAKE_LOCAL_ROOT", str(lake.local_root))
    for shop, ids in {"lyon": [5, 6], "nimes": [1, 2]}.items():
        load(shop, ids)
    load("lyon", [5, 6, 7])
    assert column(lake, "orders", "id") == [1, 2, 5, 6, 7]


@pytest.mark.local_files
def test_a_load_that_ends_between_two_tables_neither_loses_nor_repeats_rows(make_job, lake, monkeypatch):
    rows = [{"id": 1}, {"id": 2}]
    job = make_job()
    write = job._outputs.write

    def fail_at_second(table, *arguments):
        if table.table == "orders":
            raise KeyboardInterrupt
        return write(table, *arguments)

    monkeypatch.setattr(job._outputs, "write", fail_at_second)
    with pytest.raises(KeyboardInterrupt):
        job.ingest_source(source(events(rows), events(rows, "customers")))
    make_job().ingest_source(source(events([*rows, {"id": 3}]), events([*rows, {"id": 3}], "customers")))
    assert column(lake, "orders", "id") == [1, 2, 3]
    assert column(lake, "customers", "id") == [1, 2, 3]


@pytest.mark.local_files
def test_a_retried_task_skips_the_tables_that_it_has_written(make_job, lake, monkeypatch):
    monkeypatch.setenv("step_function_execution_arn", EXECUTION + "1")
    monkeypatch.setenv("DATALAKE_LOCAL_ROOT", str(lake.root))
    monkeypatch.setenv("OUTPUT_TABLES", '{"sales.orders": {}}')
    for _ in range(2):
        make_job(None).ingest_source(resource([{"id": 1}]))
    monkeypatch.setenv("step_function_execution_arn", EXECUTION + "2")
    make_job(None).ingest_source(resource([{"id": 1}]))
    assert column(lake, "orders", "id") == [1, 1]


@pytest.mark.local_files
def test_repeated_rows_of_a_merge_are_written_once(job, lake):
    merge = {"write_disposition": "merge", "primary_key": "id"}
    job.ingest("sales.orders", resource([{"id": 1, "v": 1}, {"id": 1, "v": 1}], **merge))
    assert lake.named("orders").rows() == [{"id": 1, "v": 1}]
    versions = [{"id": 1, "v": 3}, {"id": 1, "v": 2}]
    job.ingest("sales.orders", resource(versions, **merge, columns={"v": {"dedup_sort": "desc"}}))
    assert lake.named("orders").rows() == [{"id": 1, "v": 3}]


@pytest.mark.local_files
def test_hard_deletes_remove_rows_by_key(job, lake):
    merge = {"write_disposition": "merge", "primary_key": "id", "columns": {"gone": {"hard_delete": True}}}
    job.ingest("sales.orders", resource([{"id": 1, "gone": False}, {"id": 2, "gone": False}], **merge))
    job.ingest("sales.orders", resource([{"id": 1, "gone": True}], **merge))
    assert lake.named("orders").rows() == [{"id": 2}]


@pytest.mark.local_files
def test_a_replace_without_rows_empties_the_table_only_on_request(make_job, lake):
    make_job().ingest_source(resource([{"id": 1}]))
    make_job().ingest_source(resource([], write_disposition="replace"))
    assert column(lake, "orders", "id") == [1]
    make_job({"sales.orders": {"empty": "replace"}}).ingest_source(resource([], write_disposition="replace"))
    assert column(lake, "orders", "id") == []


@pytest.mark.local_files
def test_new_columns_are_added_and_frozen_ones_refused(make_job, lake):
    make_job().ingest_source(resource([{"id": 1}]))
    make_job().ingest_source(resource([{"id": 2, "note": "x"}]))
    assert lake.named("orders").rows() == [{"id": 1, "note": None}, {"id": 2, "note": "x"}]
    with pytest.raises(SourceDataError, match="sales.orders|orders"):
        make_job().ingest_source(resource([{"id": 3, "more": 1}], schema_contract={"columns": "freeze"}))
    assert column(lake, "orders", "id") == [1, 2]


@pytest.mark.local_files
@pytest.mark.parametrize("rows", [[{"id": 2, "v": "many"}], [{"id": 2, "v": 5}, {"id": 3, "v": "many"}]])
def test_a_type_that_changes_is_an_error_and_writes_nothing(make_job, lake, rows):
    make_job().ingest_source(source(resource([{"id": 1, "v": 1}]), resource([{"id": 1}], "customers")))
    with pytest.raises(SourceDataError, match="column 'v'"):
        make_job().ingest_source(source(resource([{"id": 2}], "customers"), resource(rows)))
    assert column(lake, "orders", "v") == [1]
    assert column(lake, "customers", "id") == [1]


@pytest.mark.local_files
def test_arrow_data_follows_the_rules_of_the_table(job, lake):
    job.ingest("sales.orders", pa.table({"id": [1]}))
    with pytest.raises(IncompatibleColumnError, match="'id'"):
        job.ingest("sales.orders", resource([pa.table({"id": ["one"]})]))


@pytest.mark.local_files
@pytest.mark.parametrize(
    ("hints", "named"),
    [
        ({"write_disposition": {"disposition": "merge", "strategy": "scd2"}, "primary_key": "id"}, "scd2"),
        ({"write_disposition": {"disposition": "merge", "strategy": "delete-insert"}, "primary_key": "id"}, "delete-"),
        ({"write_disposition": {"disposition": "merge", "strategy": "insert-only"}, "primary_key": "id"}, "insert-"),
        ({"write_disposition": "merge"}, "primary_key"),
        ({"max_table_nesting": 1}, "max_table_nesting"),
        ({"write_disposition": "merge", "primary_key": "id", "columns": {"v": {"dedup_sort": "asc"}}}, "dedup_sort"),
        ({"write_disposition": "merge", "primary_key": "id", "columns": {"v": {"hard_delete": True}}}, "hard_delete"),
    ],
)
def test_hints_without_an_equivalent_are_refused(job, lake, hints, named):
    with pytest.raises(UnsupportedHintError, match=named):
        job.ingest_source(resource([{"id": 1, "v": 1, "lines": [{"a": 1}]}], **hints))
    assert not job.does_table_exist("sales.orders")


@pytest.mark.local_files
def test_contradictions_to_the_output_table_are_errors(make_job):
    upsert = {"ingestion_mode": "upsert", "upsert_keys": ["id"]}
    with pytest.raises(ConflictingHintError, match="write_disposition"):
        make_job({"sales.orders": upsert}).ingest_source(resource([{"id": 1}]))
    with pytest.raises(ConflictingHintError, match="primary_key"):
        merge = {"write_disposition": "merge", "primary_key": "other"}
        make_job({"sales.orders": upsert}).ingest_source(resource([{"id": 1, "other": 1}], **merge))


@pytest.mark.local_files
def test_calls_that_cannot_be_loaded_are_errors(job):
    with pytest.raises(UndeclaredSourceTableError, match="'refunds'.*sales.orders"):
        job.ingest_source(source(resource([{"id": 1}]), resource([{"id": 1}], "refunds")))
    with pytest.raises(SeveralTablesError, match="customers"):
        job.ingest("sales.orders", source(resource([{"id": 1}]), resource([{"id": 1}], "customers")))
    with pytest.raises(ResourceOptionError, match="override_ingestion_mode"):
        job.ingest("sales.orders", resource([{"id": 1}]), "overwrite")
    with pytest.raises(SourceTypeError, match="dict"):
        job.ingest_source({"id": 1})
    assert not job.does_table_exist("sales.orders")


@pytest.mark.local_files
def test_sources_of_a_list_with_the_same_table_are_refused(job):
    shops = [source(resource([{"id": number}]), name=f"shop_{number}") for number in range(2)]
    with pytest.raises(RepeatedSourceTableError, match="sales.orders"):
        job.ingest_source(shops)
    with pytest.raises(RepeatedSourceTableError, match="sales.orders"):
        job.ingest("sales.orders", shops)
    assert not job.does_table_exist("sales.orders")


@pytest.mark.local_files
def test_failures_of_a_source_are_terminal_or_transient_and_hide_secrets(job):
    def fail(error):
        def read():
            yield {"id": 1}
            raise error

        return resource(read)

    with pytest.raises(SourceUnavailableError, match="refused"):
        job.ingest_source(fail(ConnectionError("refused")))
    with pytest.raises(SourceReadError, match="no key") as caught:
        job.ingest_source(fail(ValueError("no key; api_key=abc123def")))
    assert "abc123def" not in str(caught.value)
    assert not job.does_table_exist("sales.orders")


@pytest.mark.local_files
def test_missing_secrets_are_named(job):
    @dlt.resource(name="orders")
    def read(api_key=dlt.secrets.value):
        yield {"id": 1}

    with pytest.raises(MissingSourceSettingError, match="API_KEY"):
        job.ingest_source(read)


LOAD = """
import os

import dlt


@dlt.resource(name="orders", primary_key="id", write_disposition="merge")
def orders(after=dlt.sources.incremental("id", initial_value=0)):
    last = after.last_value
    yield [{"id": number, "caller": dlt.secrets["shop_user"]} for number in range(last + 1, last + 3)]


def main(job):
    job.logger.info("reading as %s", os.environ["SHOP_USER"])
    return orders()
"""
PIPELINE = """
pipeline_name: daily
tasks:
  load:
    type: dlt
    path: load
    output_tables: {"raw.*": {}}
    secrets: {SHOP_USER: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-AbCdEf:user::"}
  count:
    type: sql
    path: count
    input_tables: [raw.orders]
    output_tables: {daily.totals: {ingestion_mode: overwrite}}
"""


def test_a_pipeline_loads_a_source_with_a_secret(tmp_path):
    project = Project(tmp_path, "run_pipeline")
    project.define(PIPELINE)
    project.add_task("load", LOAD)
    project.add_task(
        "count", "SELECT count(*) AS n, min(caller) AS caller FROM {database_prefix}raw.orders", "main.sql"
    )
    code, _, shown = project.run()
    assert (code, "the secret SHOP_USER of the task is not set" in shown) == (1, True), shown
    code, _, shown = project.run(SHOP_USER="ada-lovelace")
    assert code == 0, shown
    assert project.rows("totals") == [{"n": 2, "caller": "ada-lovelace"}]
    (log,) = [path.read_text() for path in sorted(project.lake.rglob("load.log"))[-1:]]
    assert "reading as [redacted]" in log
