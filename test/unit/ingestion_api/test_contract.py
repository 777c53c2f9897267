from __future__ import annotations

import pytest
from pyiceberg import types as iceberg
from pyiceberg.schema import Schema

from datalake_sdk.errors import InvalidRowsError, UnkeyableTypeError, UnknownKeyColumnsError, UntypedContractError
from datalake_sdk.ingestion_api.contract import Column, Contract, contract_of
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration
from test.unit.ingestion_api.conftest import ORDERS

STORED = Schema(
    iceberg.NestedField(1, "id", iceberg.LongType(), required=True),
    iceberg.NestedField(2, "city", iceberg.StringType(), required=False),
)


def configured(**columns: ColumnConfiguration) -> TableConfiguration:
    return TableConfiguration(columns=columns)


def problem_of(contract, *rows: object) -> str:
    with pytest.raises(InvalidRowsError) as raised:
        contract.checked(rows)
    return raised.value.message


def test_valid_rows_are_converted(contract):
    assert contract.checked([{"id": 1, "city": "Lyon"}, {"id": 2, "city": None}, {"id": 3}]) == [
        {"id": 1, "city": "Lyon"},
        {"id": 2},
        {"id": 3},
    ]


def test_problems_of_all_rows_are_named(contract):
    message = problem_of(contract, {"id": "x"}, {"city": "Lyon"}, {"id": 1, "ctiy": "x"}, {"id": None}, 7, {"zip": 1})
    assert message == (
        "sales.orders: rows[0].id is 'x'; it must be a whole number of 64 bits; rows[1].id is missing; it is required; "
        "rows[2].ctiy is unknown; did you mean 'city'?; rows[3].id is null; it is required; "
        "rows[4] is 7; it must be an object; and 2 more problems"
    )


class Columns(dict):
    """Counts the searches for similar names."""

    searches = 0

    def __iter__(self):
        self.searches += 1
        return super().__iter__()


def test_only_problems_that_are_shown_have_a_suggestion():
    columns = Columns(id=Column(iceberg.LongType(), required=False))
    message = problem_of(Contract(ORDERS, columns), {f"ids{number}": 1 for number in range(100)})
    assert message.count("did you mean 'id'?") == 5
    assert message.endswith("and 95 more problems")
    assert columns.searches == 5


def test_a_key_occurs_once_in_a_request():
    keyed = contract_of(ORDERS, TableConfiguration(), STORED, ["id"])
    assert "rows[2] has the same id as rows[0]" in problem_of(keyed, {"id": 1}, {"id": 2}, {"id": 1})


def test_the_table_file_completes_and_overrides_the_stored_table():
    contract = contract_of(
        ORDERS,
        configured(
            id=ColumnConfiguration(type="long"),
            city=ColumnConfiguration(required=True),
            price=ColumnConfiguration(type="decimal(10, 2)"),
        ),
        STORED,
        ["price"],
    )
    assert {name: (str(each.type), each.required) for name, each in contract.columns.items()} == {
        "id": ("long", True),
        "city": ("string", True),
        "price": ("decimal(10, 2)", True),
    }


def test_a_table_without_types_has_no_contract():
    with pytest.raises(UntypedContractError, match="the table does not exist"):
        contract_of(ORDERS, TableConfiguration(), None)
    with pytest.raises(UntypedContractError, match="columns 'city' have no type"):
        contract_of(ORDERS, configured(id=ColumnConfiguration(type="long"), city=ColumnConfiguration()), None)


def test_an_upsert_key_is_a_column():
    with pytest.raises(UnknownKeyColumnsError, match="upsert key 'idd' is not a column\nDid you mean 'id'?"):
        contract_of(ORDERS, TableConfiguration(), STORED, ["idd"])


def test_a_nested_upsert_key_is_an_error_before_requests_are_accepted():
    stored = Schema(iceberg.NestedField(1, "tags", iceberg.ListType(2, iceberg.LongType()), required=False))
    with pytest.raises(UnkeyableTypeError, match="upsert_keys contains 'tags', which has type list<long>"):
        contract_of(ORDERS, TableConfiguration(), stored, ["tags"])
