from __future__ import annotations

import json

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from datalake_sdk.contracts.odcs_export import odcs_document
from datalake_sdk.contracts.odcs_import import import_odcs
from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.errors import InvalidOdcsError, UntypedColumnsError

ORDERS = """
description: Orders
version: 1.2.0
status: active
tags: [sales]
on_violation: quarantine
evolution: freeze
on_type_change: rewrite
partition_keys: [day(sold_at), country]
properties: {write.target-file-size-bytes: "1000"}
team: {name: shop, description: Shop, members: [{username: ann, name: Ann, role: owner}]}
slaProperties:
  - {property: freshness, value: 2, unit: h, element: sold_at, driver: operational}
  - {property: generalAvailability, value: "2026-01-01"}
schema:
  id: {type: long, primaryKey: true, description: Key}
  line: {type: int, primaryKey: true, required: true, unique: true}
  sold_at: {type: timestamp, required: true}
  amount:
    type: decimal(10, 2)
    logicalTypeOptions: {minimum: 0, exclusiveMaximum: 100000}
    on_violation: warn
    examples: [1.5, 2]
  status: {type: string, enum: [new, {value: paid, label: Paid, description: Settled}], classification: restricted}
  customer: {type: long, relationships: [{to: sales.customers.id, on_violation: warn}, {to: customers.id}]}
  email:
    type: string
    tags: [pii]
    logicalTypeOptions: {format: email, maxLength: 100, pattern: "^[a-z]"}
    quality:
      - {metric: nullValues, mustBeLessThan: 5, unit: percent, severity: warning, dimension: completeness}
      - {name: valid, metric: invalidValues, arguments: {validValues: [a, b]}, on_violation: fail}
quality:
  - {name: positive, expression: "amount >= 0"}
  - {expression: "amount < 10", mustBeLessThan: 5, unit: percent}
  - {query: "SELECT count(*) FROM {object} WHERE amount > 5", mustBe: 0}
  - {metric: rowCount, mustBeBetween: [1, 10]}
  - {metric: duplicateValues, arguments: {properties: [status, customer]}}
  - {type: text, description: Amounts are net of tax}
"""
FOREIGN = """
version: 2.0.0
apiVersion: v3.1.0
kind: DataContract
id: 53581432-6c55-4ba2-a65f-72344a91553a
domain: seller
description: {purpose: Payments, usage: Predictions}
slaProperties:
  - {property: latency, value: 4, unit: d, element: tab1.paid_at}
  - {property: retention, value: 3, unit: y}
schema:
  - name: tab1
    physicalName: tbl_1
    businessName: Core payments
    properties:
      - {name: paid_at, logicalType: date, physicalType: date, partitioned: true, partitionKeyPosition: 1}
      - {name: country, logicalType: string, physicalType: varchar(2), encryptedName: country_x}
      - {name: total, logicalType: number, physicalType: NUMBER, customProperties: [{property: unit, value: EUR}]}
      - name: address
        logicalType: object
        properties: [{name: street, logicalType: string}]
    quality:
      - {type: custom, engine: soda, implementation: "missing_count(x) = 0"}
      - {metric: rowCount, mustBeGreaterThan: 1, severity: info}
"""


def tables(document):
    return import_odcs("contract.yaml", document)


def test_a_contract_survives_export_and_import():
    contract = parse_table("orders.yaml", yaml.safe_load(ORDERS))
    imported = tables(odcs_document("sales.orders", contract))
    assert parse_table("imported", imported.tables["sales.orders"]) == contract
    assert imported.notes == []


# On Python 3.11, the package of the standard uses a deprecated function:
# https://docs.python.org/3.11/library/importlib.resources.html#importlib.resources.open_text
@pytest.mark.filterwarnings("ignore:open_text is deprecated:DeprecationWarning")
def test_an_exported_contract_follows_the_standard():
    document = odcs_document("sales.orders", parse_table("orders.yaml", yaml.safe_load(ORDERS)))
    jsonschema.validate(document, json.loads(OpenDataContractStandard.json_schema()))
    written = yaml.safe_dump(document)
    assert yaml.safe_load(OpenDataContractStandard.from_string(written).to_yaml()) == document


def test_parts_without_a_counterpart_are_listed():
    imported = tables(yaml.safe_load(FOREIGN))
    assert imported.notes == [
        "schema[0].properties[1].physicalType: 'varchar(2)' is imported as string",
        "schema[0].properties[2].physicalType: 'NUMBER' is imported as double",
        "schema[0].quality[1].severity: 'info' is imported as warning",
        "domain: has no counterpart and was not imported",
        "schema[0].businessName: has no counterpart and was not imported",
        "description.usage: has no counterpart and was not imported",
        "schema[0].properties[1].encryptedName: has no counterpart and was not imported",
        "schema[0].properties[2].customProperties: has no counterpart and was not imported",
        "schema[0].properties[3].properties: has no counterpart and was not imported",
        "schema[0].quality[0].type: has no counterpart and was not imported",
        "schema[0].quality[0].engine: has no counterpart and was not imported",
        "schema[0].quality[0].implementation: has no counterpart and was not imported",
    ]


def test_a_foreign_contract_becomes_a_table_file():
    imported = tables(yaml.safe_load(FOREIGN)).tables
    assert imported == {
        "tbl_1": {
            "description": "Payments",
            "version": "2.0.0",
            "schema": {
                "paid_at": {"type": "date"},
                "country": {"type": "string"},
                "total": {"type": "double"},
                "address": {},
            },
            "quality": [{"type": "library", "severity": "warning", "metric": "rowCount", "mustBeGreaterThan": 1}],
            "partition_keys": ["paid_at"],
            "slaProperties": [
                {"property": "latency", "value": 4, "unit": "d", "element": "paid_at"},
                {"property": "retention", "value": 3, "unit": "y"},
            ],
        }
    }
    assert parse_table("tbl_1.yaml", imported["tbl_1"]).columns["total"].type == "double"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"kind": "Contract"}, "kind: it must be DataContract"),
        ({"kind": "DataContract", "apiVersion": "v2.2.2"}, "version 3 is supported"),
        ({"kind": "DataContract", "apiVersion": "v3.2.0", "shema": []}, "shema: Extra inputs are not permitted"),
        ({"kind": "DataContract", "apiVersion": "v3.2.0"}, "schema: the document describes no table"),
    ],
)
def test_a_document_that_is_not_a_contract_is_rejected(document, message):
    with pytest.raises(InvalidOdcsError, match=message):
        tables(document)


def test_a_column_without_a_type_is_not_exported():
    with pytest.raises(UntypedColumnsError, match="sales.orders: columns without a type: note;"):
        odcs_document("sales.orders", parse_table("orders.yaml", {"schema": {"id": {"type": "long"}, "note": None}}))
