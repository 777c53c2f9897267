"""The interface of a task's job object, and the results that a task may return."""

from __future__ import annotations

import datetime
import json

import pyarrow as pa
import pytest

from datalake_sdk.errors import (
    DuplicateKeysError,
    FailedTablesError,
    InvalidSettingError,
    MissingCapabilityError,
    ProcessingFailed,
    TaskResultError,
    UnknownIngestionModeError,
    UsageError,
)
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper

EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_daily:run-1"
ROWS = pa.table({"id": [1, 2], "amount": [5, 7]})
Response = NativePythonProcessingWrapper.ProcessingResponse


@pytest.fixture
def make_job(lake, tmp_path):
    """Returns a job whose output tables are `sales.orders`, by upsert, and `sales.customers`, by overwrite."""

    def make_job(kind=NativePythonProcessingWrapper, **settings):
        names = {"project_name": "shop", "domain_name": "sales", "stage_name": "dev", "local_root": lake.local_root}
        tables = {
            "sales.orders": {"ingestion_mode": "upsert", "upsert_keys": ["id"]},
            "sales.customers": {"ingestion_mode": "overwrite"},
        }
        defaults = {"output_tables": tables, "tables_configuration": tmp_path / "tables_configuration"}
        return kind(**{**names, **defaults, **settings})

    return make_job


@pytest.fixture
def job(make_job):
    return make_job(pipeline_name="daily", task_name="load")


@pytest.fixture
def describe(tmp_path):
    """Writes the table file of `sales.orders`."""

    def describe(content):
        folder = tmp_path / "tables_configuration"
        folder.mkdir(exist_ok=True)
        (folder / "sales.orders.yaml").write_text(content, encoding="utf-8")

    return describe


def test_a_response_without_rows_updates_the_tables_descriptions(lake, job, describe):
    lake.ingest(ROWS)
    snapshot = lake.iceberg().current_snapshot()
    describe("description: All orders\nschema: {amount: {description: In euros}}")
    result = job.execute(lambda job: {"sales.orders": job.ProcessingResponse(job_end_message="nothing new")})
    assert result == {"tables": {"sales.orders": {"job_end_message": "nothing new"}}}
    table = lake.iceberg()
    assert (table.properties["comment"], table.schema().find_field("amount").doc) == ("All orders", "In euros")
    assert table.properties["datalake_sdk_task_name"] == "load"
    assert (table.current_snapshot(), lake.rows()) == (snapshot, ROWS.to_pylist())


def test_unchanged_descriptions_are_not_committed_again(lake, job, describe, caplog):
    caplog.set_level("INFO")
    lake.ingest(ROWS)
    describe("description: All orders\nschema: {amount: {description: In euros}}")
    job.update_table_metadata("sales.orders")
    before = lake.iceberg().metadata_location
    job.update_table_metadata("sales.orders")
    assert lake.iceberg().metadata_location == before
    assert caplog.text.count("descriptions updated") == 1


def test_descriptions_of_a_missing_table_are_ignored(lake, job, describe):
    describe("description: All orders")
    job.update_table_metadata("sales.orders")
    assert not lake.exists()


@pytest.mark.parametrize("writes", [True, False])
def test_a_description_of_an_unknown_column_logs_a_warning(lake, job, describe, caplog, writes):
    lake.ingest(ROWS)
    describe("schema: {amuont: {description: In euros}}")
    job.ingest("sales.orders", ROWS) if writes else job.update_table_metadata("sales.orders")
    assert "the table file describes unknown column 'amuont'; did you mean 'amount'?" in caplog.text


def test_a_configuration_file_that_matches_no_output_table_logs_a_warning(job, describe, tmp_path, caplog):
    describe("description: All orders")
    (tmp_path / "tables_configuration" / "sales.customer.yaml").write_text("description: Buyers", encoding="utf-8")
    job.execute(lambda job: None)
    assert "sales.customer.yaml matches none of the task's output tables" in caplog.text
    assert "sales.orders.yaml" not in caplog.text


@pytest.mark.parametrize("status", ["FAILURE", Response.JobEndStatus.FAILURE])
def test_a_failure_status_fails_the_task_after_all_tables_are_written(lake, job, status):
    with pytest.raises(FailedTablesError, match=r"FAILURE for 'sales.orders' \(bad rows\)") as caught:
        job.execute(
            lambda job: {
                "sales.orders": job.ProcessingResponse(ROWS, job_end_message="bad rows", job_end_status=status),
                "sales.customers": job.ProcessingResponse(ROWS),
            }
        )
    assert "sales.customers" not in str(caught.value)
    assert lake.rows() == lake.named("customers").rows() == ROWS.to_pylist()


def test_an_unknown_status_is_rejected_before_anything_is_written(lake, job):
    with pytest.raises(TaskResultError, match="job_end_status of 'sales.orders' is 'FAILED'; it must be SUCCESS or"):
        job.execute(lambda job: {"sales.orders": job.ProcessingResponse(ROWS, job_end_status="FAILED")})
    assert not lake.exists()


def test_an_unknown_mode_is_rejected_before_anything_is_written(lake, job):
    with pytest.raises(UnknownIngestionModeError, match="ingestion_mode is 'replace'"):
        job.execute(
            lambda job: {
                "sales.orders": job.ProcessingResponse(ROWS),
                "sales.customers": job.ProcessingResponse(ROWS, override_ingestion_mode="replace"),
            }
        )
    assert not lake.exists()


def test_a_message_of_any_type_is_converted_to_a_string(job):
    result = job.execute(
        lambda job: {"sales.orders": job.ProcessingResponse(job_end_message=datetime.date(2026, 2, 28))}
    )
    assert json.loads(json.dumps(result)) == {"tables": {"sales.orders": {"job_end_message": "2026-02-28"}}}


def test_methods_accept_keyword_arguments(lake, job, tmp_path):
    (tmp_path / "orders.csv").write_text("id;amount\n1;5\n2;7\n", encoding="utf-8")
    orders = job.read_input_dataset(input_file_path=str(tmp_path / "orders.csv"), csv_delimiter=";")
    job.ingest(full_table_name="sales.orders", dataframe=orders)
    job.ingest(
        full_table_name="sales.orders", dataframe=orders, override_ingestion_mode="append", force_maintenance=True
    )
    assert len(lake.rows()) == 4
    assert len(list(lake.iceberg().scan().plan_files())) == 1
    done = job.perform_table_maintenance(full_table_name="sales.orders", force_maintenance=True)
    assert done.table == "dev_sales.orders"
    assert len(job.read_table(full_table_name="sales.orders")) == 4


def test_a_job_exposes_its_environment_and_its_task(lake, make_job, monkeypatch):
    monkeypatch.setenv("step_function_execution_arn", EXECUTION)
    monkeypatch.setenv("step_function_execution_start_time", "2026-03-02T01:15:00.000Z")
    monkeypatch.setenv("TASK_ADDITIONAL_PARAMETERS_country", "fr")
    monkeypatch.setenv("INPUT_TABLES", '["raw.orders"]')
    monkeypatch.setenv("IS_SQL_JOB", "false")
    monkeypatch.setenv("OUTPUT_TABLES", json.dumps({"sales.orders": {"ingestion_mode": "append"}}))
    for name in ("PROJECT_NAME", "DOMAIN_NAME", "STAGE_NAME", "PIPELINE_NAME", "TASK_NAME"):
        monkeypatch.setenv(name, name.removesuffix("_NAME").lower())
    job = make_job(output_tables=None)
    expected = {
        "project_name": "shop",
        "domain_name": "sales",
        "stage_name": "dev",
        "pipeline_name": "pipeline",
        "task_name": "task",
        "is_sql_job": False,
        "input_tables": ["raw.orders"],
        "output_tables": {"sales.orders": {"ingestion_mode": "append", "upsert_keys": [], "partition_keys": None}},
        "task_additional_parameters": {"country": "fr"},
        "logical_date": "2026-03-02",
        "long_database_prefix": "dev_",
        "athena_workgroup_name": "shop_sales_dev",
        "step_function_task_token": None,
        "step_function_execution_arn": EXECUTION,
    }
    assert {name: getattr(job, name) for name in expected} == expected
    job.logger.info("one line of the task")


def test_arguments_override_environment_variables(make_job):
    job = make_job(
        pipeline_name="daily",
        task_name="load",
        is_sql_job=True,
        input_tables=["raw.orders"],
        logical_date="2026-02-28",
        aws_region_name="eu-west-1",
    )
    assert (job.pipeline_name, job.task_name, job.is_sql_job, job.input_tables, job.logical_date) == (
        "daily",
        "load",
        True,
        ["raw.orders"],
        "2026-02-28",
    )


@pytest.mark.parametrize("given", [datetime.date(2026, 2, 28), datetime.datetime(2026, 2, 28, 9), "2026-02-28T09:00"])
def test_a_logical_date_may_be_a_date_or_a_timestamp(make_job, given):
    assert make_job(logical_date=given).logical_date == "2026-02-28"


def test_an_invalid_logical_date_is_rejected(make_job):
    with pytest.raises(UsageError, match="logical_date is 'today'; it must be a date or a time"):
        make_job(logical_date="today")


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("input_tables", "raw.orders", "input_tables is 'raw.orders'; it must be a list of database.table names"),
        ("input_tables", [5], "it must be a list of database.table names"),
        ("is_sql_job", "false", "is_sql_job is 'false'; it must be True or False"),
    ],
)
def test_a_setting_of_the_wrong_type_is_rejected(make_job, setting, value, words):
    with pytest.raises(InvalidSettingError, match=words):
        make_job(**{setting: value})


def test_tables_are_named_without_the_stage_prefix(lake, job):
    assert not job.does_table_exist("sales.orders")
    lake.ingest(ROWS)
    assert job.does_table_exist("sales.orders")
    assert job.get_long_database_and_table_name("sales.orders") == ("dev_sales", "orders")


def test_a_task_may_change_its_output_tables(lake, job):
    job.output_tables["sales.orders"]["ingestion_mode"] = "append"
    job.ingest("sales.orders", ROWS)
    job.ingest("sales.orders", ROWS)
    assert len(lake.rows()) == 4


def test_a_subclass_may_implement_the_task(lake, make_job):
    class Load(NativePythonProcessingWrapper):
        def processing_function(self):
            return {"sales.orders": self.ProcessingResponse(dataframe=ROWS)}

    assert make_job(Load).execute()["tables"]["sales.orders"]["rows_inserted"] == 2
    assert lake.rows() == ROWS.to_pylist()


def test_an_exception_of_the_task_is_reported_as_processing_failed(job):
    def main(job):
        raise ValueError("no rows")

    with pytest.raises(job.ProcessingFailed, match="ValueError: no rows") as caught:
        job.execute(main)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_task_may_raise_processing_failed(job):
    def main(job):
        raise job.ProcessingFailed("the day is not complete")

    with pytest.raises(ProcessingFailed, match="the day is not complete"):
        job.execute(main)


def test_a_failed_write_raises_ingestion_failed(job):
    with pytest.raises(job.IngestionFailed) as caught:
        job.ingest("sales.orders", pa.concat_tables([ROWS, ROWS]))
    assert isinstance(caught.value, DuplicateKeysError)


def test_the_boto_session_defaults_to_that_of_the_environment(lake, make_job):
    boto3 = pytest.importorskip("boto3")
    session = boto3.Session(region_name="eu-west-1")
    given = make_job(boto_session=session)
    assert given.boto_session is session
    given.ingest("sales.orders", ROWS)
    assert lake.rows() == ROWS.to_pylist()
    if lake.local_root is None:
        assert make_job().boto_session.client("s3").list_buckets()["Buckets"]
    else:
        with pytest.raises(MissingCapabilityError, match=r"job.boto_session needs AWS, which the embedded lake"):
            make_job().boto_session.client("s3")
