from __future__ import annotations

import pytest

from datalake_sdk.errors import TablesConfigurationError, UnknownFieldsError
from datalake_sdk.operations.tables_configuration import load_table_configuration
from datalake_sdk.settings import ColumnConfiguration, TableConfiguration, TableName

BILLS = TableName("billing", "bills")


@pytest.fixture
def load(tmp_path):
    """Reads a file's content as that of `billing.bills`."""

    def load(content):
        (tmp_path / "billing.bills.yaml").write_text(content, encoding="utf-8")
        return load_table_configuration(BILLS, tmp_path)

    return load


@pytest.mark.parametrize("name", ["schema", "columns"])
def test_descriptions_and_types_are_read_under_both_names(load, name):
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
    )


@pytest.mark.parametrize("content", ["", "description:", "schema:\n", "schema: {}"])
def test_a_file_may_say_nothing(load, content):
    assert load(content) == TableConfiguration()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("desciption: x", "the file has unknown field(s) 'desciption' (did you mean 'description'?)"),
        ("scheme: {}", "the file has unknown field(s) 'scheme' (did you mean 'schema'?)"),
        ("schema: {id: {descr: x}}", "column 'id' has unknown field(s) 'descr' (did you mean 'description'?)"),
        ("schema: {id: {wrong: 1}}", "column 'id' has unknown field(s) 'wrong'"),
        ("schema: {id: {1: x}}", "column 'id' has unknown field(s) '1'"),
    ],
)
def test_an_unknown_field_is_named_with_the_nearest_valid_one(load, content, words):
    with pytest.raises(UnknownFieldsError) as caught:
        load(content)
    assert caught.value.message.endswith(f"billing.bills.yaml: {words}")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[a]", "the file is ['a']; it must be a mapping"),
        ("schema: [id]", "schema is ['id']; it must be a mapping"),
        ("schema: {id: text}", "column 'id' is 'text'; it must be a mapping"),
        ("schema: {id: {description: 5}}", "column 'id': description is 5; it must be text"),
        ("schema: {ID: {}, id: {}}", "column 'id' is described twice"),
        ("schema: {id: {type: int}, id: {type: long}}", "key 'id' occurs twice"),
        ("description: Bills\nschema: {}\nschema: {}", "key 'schema' occurs twice"),
        ("{schema: {}, columns: {}}", "has both 'schema' and 'columns'"),
        ("schema: {id: {checks: {unique: true}}}", "column 'id' has checks, which are not supported yet"),
        ("a: [", "is not valid YAML"),
    ],
)
def test_what_cannot_be_read_is_named_and_never_ignored(load, content, words):
    with pytest.raises(TablesConfigurationError) as caught:
        load(content)
    assert words in caught.value.message
