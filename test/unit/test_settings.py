from __future__ import annotations

import pytest

from datalake_sdk.errors import (
    InvalidNameError,
    InvalidSettingError,
    UnknownFieldsError,
    UnknownIngestionModeError,
    UsageError,
)
from datalake_sdk.output_tables import output_table_from
from datalake_sdk.settings import Environment, IngestionMode, IngestionRequest, OutputTable, TableName, parse_keys


def test_an_unknown_mode_is_rejected_with_the_valid_ones():
    with pytest.raises(UnknownIngestionModeError) as caught:
        IngestionMode.parse("replace")
    assert "'replace'; it must be one of overwrite, overwrite_partitions, append, upsert" in str(caught.value)


@pytest.mark.parametrize(("stage", "database"), [("dev", "dev_sales"), ("prod", "sales")])
def test_the_database_of_an_identifier_has_the_stage_prefix(stage, database):
    environment = Environment("shop", "emea", stage)
    assert TableName("sales", "orders").identifier(environment) == (database, "orders")


@pytest.mark.parametrize("field", ["project_name", "domain_name", "stage_name"])
def test_an_environment_with_an_invalid_name_is_rejected(field):
    names = {"project_name": "shop", "domain_name": "emea", "stage_name": "dev", field: "No Name"}
    with pytest.raises(InvalidNameError, match=field):
        Environment(**names)


@pytest.mark.parametrize("name", ["orders", "a.b.c", "sales.", "Sales.orders", None])
def test_a_table_name_must_be_database_and_table(name):
    with pytest.raises(UsageError):
        TableName.parse(name)


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        ("a/day(b)", ("a", "day(b)")),
        ("a, day(b)", ("a", "day(b)")),
        ("bucket(4, a)", ("bucket(4, a)",)),
        ("bucket(4, a),truncate(2,b)/c", ("bucket(4, a)", "truncate(2,b)", "c")),
        (None, ()),
        ("", ()),
        (["a", "b"], ("a", "b")),
    ],
)
def test_keys_are_split_at_commas_and_slashes_outside_parentheses(value, keys):
    assert parse_keys(value) == keys


def test_an_output_table_is_parsed_from_the_environment_of_a_task():
    value = {"ingestion_mode": "upsert", "upsert_keys": ["id"], "partition_keys": "month/day(at)"}
    assert output_table_from("sales.orders", value) == OutputTable(IngestionMode.UPSERT, ("id",), ("month", "day(at)"))


def test_an_output_table_without_partition_keys_keeps_those_of_the_table():
    assert output_table_from("sales.orders", {}).partition_keys is None


def test_an_unknown_field_of_an_output_table_is_rejected():
    with pytest.raises(UnknownFieldsError) as caught:
        output_table_from("sales.orders", {"upsert_key": ["id"]})
    assert caught.value.message == (
        "output_tables['sales.orders'] has unknown fields: 'upsert_key' (did you mean 'upsert_keys'?)"
    )
    assert caught.value.hint == (
        "Valid fields are ingestion_mode, upsert_keys, partition_keys, empty, on_duplicate, order_by, delete_when."
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("overwrite", "output_tables['sales.orders'] is 'overwrite'; it must be an object with ingestion_mode"),
        (None, "output_tables['sales.orders'] is 'None'; it must be an object with ingestion_mode"),
        ({"upsert_keys": [1]}, "output_tables['sales.orders'].upsert_keys is '[1]'; it must be a list of column names"),
        ({"partition_keys": 5}, "output_tables['sales.orders'].partition_keys is '5'; it must be a list of column"),
    ],
)
def test_an_invalid_output_table_is_rejected(value, message):
    with pytest.raises(InvalidSettingError) as caught:
        output_table_from("sales.orders", value)
    assert caught.value.message.startswith(message)


def test_an_ingestion_request_has_a_random_ingestion_id_by_default():
    table = TableName("sales", "orders")
    first, second = IngestionRequest(table), IngestionRequest(table)
    assert first.ingestion_id
    assert first.ingestion_id != second.ingestion_id
