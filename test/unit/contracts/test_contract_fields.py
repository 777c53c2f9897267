"""The reference of contracts is generated from the model, which also decides which fields a file may have."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import yaml

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.contracts.patterns import FORMATS
from datalake_sdk.contracts.promises import DAYS_BY_UNIT
from datalake_sdk.errors import UnknownFieldsError
from doc_resources import contract_fields

FILES = {
    "TABLE": "{unknown: 1}",
    "TEAM": "{team: {unknown: 1}}",
    "MEMBERS": "{team: {members: [{username: ada, unknown: 1}]}}",
    "PROMISES": "{slaProperties: [{property: latency, value: 1, unknown: 1}]}",
    "COLUMN": "{schema: {id: {unknown: 1}}}",
    "OPTIONS": "{schema: {id: {logicalTypeOptions: {unknown: 1}}}}",
    "ENUM": "{schema: {id: {enum: [{value: 1, unknown: 1}]}}}",
    "RELATIONSHIPS": "{schema: {id: {relationships: [{to: a.b, unknown: 1}]}}}",
    "QUALITY": "{quality: [{metric: rowCount, mustBe: 1, unknown: 1}]}",
    "ARGUMENTS": "{schema: {id: {quality: [{metric: missingValues, arguments: {unknown: 1}}]}}}",
}


def test_the_tables_of_contract_fields_are_current():
    page = contract_fields.PAGE.read_text(encoding="utf-8")
    assert page == contract_fields.rewritten(page), "run `make docs`"


def test_every_mapping_of_a_table_file_is_documented():
    assert set(contract_fields.MODELS) == set(FILES)


@pytest.mark.parametrize("part", FILES)
def test_a_mapping_has_no_other_fields_than_the_documented_ones(part):
    with pytest.raises(UnknownFieldsError, match="unknown"):
        parse_table("orders.yaml", yaml.safe_load(FILES[part]))


@pytest.mark.parametrize("value", [*FORMATS, "m", "h", "d", "w", "months", "y"])
def test_the_page_lists_formats_and_units(value):
    assert value in FORMATS or value in DAYS_BY_UNIT
    assert f"`{value}`" in contract_fields.PAGE.read_text(encoding="utf-8")


def test_a_field_without_a_description_is_named(monkeypatch):
    @dataclass(frozen=True)
    class Undescribed:
        """A mapping."""

        colour: str = ""

    monkeypatch.setattr(contract_fields, "MODELS", {"TEAM": Undescribed})
    with pytest.raises(KeyError, match="colour"):
        contract_fields.rewritten(contract_fields.PAGE.read_text(encoding="utf-8"))
