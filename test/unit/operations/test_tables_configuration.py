from __future__ import annotations

import pytest

from datalake_sdk.errors import TablesConfigurationError, UnknownFieldsError
from datalake_sdk.operations.tables_configuration import load_table_configuration
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration

BILLS = TableName("billing", "bills")


@pytest.fixture
def load(tmp_path):
    """Reads content as the table file of `billing.bills`."""

    def load(content):
        (tmp_path / "billing.bills.yaml").write_text(content, encoding="utf-8")
        return load_table_configuration(BILLS, tmp_path)

    return load


@pytest.mark.parametrize("name", ["schema", "columns"])
def test_schema_and_columns_are_aliases(load, name):
    content = f"""
description: "Bills as sent"
{name}:
  Bill ID:
    description: "Number of the bill"
  amount: {{type: double}}
  paid:
"""
    assert load(content) == TableConfiguration(
        "Bills as sent",
        {
            "bill_id": ColumnConfiguration(description="Number of the bill"),
            "amount": ColumnConfiguration(type="double"),
            "paid": ColumnConfiguration(),
        },
        is_contract=True,
    )


@pytest.mark.parametrize("content", ["", "description:", "schema:\n", "schema: {}"])
def test_a_file_may_be_empty(load, content):
    assert load(content) == TableConfiguration(is_contract=True)


def test_a_table_without_a_file_has_no_contract(tmp_path):
    assert load_table_configuration(BILLS, tmp_path) == TableConfiguration()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("desciption: x", "the file has unknown fields: 'desciption' (did you mean 'description'?)"),
        ("scheme: {}", "the file has unknown fields: 'scheme' (did you mean 'schema'?)"),
        ("schema: {id: {descr: x}}", "column 'id' has unknown fields: 'descr' (did you mean 'description'?)"),
        ("schema: {id: {wrong: 1}}", "column 'id' has unknown fields: 'wrong'"),
        ("schema: {id: {1: x}}", "column 'id' has unknown fields: '1'"),
    ],
)
def test_an_unknown_field_is_rejected_with_a_suggestion(load, content, words):
    with pytest.raises(UnknownFieldsError) as caught:
        load(content)
    assert caught.value.message.endswith(f"billing.bills.yaml: {words}")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[a]", "the file is ['a']; it must be a mapping"),
        ("schema: [id]", "schema is ['id']; it must be a mapping"),
        ("schema: {id: text}", "column 'id' is 'text'; it must be a mapping"),
        ("schema: {id: {description: 5}}", "column 'id': description is 5; it must be a string"),
        ("schema: {ID: {}, id: {}}", "column 'id' occurs twice"),
        ("schema: {id: {type: int}, id: {type: long}}", "key 'id' occurs twice"),
        ("description: Bills\nschema: {}\nschema: {}", "key 'schema' occurs twice"),
        ("{schema: {}, columns: {}}", "has both 'schema' and 'columns'"),
        ("quality: [{metric: rowCount, mustBe: 1, mustBe: 2}]", "key 'mustBe' occurs twice"),
        ("partition_keys: [1]", "partition_keys is [1]; it must be a string or a list of strings"),
        ("properties: {write.target-file-size-bytes: 5}", "is 5; it must be a string"),
        ("properties: {datalake_sdk_task_name: x}", "property 'datalake_sdk_task_name' is set by the SDK"),
        ("properties: {datalake_sdk_contract: x}", "property 'datalake_sdk_contract' is set by the SDK"),
        ('properties: {datalake_sdk_max_snapshot: "5"}', "property 'datalake_sdk_max_snapshot' does not exist"),
        (
            "properties: {write.parquet.compression-codec: lzma}",
            "billing.bills.yaml: table property 'write.parquet.compression-codec' is 'lzma'; it must be zstd, gzip, ",
        ),
        ('properties: {datalake_sdk_max_snapshots: "-5"}', "is '-5'; it must be a whole number of at least 0"),
        ("a: [", "is not valid YAML"),
        ("schema: {day: {logicalTypeOptions: {minimum: 2026-13-01}}}", "is not valid YAML: month must be in 1..12"),
    ],
)
def test_invalid_content_is_rejected(load, content, words):
    with pytest.raises(TablesConfigurationError) as caught:
        load(content)
    assert words in caught.value.message


def test_valid_names_of_properties_are_listed(load):
    with pytest.raises(TablesConfigurationError) as caught:
        load('properties: {datalake_sdk_max_snapshot: "5"}')
    assert "datalake_sdk_max_snapshots" in caught.value.hint


def test_a_property_of_the_sdk_or_of_another_program_may_be_set(load):
    properties = {"datalake_sdk_max_snapshots": "5", "owner": "sales"}
    assert load(f"properties: {properties}").properties == properties


@pytest.mark.parametrize(
    ("promise", "words"),
    [
        ("property: freshness, value: 0, unit: h", "value is 0; it must be a number greater than 0"),
        ("property: freshness, value: .nan, unit: h", "value is nan; it must be a number greater than 0"),
        ("property: retention, value: .inf, unit: y, element: at", "value is inf; it must be a number greater than 0"),
        ("property: latency, value: soon, unit: h", "value is 'soon'; it must be a number"),
        ("property: latency, value: 1, element: at", "unit is None; it must be one of minute, "),
        ("property: retention, value: 3, unit: y", "element is missing; retention requires the column"),
        ("property: retention, value: 3, unit: x, element: at", "unit is 'x'; it must be one of minute, "),
        ("property: freshness, value: 3, unit: d, element: Day", "element 'Day' is double; it must be a date, "),
    ],
)
def test_a_promise_that_cannot_be_checked_is_rejected(load, promise, words):
    schema = "{at: , day: {type: double}}"
    with pytest.raises(TablesConfigurationError) as caught:
        load(f"{{schema: {schema}, slaProperties: [{{property: other, value: 1}}, {{{promise}}}]}}")
    assert f"billing.bills.yaml: slaProperties 2: {words}" in caught.value.message


def test_promises_that_can_be_checked_are_accepted(load):
    promises = [
        "{property: freshness, value: 1.5, unit: h}",
        "{property: retention, value: 3, unit: years, element: at}",
        "{property: availability, value: 99, unit: '%'}",
    ]
    assert len(load(f"{{schema: {{at: {{type: date}}}}, slaProperties: [{', '.join(promises)}]}}").sla_properties) == 3
