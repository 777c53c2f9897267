from __future__ import annotations

import pytest
import yaml

from datalake_sdk.contracts.diff import diff_contracts
from datalake_sdk.contracts.parsing import parse_table

NOBODY, READERS, WRITERS, BOTH = "", "readers", "writers", "readers writers"


def contract(text):
    return parse_table("orders.yaml", yaml.safe_load(text))


def broken(before, after):
    changes = diff_contracts(contract(before), contract(after))
    names = {"readers": "breaks_readers", "writers": "breaks_writers"}
    return {
        change.place: " ".join(name for name, attribute in names.items() if getattr(change, attribute))
        for change in changes
    }


@pytest.mark.parametrize(
    ("before", "after", "forth", "back"),
    [
        ("{type: int}", "{type: long}", NOBODY, BOTH),
        ("{type: bigint}", "{type: long}", None, None),
        ("{type: long}", "{type: double}", BOTH, BOTH),
        ("{type: 'decimal(9, 2)'}", "{type: 'decimal(12,2)'}", NOBODY, BOTH),
        ("{}", "{required: true}", WRITERS, READERS),
        ("{}", "{unique: true}", WRITERS, READERS),
        ("{}", "{primaryKey: true}", WRITERS, READERS),
        ("{enum: [a]}", "{enum: [a, b]}", READERS, WRITERS),
        ("{enum: [a]}", "{enum: [b]}", BOTH, BOTH),
        ("{}", "{enum: [a]}", WRITERS, READERS),
        ("{logicalTypeOptions: {minimum: 1}}", "{logicalTypeOptions: {minimum: 0}}", READERS, WRITERS),
        ("{logicalTypeOptions: {maxLength: 5}}", "{logicalTypeOptions: {maxLength: 9}}", READERS, WRITERS),
        ("{logicalTypeOptions: {pattern: a}}", "{logicalTypeOptions: {pattern: b}}", BOTH, BOTH),
        ("{}", "{relationships: [{to: sales.customers.id}]}", WRITERS, READERS),
        ("{}", "{quality: [{metric: nullValues}]}", WRITERS, READERS),
        ("{}", "{quality: [{metric: nullValues, severity: warning}]}", NOBODY, NOBODY),
        ("{required: true}", "{required: true, on_violation: warn}", READERS, WRITERS),
        ("{required: true}", "{required: true, on_violation: fail}", None, None),
        ("{description: a}", "{description: b}", NOBODY, NOBODY),
        ("{}", "{classification: restricted}", NOBODY, NOBODY),
    ],
)
def test_a_change_of_a_column_breaks_readers_or_writers(before, after, forth, back):
    old, new = (f"schema: {{v: {column}}}" for column in (before, after))
    assert list(broken(old, new).values()) == ([] if forth is None else [forth])
    assert list(broken(new, old).values()) == ([] if back is None else [back])


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("{}", "schema: {v: {type: long}}", {"v": NOBODY}),
        ("{}", "schema: {v: {required: true}}", {"v": NOBODY, "v.required": WRITERS}),
        ("schema: {v: {}}", "{}", {"v": READERS}),
        ("schema: {v: {}}", "evolution: freeze", {"v": BOTH, "evolution": WRITERS}),
        ("on_violation: warn", "{}", {"on_violation": WRITERS}),
        ("{}", "on_violation: warn", {"on_violation": READERS}),
        ("{}", "quality: [{metric: rowCount, mustBe: 1}]", {"quality.rowCount": WRITERS}),
        (
            "slaProperties: [{property: latency, value: 1, unit: d}]",
            "slaProperties: [{property: latency, value: 23, unit: h}]",
            {"slaProperties.latency": NOBODY},
        ),
        (
            "slaProperties: [{property: freshness, value: 1, unit: d}]",
            "slaProperties: [{property: freshness, value: 23, unit: h}]",
            {"slaProperties.freshness": NOBODY},
        ),
        (
            "slaProperties: [{property: retention, value: 1, unit: y}]",
            "slaProperties: [{property: retention, value: 300, unit: d}]",
            {"slaProperties.retention": READERS},
        ),
    ],
)
def test_a_change_of_the_table_breaks_readers_or_writers(before, after, change):
    assert broken(before, after) == change


def test_equal_contracts_have_no_changes():
    text = "{schema: {v: {type: int}}, quality: [{expression: v > 1}, {expression: v > 1}]}"
    assert broken(text, text) == {}


def test_quality_items_with_the_same_title_are_compared_one_by_one():
    columns = "schema: {x: {type: long}}"
    items = "{name: 'a #2', expression: x > %d}, {name: 'a #2', expression: x > 1}"
    before, after = (contract(f"{columns}\nquality: [{items % bound}]") for bound in (2, 3))
    assert [change.place for change in diff_contracts(before, after)] == ["quality.a #2"]
