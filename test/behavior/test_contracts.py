"""Contracts: every check is evaluated before the one commit of a write, in every mode."""

from __future__ import annotations

import logging
import traceback

import pyarrow as pa
import pytest

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.errors import (
    CheckEvaluationError,
    ContractViolatedError,
    FrozenColumnsError,
    UnknownFieldsError,
    UnknownReferenceError,
    ValuesError,
)
from datalake_sdk.table_contract import CONTRACT_PROPERTY

pytestmark = pytest.mark.write_contract
ANY_ENGINE = pytest.mark.not_on_spark("the same code runs with every engine")


def contract(**fields):
    return parse_table("sales.orders.yaml", fields)


POSITIVE = contract(schema={"id": {"primaryKey": True}, "amount": {"logicalTypeOptions": {"minimum": 0}}})
ROWS = [{"id": 1, "amount": 5}, {"id": 2, "amount": 7}]


def problem_of(write):
    with pytest.raises(ContractViolatedError) as caught:
        write()
    return caught.value.message


@pytest.mark.parametrize("mode", ["append", "overwrite", "overwrite_partitions", "upsert"])
def test_a_violated_check_publishes_nothing_in_any_mode(lake, mode):
    lake.ingest(ROWS, configuration=POSITIVE, partitions=("id",))
    keys = ("id",) if mode == "upsert" else ()
    message = problem_of(lambda: lake.ingest([{"id": 3, "amount": -5}, {"id": 4, "amount": 1}], mode, keys))
    assert "amount.minimum: 1 row (minimum of 'amount' is 0), for example id=3, amount=-5" in message
    assert lake.rows() == ROWS


def test_a_table_is_not_created_by_a_batch_that_violates_its_contract(lake):
    assert "nothing was written" in problem_of(lambda: lake.ingest([{"id": 1, "amount": -1}], configuration=POSITIVE))
    assert not lake.exists()


def test_all_violated_checks_are_reported_with_rows_and_keys(lake):
    rules = contract(
        schema={
            "id": {"primaryKey": True},
            "amount": {"required": True, "logicalTypeOptions": {"minimum": 0}},
            "card": {"classification": "restricted", "logicalTypeOptions": {"maxLength": 2}},
        },
        quality=[{"name": "even", "expression": "id % 2 = 0", "severity": "warning"}],
    )
    rows = [{"id": number, "amount": -number, "card": "secret"} for number in range(1, 8)]
    message = problem_of(lambda: lake.ingest([*rows, {"id": 1, "amount": None, "card": "a"}], configuration=rules))
    assert "4 checks of the contract are violated" in message
    assert "amount.required: 1 row ('amount' is required), for example id=1, amount=null" in message
    assert "amount.minimum: 7 rows (minimum of 'amount' is 0), for example id=1, amount=-1; id=2, amount=-2" in message
    assert "card.maxLength: 7 rows (maxLength of 'card' is 2), for example id=1, card=***" in message
    assert "primaryKey: 2 rows (id must be unique), for example id=1" in message
    assert "secret" not in message
    assert "id=6" not in message


@ANY_ENGINE
def test_the_stored_contract_applies_to_writes_without_one(lake):
    lake.ingest(ROWS, configuration=POSITIVE)
    assert CONTRACT_PROPERTY in lake.iceberg().properties
    problem_of(lambda: lake.ingest([{"id": 3, "amount": -5}]))
    lake.ingest([{"id": 3, "amount": -5}], configuration=contract(schema={"id": {}}))
    lake.ingest([{"id": 4, "amount": -5}])
    assert len(lake.rows()) == 4


@ANY_ENGINE
def test_a_warning_is_logged_once_and_the_rows_are_written(lake, caplog):
    rules = contract(schema={"amount": {"logicalTypeOptions": {"minimum": 0}, "on_violation": "warn"}})
    with caplog.at_level(logging.WARNING):
        result = lake.ingest([{"amount": -1}, {"amount": -2}, {"amount": 3}], configuration=rules)
    (check,) = result.checks
    assert (check.name, check.violations, check.passed) == ("amount.minimum", 2, False)
    assert [record.message for record in caplog.records if "amount.minimum" in record.message] == [
        f"{result.table}: amount.minimum: 2 rows (minimum of 'amount' is 0), for example amount=-1; amount=-2; written"
    ]
    assert len(lake.rows()) == 3


def test_a_key_is_unique_in_the_batch_and_in_the_table(lake):
    lake.ingest(ROWS, configuration=POSITIVE)
    assert "primaryKey: 1 row" in problem_of(lambda: lake.ingest([{"id": 2, "amount": 1}, {"id": 3, "amount": 1}]))
    assert "primaryKey: 2 rows" in problem_of(lambda: lake.ingest([{"id": 3, "amount": 1}, {"id": 3, "amount": 2}]))
    lake.ingest([{"id": 2, "amount": 1}], "upsert", ("id",))
    lake.ingest([{"id": 2, "amount": 1}], "overwrite")
    assert lake.rows() == [{"id": 2, "amount": 1}]


def test_an_upsert_checks_keys_other_than_its_own_against_the_rows_that_remain(lake):
    rules = contract(schema={"id": {"primaryKey": True}, "email": {"unique": True}})
    lake.ingest([{"id": 1, "email": "a"}, {"id": 2, "email": "b"}], configuration=rules)
    lake.upsert([{"id": 1, "email": "c"}, {"id": 3, "email": "a"}])
    assert "email.unique: 1 row" in problem_of(lambda: lake.upsert([{"id": 1, "email": "b"}]))
    assert lake.rows() == [{"id": 1, "email": "c"}, {"id": 2, "email": "b"}, {"id": 3, "email": "a"}]


def test_a_foreign_key_refers_to_another_table(lake):
    customers = lake.named("customers")
    customers.ingest([{"id": 1}, {"id": 2}])
    rules = contract(schema={"id": {"primaryKey": True}, "customer": {"relationships": [{"to": "customers.id"}]}})
    lake.ingest([{"id": 1, "customer": 1}, {"id": 2, "customer": None}], configuration=rules)
    message = problem_of(lambda: lake.ingest([{"id": 3, "customer": 3}]))
    assert (
        "customer.foreignKey: 1 row ('customer' must be a value of customers.id), for example id=3, customer=3"
        in message
    )
    customers.ingest([{"id": 3}])
    lake.ingest([{"id": 3, "customer": 3}])


@ANY_ENGINE
def test_a_foreign_key_to_a_table_that_does_not_exist_is_an_error(lake):
    lake.named("customers").ingest([{"id": 1}])
    rules = contract(schema={"customer": {"relationships": [{"to": "customer.id"}]}})
    with pytest.raises(UnknownReferenceError, match="but the table does not exist\nDid you mean 'customers'"):
        lake.ingest([{"customer": 1}], configuration=rules)
    rules = contract(schema={"customer": {"relationships": [{"to": "customers.ids"}]}})
    with pytest.raises(UnknownReferenceError, match="the column does not exist\nDid you mean 'id'"):
        lake.ingest([{"customer": 1}], configuration=rules)


def test_bounds_hold_for_the_table_as_it_will_be(lake):
    rules = contract(
        schema={"name": {"quality": [{"metric": "nullValues", "mustBeLessThan": 50, "unit": "percent"}]}},
        quality=[
            {"metric": "rowCount", "mustBeBetween": [1, 4]},
            {"name": "total", "query": "SELECT sum(id) FROM {object}", "mustBeLessThan": 11},
        ],
    )
    assert "name.nullValues: 50 (mustBeLessThan 50%)" in problem_of(
        lambda: lake.ingest([{"id": 1, "name": "a"}, {"id": 2, "name": None}], configuration=rules)
    )
    result = lake.ingest([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": None}], configuration=rules)
    assert {check.name: check.value for check in result.checks} == {
        "name.nullValues": pytest.approx(100 / 3),
        "rowCount": 3,
        "total": 6,
    }
    lake.ingest([{"id": 4, "name": "d"}])
    message = problem_of(lambda: lake.ingest([{"id": 5, "name": "e"}]))
    assert "rowCount: 5 (mustBeBetween [1, 4])" in message
    assert "total: 15 (mustBeLessThan 11)" in message


def test_an_upsert_without_some_columns_checks_the_rows_that_result(lake):
    rules = contract(
        schema={"id": {"primaryKey": True}, "name": {"required": True}, "low": {}, "high": {}},
        quality=[{"name": "order", "expression": "low <= high"}],
    )
    lake.ingest([{"id": 1, "name": "a", "low": 1, "high": 5}], configuration=rules)
    lake.upsert([{"id": 1, "low": 5}])
    message = problem_of(lambda: lake.upsert([{"id": 1, "low": 6}, {"id": 2, "low": 1}]))
    assert "order: 1 row (low <= high), for example id=1, low=6, high=5" in message
    assert "name.required: 1 row ('name' is required), for example id=2, name=null" in message


def test_rows_that_an_upsert_deletes_or_supersedes_are_not_checked(lake):
    lake.ingest(ROWS, configuration=POSITIVE)
    rows = [
        {"id": 1, "amount": -1, "version": 1, "gone": False},
        {"id": 1, "amount": 1, "version": 2, "gone": False},
        {"id": 2, "amount": -1, "version": 1, "gone": True},
    ]
    lake.ingest(rows, "upsert", ("id",), on_duplicate="last", order_by="version", delete_when="gone")
    assert lake.rows() == [{"id": 1, "amount": 1, "version": 2}]


def test_a_new_check_that_stored_rows_violate_is_reported_with_how_to_accept_it(lake):
    lake.ingest([{"id": 1, "amount": -1}])
    with pytest.raises(ContractViolatedError) as caught:
        lake.ingest([{"id": 2, "amount": 1}], configuration=POSITIVE)
    assert (
        "amount.minimum: 1 stored row (minimum of 'amount' is 0), for example id=1, amount=-1" in caught.value.message
    )
    assert "accept them: set on_violation to warn" in caught.value.hint
    accepted = {"logicalTypeOptions": {"minimum": 0}, "on_violation": "warn"}
    lake.ingest([{"id": 2, "amount": 1}], configuration=contract(schema={"amount": accepted}))
    lake.ingest([{"id": 3, "amount": 1}], "overwrite", configuration=POSITIVE)


def test_a_required_column_that_the_batch_lacks_is_violated_by_every_row(lake):
    rules = contract(schema={"id": {}, "name": {"required": True, "type": "string"}})
    message = problem_of(lambda: lake.ingest([{"id": 1}, {"id": 2}], configuration=rules))
    assert message.endswith("- name.required: 2 rows ('name' is required)")


@pytest.mark.local_files
def test_an_expression_that_is_not_a_condition_is_an_error(lake):
    rules = contract(schema={"id": {}}, quality=[{"name": "label", "expression": "'no ' || id"}])
    with pytest.raises(CheckEvaluationError, match="is varchar; it must be a condition"):
        lake.native().ingest([{"id": "1"}], configuration=rules)


def test_an_expression_that_fails_for_a_row_is_an_error(lake):
    rules = contract(schema={"id": {}}, quality=[{"name": "ratio", "expression": "10 / id > 1"}])
    with pytest.raises(CheckEvaluationError, match="check 'ratio' cannot be evaluated: .*(DIVISION|DIVIDE)_BY_ZERO"):
        lake.ingest([{"id": 0}], configuration=rules)
    assert not lake.exists()


@ANY_ENGINE
def test_the_results_are_in_the_summary_of_the_snapshot(lake):
    lake.ingest(ROWS, configuration=POSITIVE)
    assert lake.iceberg().current_snapshot().summary["datalake_sdk_checks"] == (
        '[{"name":"id.required","column":"id"},{"name":"amount.minimum","column":"amount"},{"name":"primaryKey"}]'
    )


def test_one_bad_row_in_the_last_of_many_batches_publishes_nothing(lake):
    lake.ingest(ROWS, configuration=POSITIVE)
    ids = pa.array(range(10, 200_010))
    amounts = pa.array([1] * 199_999 + [-1])
    batches = pa.table({"id": ids, "amount": amounts}).to_batches(max_chunksize=20_000)
    assert "id=200009, amount=-1" in problem_of(lambda: lake.ingest(pa.Table.from_batches(batches)))
    assert lake.rows() == ROWS


@ANY_ENGINE
def test_the_stored_contract_freezes_the_columns_of_later_writes(lake):
    lake.ingest([{"id": 1}], configuration=contract(evolution="freeze", schema={"id": {}, "planned": {}}))
    with pytest.raises(FrozenColumnsError):
        lake.ingest([{"id": 2, "extra": 1}])
    lake.ingest([{"id": 2, "planned": 1}])


def test_a_new_column_may_be_unique(lake):
    lake.ingest([{"id": 1}])
    rules = contract(schema={"id": {}, "name": {"unique": True}})
    assert "name.unique: 2 rows" in problem_of(
        lambda: lake.ingest([{"id": 2, "name": "a"}, {"id": 3, "name": "a"}], configuration=rules)
    )
    lake.ingest([{"id": 2, "name": "a"}], configuration=rules)


def test_a_duplicate_of_a_stored_value_that_an_upsert_keeps_fails_the_write(lake):
    lake.ingest([{"id": 1, "name": "a", "amount": 1}, {"id": 2, "name": "a", "amount": 2}])
    rules = contract(schema={"name": {"unique": True, "on_violation": "quarantine"}})
    assert "name.unique: 1 row" in problem_of(
        lambda: lake.ingest([{"id": 1, "amount": 5}], "upsert", ("id",), configuration=rules)
    )


SECRET = "4111-1111"
CARD = {"id": {}, "card": {"classification": "restricted"}}
CASTS = [{"expression": "CAST(card AS bigint) > 0"}]
COUNTS = [{"query": "SELECT sum(CAST(card AS bigint)) FROM {object}", "mustBeGreaterThan": 0}]
TYPED = {**CARD, "card": {**CARD["card"], "type": "long"}}


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"schema": CARD, "quality": CASTS}, {}),
        ({"schema": CARD, "quality": COUNTS}, {}),
        ({"schema": TYPED}, {}),
        ({"schema": CARD}, {"mode": "upsert", "keys": ("card",)}),
    ],
    ids=["expression", "query", "type", "keys"],
)
def test_values_of_classified_columns_are_in_no_error(lake, fields, options):
    rows = [{"id": 1, "card": SECRET}, {"id": 2, "card": SECRET}]
    with pytest.raises(ValuesError) as caught:
        lake.ingest(rows, configuration=contract(**fields), **options)
    assert "***" in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_values_of_other_columns_are_shown(lake):
    rules = contract(schema={**CARD, "id": {"type": "long"}})
    with pytest.raises(ValuesError, match="cannot hold exactly: abc"):
        lake.ingest([{"id": "abc", "card": SECRET}], configuration=rules)


@pytest.mark.not_on_spark("stored rows are rewritten by the same code")
def test_classified_values_that_cannot_be_rewritten_are_hidden(lake):
    lake.ingest([{"id": 1, "card": SECRET}])
    with pytest.raises(ValuesError, match=r"cannot hold exactly: \*\*\*; nothing was written"):
        lake.ingest([{"id": 2, "card": 3}], configuration=contract(schema=TYPED, on_type_change="rewrite"))


@ANY_ENGINE
@pytest.mark.local_files
def test_an_invalid_stored_contract_can_be_replaced(lake):
    lake.ingest(ROWS)
    lake.configure({CONTRACT_PROPERTY: '{"unknown": 1}'})
    with pytest.raises(UnknownFieldsError, match="property datalake_sdk_contract"):
        lake.ingest(ROWS)
    with pytest.raises(ContractViolatedError):
        lake.ingest([{"id": 1, "amount": -1}], configuration=POSITIVE)
    lake.ingest([{"id": 3, "amount": 1}], configuration=POSITIVE)
    assert len(lake.rows()) == 3


def test_the_first_write_may_refer_to_its_own_rows(lake):
    rules = contract(schema={"id": {"primaryKey": True}, "parent": {"relationships": [{"to": "orders.id"}]}})
    assert "parent.foreignKey: 1 row" in problem_of(lambda: lake.ingest([{"id": 1, "parent": 2}], configuration=rules))
    lake.ingest([{"id": 1, "parent": None}, {"id": 2, "parent": 1}], configuration=rules)
    assert len(lake.rows()) == 2


def test_a_column_that_the_table_does_not_have_counts_as_null(lake):
    quality = [{"metric": "nullValues", "mustBeLessThan": 10, "unit": "percent"}]
    assert "note.nullValues: 100" in problem_of(
        lambda: lake.ingest(ROWS, configuration=contract(schema={"note": {"quality": quality}}))
    )
