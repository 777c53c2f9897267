from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from datalake_sdk.errors import InvalidTaskVariableError, MissingTaskVariablesError, UsageError
from datalake_sdk.runtime.environment import task_settings
from datalake_sdk.settings import IngestionMode, TableName

EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_daily:run-1"
ORDERS = TableName("sales", "orders")
VARIABLES = {
    "PROJECT_NAME": "shop",
    "DOMAIN_NAME": "sales",
    "STAGE_NAME": "dev",
    "PIPELINE_NAME": "daily",
    "TASK_NAME": "load",
    "OUTPUT_TABLES": json.dumps({"sales.orders": {"ingestion_mode": "upsert", "upsert_keys": ["id"]}}),
}
IN_PIPELINE = VARIABLES | {"step_function_execution_arn": EXECUTION}


def test_tables_and_their_modes_are_read():
    settings = task_settings(VARIABLES | {"INPUT_TABLES": '["raw.orders"]'})
    assert settings.output_tables[str(ORDERS)].ingestion_mode is IngestionMode.UPSERT
    assert settings.output_tables[str(ORDERS)].upsert_keys == ("id",)
    assert settings.input_tables == ("raw.orders",)


def test_all_missing_variables_are_listed_with_what_sets_them():
    with pytest.raises(MissingTaskVariablesError) as caught:
        task_settings({"PROJECT_NAME": "shop", "STAGE_NAME": "dev", "TASK_NAME": ""})
    assert caught.value.message == (
        "missing environment variables: DOMAIN_NAME, PIPELINE_NAME, TASK_NAME, OUTPUT_TABLES"
    )
    assert "set by the task's definition, created by pipeline_factory" in caught.value.hint


def test_an_output_table_may_be_the_pattern_for_a_database():
    settings = task_settings(VARIABLES | {"OUTPUT_TABLES": '{"raw.*": {"ingestion_mode": "overwrite"}}'})
    assert settings.output_tables["raw.*"].ingestion_mode is IngestionMode.OVERWRITE
    with pytest.raises(UsageError, match=r"shop_\*"):
        task_settings(VARIABLES | {"OUTPUT_TABLES": '{"raw.shop_*": {}}'})


def test_an_embedded_lake_requires_only_output_tables():
    settings = task_settings({"DATALAKE_LOCAL_ROOT": "lake", "OUTPUT_TABLES": VARIABLES["OUTPUT_TABLES"]})
    assert settings.producer_properties == {}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("OUTPUT_TABLES", "{", "OUTPUT_TABLES is '{'; it must be JSON"),
        ("OUTPUT_TABLES", "[]", "it must be a JSON object keyed by database.table"),
        ("INPUT_TABLES", "{}", "it must be a JSON list of database.table names"),
        ("INPUT_TABLES", "[1]", "it must be a JSON list of database.table names"),
        ("TASK_TYPE", "scala", "TASK_TYPE is 'scala'; it must be one of dbt, dlt, python, sql"),
        ("IS_SQL_JOB", "perhaps", "IS_SQL_JOB is 'perhaps'; it must be true or false"),
        ("step_function_execution_input", '{"time": "soon"}', "step_function_execution_input.time is 'soon'"),
        ("step_function_execution_input", '{"debug": "yes"}', "step_function_execution_input.debug is 'yes'"),
        ("step_function_execution_start_time", "today", "step_function_execution_start_time is 'today'"),
    ],
)
def test_an_invalid_value_is_reported_with_its_variable(name, value, words):
    with pytest.raises(InvalidTaskVariableError, match="it must be") as caught:
        task_settings(VARIABLES | {name: value})
    assert words in str(caught.value)


def test_an_unknown_field_of_an_output_table_is_rejected():
    with pytest.raises(UsageError, match=r"output_tables\['sales.orders'\] has unknown fields: 'mode'"):
        task_settings(VARIABLES | {"OUTPUT_TABLES": '{"sales.orders": {"mode": "append"}}'})


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("True", True), ("false", False), ("", False)])
def test_booleans_are_accepted_in_the_notations_of_terraform_and_python(text, flag):
    assert task_settings(VARIABLES | {"IS_SQL_JOB": text}).is_sql_job is flag


def test_parameters_keep_their_names_and_values():
    assert task_settings(VARIABLES | {"TASK_ADDITIONAL_PARAMETERS_country": "fr"}).parameters == {"country": "fr"}


@pytest.mark.parametrize(
    ("given", "timestamp", "date"),
    [
        ({}, datetime(2026, 3, 2, 23, 59, 59, 192000, tzinfo=UTC), "2026-03-02"),
        ({"logical_date": None}, datetime(2026, 3, 2, 23, 59, 59, 192000, tzinfo=UTC), "2026-03-02"),
        ({"time": "2026-03-01T05:00:00Z"}, datetime(2026, 3, 1, 5, tzinfo=UTC), "2026-03-01"),
        (
            {"logical_date": "2026-02-28", "time": "2026-03-01T05:00:00Z"},
            datetime(2026, 2, 28, tzinfo=UTC),
            "2026-02-28",
        ),
        ({"logical_date": "2026-02-28T00:30:00+02:00"}, datetime(2026, 2, 27, 22, 30, tzinfo=UTC), "2026-02-28"),
    ],
)
def test_the_logical_date_comes_from_the_input_then_the_event_then_the_start_of_the_execution(given, timestamp, date):
    variables = {
        "step_function_execution_input": json.dumps(given),
        "step_function_execution_start_time": "2026-03-02T23:59:59.192Z",
    }
    settings = task_settings(VARIABLES | variables)
    assert (settings.logical_timestamp, settings.logical_date) == (timestamp, date)


@pytest.mark.parametrize("given", ["", "null", "[1]", '{"other": 1}'])
def test_outside_an_execution_the_logical_date_is_the_current_date(given):
    settings = task_settings(VARIABLES | {"step_function_execution_input": given})
    assert timedelta() <= datetime.now(UTC) - settings.logical_timestamp < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("given", "is_debug"),
    [
        ('{"debug": true}', True),
        ('{"debug": "True"}', True),
        ('{"debug": false}', False),
        ('{"debug": "false"}', False),
        ('{"debug": null}', False),
        ("{}", False),
        ("3", False),
    ],
)
def test_the_execution_input_enables_debug_logs(given, is_debug):
    assert task_settings(VARIABLES | {"step_function_execution_input": given}).is_debug is is_debug


def test_a_retry_has_the_ingestion_id_of_the_first_attempt():
    first = task_settings(IN_PIPELINE | {"step_function_task_token": "one"})
    again = task_settings(IN_PIPELINE | {"step_function_task_token": "two"})
    assert first.ingestion_id(ORDERS) == again.ingestion_id(ORDERS) == f"{EXECUTION}/load/sales.orders"


def test_iterations_of_a_map_state_have_different_ingestion_ids():
    french, german = (
        task_settings(IN_PIPELINE | {"TASK_ADDITIONAL_PARAMETERS_country": country}) for country in ("fr", "de")
    )
    assert french.ingestion_id(ORDERS) != german.ingestion_id(ORDERS)


def test_a_caught_failure_has_the_same_ingestion_id_whatever_its_cause():
    def caught(task: str, cause: str):
        given = {"caught_task": task, "caught_error": cause[:4], "caught_cause": cause}
        return task_settings(
            IN_PIPELINE | {f"TASK_ADDITIONAL_PARAMETERS_{name}": value for name, value in given.items()}
        ).ingestion_id(ORDERS)

    assert caught("load", "disk full") == caught("load", "connection lost")
    assert caught("load", "disk full") != caught("clean", "disk full")


def test_outside_a_pipeline_a_write_has_no_ingestion_id():
    assert task_settings(VARIABLES).ingestion_id(ORDERS) is None
