from __future__ import annotations

import pytest
import yaml

from datalake_sdk.contracts.parsing import parse_table, stored_contract
from datalake_sdk.contracts.serialization import contract_json
from datalake_sdk.errors import TablesConfigurationError, UnknownFieldsError
from datalake_sdk.table_contract import (
    CONTRACT_PROPERTY,
    Bounds,
    EnumValue,
    Evolution,
    OnViolation,
    Operator,
    QualityType,
    Relationship,
    Severity,
    ValueOptions,
)

ORDERS = """
description: Orders
schema:
  Order ID: {type: long, primaryKey: true}
  amount:
    type: decimal(10, 2)
    required: true
    logicalTypeOptions: {minimum: 0, exclusiveMaximum: 100000}
  status: {type: string, enum: [new, {value: paid, label: Paid}], classification: restricted}
  day: {type: date, logicalTypeOptions: {minimum: 2020-01-01}}
  customer: {type: long, relationships: [{to: sales.customers.id}]}
  email:
    type: string
    logicalTypeOptions: {format: email, maxLength: 100, pattern: "^[a-z]"}
    quality: [{metric: nullValues, mustBeLessThan: 5, unit: percent}]
  paid:
quality:
  - {name: positive, expression: "amount >= 0", on_violation: quarantine}
  - {metric: rowCount, mustBeBetween: [1, 10]}
  - {query: "SELECT count(*) FROM {object} WHERE amount < 0", mustBe: 0, severity: warning}
team: {name: Sales, members: [{username: ada@example.com}]}
slaProperties: [{property: freshness, value: 24, unit: h, element: day}]
on_violation: warn
evolution: freeze
tags: [finance]
"""


def parsed(text):
    return parse_table("orders.yaml", yaml.safe_load(text))


def problem_of(text):
    with pytest.raises((TablesConfigurationError, UnknownFieldsError)) as caught:
        parsed(text)
    return str(caught.value)


def test_a_table_file_becomes_a_frozen_contract():
    contract = parsed(ORDERS)
    assert contract.primary_key == ("order_id",)
    assert contract.classified_columns == {"status"}
    assert (contract.on_violation, contract.evolution) == (OnViolation.WARN, Evolution.FREEZE)
    columns = contract.columns
    assert columns["amount"].logical_type_options == ValueOptions(minimum=0, exclusive_maximum=100000)
    assert columns["status"].enum == (EnumValue("new"), EnumValue("paid", "Paid"))
    assert columns["day"].logical_type_options.minimum == "2020-01-01"
    assert columns["customer"].relationships == (Relationship("sales.customers.id"),)
    positive, count, query = contract.quality
    assert (positive.type, positive.on_violation) == (QualityType.SQL, OnViolation.QUARANTINE)
    assert count.bounds == Bounds(Operator.MUST_BE_BETWEEN, (1, 10))
    assert query.severity is Severity.WARNING


def test_a_stored_contract_is_the_contract_of_the_file():
    contract = parsed(ORDERS)
    assert stored_contract("orders", {CONTRACT_PROPERTY: contract_json(contract)}) == contract
    assert stored_contract("orders", {}) is None


def test_a_stored_contract_of_a_newer_version_is_an_error():
    with pytest.raises(UnknownFieldsError, match="orders, property datalake_sdk_contract: the file has unknown fields"):
        stored_contract("orders", {CONTRACT_PROPERTY: '{"invented": 1}'})


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("{expression: 'amount >> 0'}", "quality 1: expression 'amount >> 0': SQL, line 1, column 1"),
        ("{expression: 'amount > 0 AND\n\n foo(amount)'}", "SQL, line 2, column 1: FUNCTION_NOT_FOUND"),
        ("{expression: 'amount > 0 AND'}", "expression 'amount > 0 AND': it is incomplete"),
        ("{expression: 'amont > 0'}", "column 'amont' is not in schema\nDid you mean 'amount'?"),
        ("{expression: 'sum(amount) > 0'}", "it reads other rows"),
        ("{expression: 'amount > (SELECT 1)'}", "it reads other rows"),
        ("{expression: 'amount > 0, amount'}", "it must be one expression"),
        ("{expression: 'amount > 0 --'}", None),
        ("{expression: 'any_match(ARRAY[amount], x -> x > 0)'}", None),
        ("{expression: 'foo(amount) > 0'}", "function 'foo' not registered"),
        ("{expression: 'amount > 0', query: 'SELECT 1', mustBe: 1}", "has either `query` or `expression`"),
        ("{query: 'SELECT count(*) FROM sales.x', mustBe: 0}", "must read {object}, and no other table"),
        ("{query: 'SELECT count({property}) FROM {object}', mustBe: 0}", "placeholder '{property}' is unknown"),
        ("{query: 'SELECT count(*) FROM {object}'}", "needs a bound"),
        ("{query: \"SELECT count_if(regexp_like(status, '^[a-z]{2}$')) FROM {object}\", mustBe: 0}", None),
        ("{query: 'SELECT 1 FRO {object}', mustBe: 0}", "column 14: '\"object\"' was not expected"),
        ("{query: 'SELECT amount, 1 FROM {object}', mustBe: 0}", "it returns 2 columns"),
        ("{metric: rowcount, mustBe: 1}", "metric is 'rowcount'; it must be one of nullValues, missingValues"),
        ("{metric: rowCount}", "needs a bound"),
        ("{metric: rowCount, mustbe: 1}", "unknown fields: 'mustbe' (did you mean 'mustBe'?)"),
        ("{metric: rowCount, mustBe: 1, mustBeLessThan: 2}", "mustBe and mustBeLessThan are both set"),
        ("{metric: rowCount, mustBeBetween: [2, 1]}", "a list of two numbers, the smaller one first"),
        ("{metric: rowCount, mustBe: true}", "mustBe is True; it must be a number"),
        ("{metric: nullValues}", "counts values of a column"),
        ("{metric: duplicateValues}", "without columns"),
        ("{metric: duplicateValues, arguments: {properties: [amont]}}", "Did you mean 'amount'?"),
        ("{metric: rowCount, mustBe: 1, unit: percents}", "Did you mean 'percent'?"),
        ("{type: text}", "no description"),
        ("{type: text, description: x, mustBe: 1}", "mustBe does not apply to text"),
        ("{metric: rowCount, mustBe: 1, severity: high}", "must be one of error, warning"),
        ("{metric: rowCount, mustBe: 1, dimension: complete}", "Did you mean 'completeness'?"),
    ],
)
def test_a_quality_item_is_checked(item, words):
    text = f"schema: {{amount: {{type: double}}}}\nquality:\n- {item}"
    if words is None:
        parsed(text)
    else:
        assert words in problem_of(text)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("{logicalTypeOptions: {minimum: 5, maximum: 4}}", "minimum 5 and maximum 4 exclude every value"),
        ("{logicalTypeOptions: {minimum: 5, exclusiveMaximum: 5}}", "exclude every value"),
        ("{logicalTypeOptions: {minimum: 5, maximum: 2020-01-01}}", "must both be numbers or both be dates"),
        ("{logicalTypeOptions: {minLength: 5, maxLength: 4}}", "no value passes"),
        ("{logicalTypeOptions: {minLength: -1}}", "a whole number of at least 0"),
        ("{type: long, logicalTypeOptions: {pattern: a}}", "pattern applies to strings"),
        ("{type: string, logicalTypeOptions: {minimum: 1}}", "minimum applies to numbers and times"),
        ("{logicalTypeOptions: {pattern: '('}}", "not a regular expression: missing ), unterminated"),
        ("{logicalTypeOptions: {pattern: '(?=a)'}}", "engines disagree on '(?=a' at position 1"),
        ("{logicalTypeOptions: {pattern: 'a{1001}'}}", "invalid repetition size"),
        ("{logicalTypeOptions: {pattern: 12345}}", "pattern is 12345; it must be a string"),
        ("{logicalTypeOptions: {minimun: 1}}", "did you mean 'minimum'?"),
        ("{type: string, logicalTypeOptions: {format: e-mail}}", "Did you mean 'email'?"),
        ("{enum: []}", "a list of at least one value"),
        ("{enum: [1, 1]}", "value 1 occurs twice"),
        ("{enum: [null]}", "A null value always passes"),
        ("{relationships: [{to: customers}]}", "must be table.column, or database.table.column"),
        ("{on_violation: quarantaine}", "Did you mean 'quarantine'?"),
        ("{quality: [{metric: rowCount, mustBe: 1}]}", "counts the rows of the table"),
        ("{quality: [{metric: invalidValues, arguments: {pattern: 5}}]}", "pattern is 5; it must be a string"),
        ("{quality: [{metric: missingValues, arguments: {missingValues: n/a}}]}", "is 'n/a'; it must be a list"),
        ("{quality: [{metric: missingValues, arguments: {missingValues: 5}}]}", "is 5; it must be a list"),
        ("{quality: [{metric: invalidValues}]}", "without arguments"),
        ("{quality: [{metric: nullValues, arguments: {pattern: a}}]}", "does not apply to metric 'nullValues'"),
        ("{requird: true}", "did you mean 'required'?"),
    ],
)
def test_a_column_is_checked(column, words):
    assert words in problem_of(f"schema:\n  a: {column}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("evolution: frozen", "orders.yaml: evolution is 'frozen'; it must be one of evolve, freeze"),
        ("slaProperties: [{property: freshness, value: 1, unit: h, element: b}]", "element 'b' is not in schema"),
        (
            "slaProperties: [{property: freshnes, value: 1}]",
            "'freshnes' is unknown\nDid you mean 'freshness'?",
        ),
        ("team: {members: [{name: Ada}]}", "username is None"),
    ],
)
def test_the_fields_of_the_table_are_checked(text, words):
    assert words in problem_of(text)


@pytest.mark.parametrize(
    ("bounds", "valid", "invalid"),
    [
        (Bounds(Operator.MUST_BE, (5,)), 5, 6),
        (Bounds(Operator.MUST_NOT_BE, (5,)), 6, 5),
        (Bounds(Operator.MUST_BE_GREATER_THAN, (5,)), 6, 5),
        (Bounds(Operator.MUST_BE_GREATER_OR_EQUAL_TO, (5,)), 5, 4),
        (Bounds(Operator.MUST_BE_LESS_THAN, (5,)), 4, 5),
        (Bounds(Operator.MUST_BE_LESS_OR_EQUAL_TO, (5,)), 5, 6),
        (Bounds(Operator.MUST_BE_BETWEEN, (5, 6)), 6, 7),
        (Bounds(Operator.MUST_NOT_BE_BETWEEN, (5, 6)), 7, 6),
    ],
)
def test_bounds_compare_a_number(bounds, valid, invalid):
    assert bounds.allow(valid)
    assert not bounds.allow(invalid)
