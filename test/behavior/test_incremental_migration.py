"""Copies the changes of tables from one stage to another."""

from __future__ import annotations

import pytest

from datalake_sdk.engine.table_properties import AUTOMATIC_MAINTENANCE
from datalake_sdk.errors import (
    IncrementalMigrationError,
)
from datalake_sdk.operations.migration.masks import parse_masks
from datalake_sdk.operations.migration.plan import MigrationPlan, MigrationRequest, plan_migration
from datalake_sdk.operations.migration.run import migrate
from datalake_sdk.settings import IngestionMode
from test.behavior.lake import Lake
from test.behavior.migrations import ORDERS, good


def test_an_incremental_migration_copies_only_changes(lake, production, copy):
    production.upsert(ORDERS)
    (first,) = good(copy(incremental=True))
    production.ingest([{"id": 20, "country": "it", "name": "new"}])
    (second,) = good(copy(incremental=True))
    (third,) = good(copy(incremental=True))
    assert [first.rows, second.rows, third.rows] == [10, 1, 0]
    assert "there was nothing to copy" in third.warnings
    assert lake.rows() == production.rows()


@pytest.mark.parametrize("merge_mode", ["copy-on-write", "merge-on-read"])
def test_an_incremental_migration_copies_updated_rows(lake, production, copy, merge_mode):
    production.upsert(ORDERS)
    with production.iceberg().transaction() as transaction:
        transaction.set_properties({"write.merge.mode": merge_mode, AUTOMATIC_MAINTENANCE.name: "false"})
    good(copy(incremental=True))
    production.upsert([{"id": 3, "country": "it", "name": "changed"}])
    (outcome,) = good(copy(incremental=True))
    assert outcome.verified
    assert lake.rows() == production.rows()


def test_all_rows_are_copied_with_a_warning_if_the_recorded_snapshot_has_expired(lake, production, copy):
    production.upsert(ORDERS)
    good(copy(incremental=True))
    production.platform.catalog.drop_table("sales.orders")
    production.upsert(ORDERS)
    (outcome,) = good(copy(incremental=True))
    assert outcome.rows == 10
    assert "the snapshot of the last migration has expired: all rows are copied" in outcome.warnings


def test_changes_are_appended_only_once(lake, production, copy):
    production.ingest(ORDERS[:5])
    good(copy(mode=IngestionMode.APPEND, incremental=True))
    production.ingest(ORDERS[5:])
    good(copy(mode=IngestionMode.APPEND, incremental=True))
    assert lake.rows() == ORDERS


def test_appending_changes_of_a_rewritten_table_is_rejected(production, copy):
    production.ingest(ORDERS[:5])
    good(copy(mode=IngestionMode.APPEND, incremental=True))
    production.ingest(ORDERS, "overwrite")
    with pytest.raises(IncrementalMigrationError, match="rows were rewritten since"):
        copy(source_table="orders", mode=IngestionMode.APPEND, incremental=True)


def test_an_incremental_overwrite_is_rejected(production, copy):
    production.ingest(ORDERS)
    with pytest.raises(IncrementalMigrationError, match="--incremental with mode overwrite"):
        copy(mode=IngestionMode.OVERWRITE, incremental=True)


def test_appending_changes_with_different_options_is_rejected(production, copy):
    production.ingest(ORDERS)
    good(copy(mode=IngestionMode.APPEND, where="id < 5"))
    with pytest.raises(IncrementalMigrationError, match="where, sample or masks differ"):
        copy(source_table="orders", mode=IngestionMode.APPEND, incremental=True)


def test_appending_changes_since_an_expired_snapshot_is_rejected(lake, production, copy):
    production.ingest(ORDERS)
    good(copy(mode=IngestionMode.APPEND, incremental=True))
    production.platform.catalog.drop_table("sales.orders")
    production.ingest(ORDERS)
    with pytest.raises(IncrementalMigrationError, match="snapshot of the last migration has expired") as error:
        copy(source_table="orders", mode=IngestionMode.APPEND, incremental=True)
    assert error.value.hint == "Use --ingestion-mode upsert, or overwrite without --incremental."
    assert lake.rows() == ORDERS


@pytest.mark.parametrize("first", [True, False])
def test_a_second_plan_to_append_the_same_changes_is_rejected(lake, production, copy, first):
    production.ingest(ORDERS[:2])
    if not first:
        good(copy(mode=IngestionMode.APPEND, incremental=True))
        production.ingest(ORDERS[2:4])
    one = appended_changes(lake, production)
    production.ingest(ORDERS[4:6])
    other = appended_changes(lake, production)
    good(list(migrate(lake.platform, one, lambda migration, rows: None)))
    (outcome,) = migrate(lake.platform, other, lambda migration, rows: None)
    assert "another migration wrote the table since this one was planned" in outcome.error
    good(copy(mode=IngestionMode.APPEND, incremental=True))
    assert lake.rows() == production.rows()


def test_an_append_planned_before_another_migration_is_rejected(lake, production, copy):
    production.ingest(ORDERS[:2])
    good(copy(mode=IngestionMode.APPEND, incremental=True))
    production.ingest(ORDERS[2:])
    plan = appended_changes(lake, production)
    good(copy(mode=IngestionMode.OVERWRITE))
    (outcome,) = migrate(lake.platform, plan, lambda migration, rows: None)
    assert "another migration wrote the table since this one was planned" in outcome.error
    assert lake.rows() == ORDERS


def test_concurrent_appends_of_the_same_changes_commit_only_once(lake, production, copy, interrupted):
    production.ingest(ORDERS[:2])
    good(copy(mode=IngestionMode.APPEND, incremental=True))
    production.ingest(ORDERS[2:4])
    one = appended_changes(lake, production)
    production.ingest(ORDERS[4:6])
    other = appended_changes(lake, production)
    late = interrupted(lambda lake: good(list(migrate(lake.platform, one, lambda migration, rows: None))))
    (outcome,) = migrate(late.platform, other, lambda migration, rows: None)
    assert "another migration wrote the table since this one was planned" in outcome.error
    assert lake.rows() == ORDERS[:4]


@pytest.mark.parametrize("other", [{"where": "id >= 0"}, {"sample": 1.0}, {"masks": parse_masks(["name=null"])}])
def test_changed_options_copy_all_rows_again(lake, production, copy, other):
    production.upsert(ORDERS[:5])
    good(copy(**other))
    production.upsert(ORDERS[5:])
    (outcome,) = good(copy(incremental=True))
    assert outcome.rows == 10
    assert "where, sample or masks differ from the last migration: all rows are copied" in outcome.warnings
    assert lake.rows() == ORDERS


def appended_changes(lake: Lake, production: Lake) -> MigrationPlan:
    request = MigrationRequest("sales", mode=IngestionMode.APPEND, incremental=True)
    return plan_migration(production.platform, lake.platform, request)
