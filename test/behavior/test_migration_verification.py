"""Compares the rows of a migration with those that were written."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from datalake_sdk.operations.migration import run
from datalake_sdk.settings import IngestionMode
from test.behavior.lake import Lake
from test.behavior.migrations import ORDERS, good


@pytest.fixture
def tampered(monkeypatch):
    """Writes values that differ from those read."""

    def tamper(column: str, change: Callable[[list[object]], list[object]]) -> None:
        write = run.ingest

        def write_altered(platform, request, rows, **more):
            altered = rows.read_all()
            values = pa.array(change(altered[column].to_pylist()), altered.schema.field(column).type)
            altered = altered.set_column(altered.schema.get_field_index(column), column, values)
            return write(platform, request, altered, **more)

        monkeypatch.setattr(run, "ingest", write_altered)

    return tamper


def test_a_failed_verification_reports_the_columns(production, copy, tampered):
    production.upsert(ORDERS)
    tampered("name", lambda names: ["wrong", *names[1:]])
    (outcome,) = copy()
    assert "10 rows were read, 10 were found; columns that differ: 'name'" in outcome.error
    assert "The table did not exist before: delete it." in outcome.error


def test_a_failed_verification_of_an_existing_table_reports_the_previous_snapshot(lake, production, copy, tampered):
    production.ingest(ORDERS)
    before = lake.ingest(ORDERS[:1]).snapshot_id
    tampered("name", lambda names: ["wrong", *names[1:]])
    (outcome,) = copy(mode=IngestionMode.APPEND)
    assert f"The snapshot before the copy is {before}." in outcome.error


def test_values_swapped_between_rows_fail_the_verification(production, copy, tampered):
    production.ingest(ORDERS)
    tampered("name", lambda names: names[::-1])
    (outcome,) = copy(mode=IngestionMode.OVERWRITE)
    assert "10 rows were read, 10 were found; equal values are in different rows" in outcome.error


def test_renamed_columns_are_verified(lake, production, copy, tampered):
    foreign(production, pa.table({"OrderId": [1, 2], "Amount": [1.5, 2.5]}))
    (outcome,) = good(copy(upsert_keys=("OrderId",)))
    assert outcome.verified
    assert lake.rows() == [{"order_id": 1, "amount": 1.5}, {"order_id": 2, "amount": 2.5}]
    tampered("Amount", lambda amounts: [0.0, *amounts[1:]])
    (outcome,) = copy(upsert_keys=("order_id",))
    assert "columns that differ: 'amount'" in outcome.error


def foreign(lake: Lake, rows: pa.Table) -> None:
    """Writes a table with column names that the SDK does not create, like another engine."""
    if lake.local_root is not None:
        lake.platform.catalog.create_namespace("sales")
    location = lake.platform.table_location(lake.table)
    identifier = lake.table.identifier(lake.platform.environment)
    lake.platform.catalog.create_table(identifier, rows.schema, location=location).append(rows)


def test_an_append_is_verified_before_maintenance_expires_snapshots(lake, production, copy):
    production.ingest(ORDERS)
    production.named("prices").ingest(ORDERS)
    lake.ingest(ORDERS[:1])
    due = {"datalake_sdk_maintenance_versions": "1", "datalake_sdk_max_snapshots": "1"}
    with lake.iceberg().transaction() as transaction:
        transaction.set_properties(due)
    assert [outcome.verified for outcome in good(copy(mode=IngestionMode.APPEND))] == [True, True]
    assert len(lake.iceberg().metadata.snapshots) == 1


def test_any_exception_of_one_table_does_not_stop_the_others(production, copy, monkeypatch):
    production.named("a").upsert(ORDERS)
    production.named("b").upsert(ORDERS)
    verify = run.verify

    def failing_verify(target, migration, *arguments, **more):
        if migration.target.table == "a":
            raise ValueError("no such thing")
        return verify(target, migration, *arguments, **more)

    monkeypatch.setattr(run, "verify", failing_verify)
    assert [(outcome.error, outcome.verified) for outcome in copy()] == [("no such thing", False), ("", True)]


def test_replaced_partitions_are_verified_without_the_others(lake, production, copy):
    production.ingest(ORDERS, partitions=("country",))
    lake.ingest([{"id": 9, "country": "it", "name": "mine"}], partitions=("country",))
    (outcome,) = good(copy(mode=IngestionMode.OVERWRITE_PARTITIONS))
    assert outcome.verified
    assert len(lake.rows()) == 11


def test_replaced_partitions_of_an_older_spec_are_not_verified_and_log_a_warning(lake, production, copy):
    production.ingest(ORDERS[:5], partitions=("country",))
    lake.ingest([{"id": 9, "country": "it", "name": "mine"}])
    (outcome,) = good(copy(mode=IngestionMode.OVERWRITE_PARTITIONS))
    assert not outcome.verified
    assert "older partition specs" in outcome.warnings[0]
    assert len(lake.rows()) == 6
