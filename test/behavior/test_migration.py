"""Copies tables from one stage to another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from datalake_sdk.contracts.parsing import stored_contract
from datalake_sdk.errors import (
    ChangingConditionError,
    DatalakeError,
    EmptyTableError,
    InvalidMaskError,
    InvalidOwnerJobError,
    InvalidSampleError,
    MigrationKeysError,
    ReservedTableError,
    SameStageError,
    TargetNameError,
    UnknownMaskColumnError,
    UnknownTableError,
    UnmaskedColumnsError,
)
from datalake_sdk.operations.migration.masks import parse_masks
from datalake_sdk.operations.migration.plan import MigrationRequest, Owner, parse_sample, plan_migration
from datalake_sdk.operations.migration.run import migrate
from datalake_sdk.platforms.select import duckdb_condition
from datalake_sdk.settings import IngestionMode
from datalake_sdk.table_contract import CONTRACT_PROPERTY, ColumnConfiguration, TableConfiguration
from test.behavior.lake import Lake
from test.behavior.migrations import ORDERS, good


def test_rows_partitioning_comments_and_keys_are_copied(lake, production, copy):
    names = TableConfiguration("All orders", {"name": ColumnConfiguration(description="Of the buyer")})
    production.ingest(ORDERS, "upsert", ("id",), ("country",), configuration=names)
    (outcome,) = good(copy())
    assert (outcome.source, outcome.target) == ("sales.orders", "dev_sales.orders")
    assert (outcome.rows, outcome.rows_inserted, outcome.verified) == (10, 10, True)
    assert lake.rows() == production.rows()
    copied = lake.iceberg()
    assert [field.name for field in copied.spec().fields] == ["country"]
    assert copied.schema().find_field("name").doc == "Of the buyer"
    assert (copied.properties["comment"], copied.properties["datalake_sdk_upsert_keys"]) == ("All orders", "id")


@pytest.mark.parametrize("stored", ["id,country", "id/country"])
def test_keys_of_the_source_may_be_stored_with_commas_or_slashes(lake, production, copy, stored):
    production.upsert(ORDERS)
    production.configure({"datalake_sdk_upsert_keys": stored})
    good(copy())
    (outcome,) = good(copy())
    assert (outcome.rows_inserted, outcome.rows_updated) == (0, 10)
    assert lake.iceberg().properties["datalake_sdk_upsert_keys"] == "id,country"


def test_every_table_of_a_database_is_copied(lake, production, copy):
    production.upsert(ORDERS)
    production.named("customers").upsert(ORDERS[:3])
    outcomes = good(copy())
    assert [(outcome.target, outcome.rows) for outcome in outcomes] == [
        ("dev_sales.customers", 3),
        ("dev_sales.orders", 10),
    ]
    assert lake.named("customers").rows() == ORDERS[:3]


def test_a_table_may_be_copied_under_another_name(lake, production, copy):
    production.upsert(ORDERS)
    good(copy(source_table="orders", target_table="orders_copy"))
    assert lake.named("orders_copy").rows() == production.rows()
    assert not lake.exists()


def test_a_second_migration_updates_and_keeps_rows_of_the_target(lake, production, copy):
    production.upsert(ORDERS)
    lake.upsert([{"id": 99, "country": "it", "name": "mine"}, {"id": 1, "country": "it", "name": "old"}])
    (outcome,) = good(copy())
    assert (outcome.rows_inserted, outcome.rows_updated) == (9, 1)
    assert lake.rows() == [*ORDERS, {"id": 99, "country": "it", "name": "mine"}]


def test_an_overwrite_needs_no_keys_and_replaces_all_rows_of_the_target(lake, production, copy):
    production.ingest(ORDERS)
    lake.ingest([{"id": 99, "country": "it", "name": "mine"}])
    good(copy(mode=IngestionMode.OVERWRITE))
    assert lake.rows() == ORDERS


def test_a_snapshot_is_appended_only_once(lake, production, copy):
    production.ingest(ORDERS[:5])
    good(copy(mode=IngestionMode.APPEND))
    (again,) = good(copy(mode=IngestionMode.APPEND))
    assert "this snapshot was already appended; nothing was written" in again.warnings
    assert lake.rows() == ORDERS[:5]


def test_all_tables_without_keys_are_reported_before_anything_is_copied(lake, production, copy):
    production.ingest(ORDERS)
    production.named("customers").ingest(ORDERS)
    production.named("prices").upsert(ORDERS)
    with pytest.raises(MigrationKeysError, match="'sales.customers', 'sales.orders'"):
        copy()
    assert not lake.named("prices").exists()
    good(copy(upsert_keys=("id",)))


def test_a_condition_in_athenas_dialect_selects_rows(lake, production, copy):
    production.upsert(ORDERS)
    (outcome,) = good(copy(where="country = 'fr' AND substr(name, 2, 1) <> '3'"))
    assert [row["id"] for row in lake.rows()] == [1, 5, 7, 9]
    assert outcome.verified


@pytest.mark.parametrize("where", ["country =", "1 = 1; DROP TABLE x", "1 = 1 LIMIT 3", "id IN (SELECT id FROM a.b)"])
def test_an_invalid_condition_is_rejected(lake, production, copy, where):
    production.upsert(ORDERS)
    with pytest.raises(DatalakeError, match="condition|missing|statement|not expected"):
        copy(where=where)
    assert not lake.exists()


def test_a_condition_on_an_unknown_column_fails_the_table(lake, production, copy):
    production.upsert(ORDERS)
    (outcome,) = copy(where="nope = 1")
    assert "nope" in outcome.error


def test_a_sample_has_about_the_requested_size_and_is_deterministic(lake, production, copy):
    production.upsert(pa.table({"id": range(20_000)}))
    (outcome,) = good(copy(sample=0.05))
    first = lake.rows()
    good(copy(sample=0.05))
    assert lake.rows() == first
    assert 800 < outcome.rows < 1200


def test_masked_values_are_not_copied(lake, production, copy):
    production.upsert([row | {"amount": float(row["id"])} for row in ORDERS])
    masks = parse_masks(("name=hash", "country=null", "amount=constant:7.5"))
    (outcome,) = good(copy(masks=masks))
    assert outcome.verified
    rows = lake.rows()
    assert {(row["country"], row["amount"]) for row in rows} == {(None, 7.5)}
    assert len({row["name"] for row in rows}) == 10
    assert all(len(row["name"]) == 64 for row in rows)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("name", "column=null, column=hash, column=constant:X or column=keep"),
        ("name=constant", "column=null, column=hash, column=constant:X or column=keep"),
        ("amount=hash", "'amount' is double, and a hash is a string"),
        ("amount=constant:much", "mask is 'amount=constant:much'; it must be a double"),
        ("id=null", "must be omitted, because 'id' is an upsert key, .* int64 cannot be hashed"),
        ("id=hash", "must be omitted, because 'id' is an upsert key, .* int64 cannot be hashed"),
    ],
)
def test_an_inapplicable_mask_is_rejected(lake, production, copy, mask, words):
    production.upsert([{"id": 1, "name": "a", "amount": 1.5}])
    with pytest.raises(InvalidMaskError, match=words):
        copy(source_table="orders", masks=parse_masks([mask]))
    assert not lake.exists()


def test_a_key_that_is_a_string_can_only_be_hashed(production, copy):
    production.upsert([{"name": "a", "amount": 1.5}], ("name",))
    with pytest.raises(InvalidMaskError, match="it must be name=hash, because 'name' is an upsert key, .* distinct$"):
        copy(source_table="orders", masks=parse_masks(["name=null"]))


def test_a_mask_of_an_unknown_column_is_rejected(production, copy):
    production.upsert(ORDERS)
    with pytest.raises(UnknownMaskColumnError, match="nope"):
        copy(masks=parse_masks(["nope=null"]))


@pytest.mark.parametrize("text", ["5", "0%", "101%", "x%", ""])
def test_a_sample_is_a_percentage(text):
    with pytest.raises(InvalidSampleError, match="must be a percentage"):
        parse_sample(text)


@pytest.mark.parametrize("text", ["daily", "daily/", "a/b/c"])
def test_an_owner_has_a_pipeline_and_a_task(text):
    with pytest.raises(InvalidOwnerJobError, match="must be pipeline/task"):
        Owner.parse(text)


def test_a_failing_table_does_not_stop_the_others(lake, production, copy):
    production.named("a").upsert([{"id": 1, "v": "text"}])
    production.named("b").upsert(ORDERS)
    lake.named("a").upsert([{"id": 1, "v": 5}])
    failed, copied = copy()
    assert "column 'v' is long, the batch has string" in failed.error
    assert (copied.error, lake.named("b").rows()) == ("", ORDERS)


@pytest.mark.parametrize("mode", [IngestionMode.APPEND, IngestionMode.OVERWRITE])
def test_the_upsert_keys_of_the_source_are_copied_in_every_mode(lake, production, copy, mode):
    production.upsert(ORDERS)
    good(copy(mode=mode))
    assert lake.iceberg().properties["datalake_sdk_upsert_keys"] == "id"


CHANGING = ["now()", "current_date", "current_timestamp", "localtimestamp", "current_time", "rand()", "random()"]


@pytest.mark.parametrize("call", [*CHANGING, "uuid()"])
def test_a_nondeterministic_condition_is_rejected(call):
    with pytest.raises(ChangingConditionError, match="changes between the copy and its verification"):
        duckdb_condition(f"id = 1 AND NOT {call} < {call}")


def empty(lake: Lake, table: str) -> None:
    name = lake.named(table).table
    lake.platform.catalog.create_table(
        name.identifier(lake.platform.environment),
        pa.schema([("id", pa.int64())]),
        location=lake.platform.table_location(name),
    )


def test_an_empty_table_is_skipped_with_a_warning(lake, production, copy):
    production.upsert(ORDERS)
    empty(production, "nothing")
    nothing, orders = good(copy())
    assert (nothing.source, nothing.warnings) == ("sales.nothing", ("sales.nothing has no snapshot",))
    assert orders.verified
    with pytest.raises(EmptyTableError, match="has no snapshot"):
        copy(source_table="nothing", upsert_keys=("id",))


def test_a_mask_applies_to_the_tables_that_have_its_column(lake, production, copy):
    production.upsert(ORDERS)
    production.named("prices").upsert([{"id": 1, "price": 5}])
    outcomes = good(copy(masks=parse_masks(["name=null"])))
    assert [outcome.verified for outcome in outcomes] == [True, True]
    assert {row["name"] for row in lake.rows()} == {None}


def test_a_table_that_cannot_be_planned_is_reported(lake, production, copy):
    production.upsert(ORDERS)
    production.named("prices").upsert([{"id": 1, "name": 5}])
    prices, orders = copy(masks=parse_masks(["name=hash"]))
    assert "'name' is int64, and a hash is a string" in prices.error
    assert (orders.error, orders.verified) == ("", True)
    assert not lake.named("prices").exists()


def test_the_source_is_read_at_one_snapshot(lake, production):
    production.upsert(ORDERS[:5])
    plan = plan_migration(production.platform, lake.platform, MigrationRequest("sales"))
    production.upsert(ORDERS)
    good(list(migrate(lake.platform, plan, lambda migration, rows: None)))
    assert lake.rows() == ORDERS[:5]


def test_progress_is_reported_as_rows_since_the_last_report(lake, production):
    production.upsert(ORDERS)
    request = MigrationRequest("sales", partition_keys=("id",))
    plan = plan_migration(production.platform, lake.platform, request)
    seen = []
    good(list(migrate(lake.platform, plan, lambda migration, rows: seen.append((str(migration.target), rows)))))
    assert seen == [("sales.orders", 1)] * 10


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"source_table": "nope"}, UnknownTableError),
        ({"target_table": "copy"}, TargetNameError),
    ],
)
def test_unknown_names_are_rejected(production, copy, request_, error):
    production.upsert(ORDERS)
    with pytest.raises(error):
        copy(**request_)


def test_migrating_a_stage_to_itself_is_an_error(lake):
    with pytest.raises(SameStageError, match="source_stage_name is 'dev'"):
        plan_migration(lake.platform, lake.platform, MigrationRequest("sales"))


KILLED = """
import os, signal, sys
from pathlib import Path
from datalake_sdk.operations.migration.plan import MigrationRequest, plan_migration
from datalake_sdk.operations.migration.run import migrate
from test.behavior.lake import Lake
from test.behavior.migrations import ORDERS, good

root = Path(sys.argv[1]) if sys.argv[1] else None
source, target = Lake(root, "prod"), Lake(root)

def progress(migration, rows):
    if migration.target.table == "b":
        os.kill(os.getpid(), signal.SIGKILL)

list(migrate(target.platform, plan_migration(source.platform, target.platform, MigrationRequest("sales")), progress))
"""


def test_a_killed_migration_can_be_rerun(lake, production, copy):
    for name in ("a", "b", "c"):
        production.named(name).upsert(ORDERS)
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(lake.local_root or "")],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
    )
    assert process.returncode == -9, process.stderr
    assert [lake.named(name).exists() for name in ("a", "b", "c")] == [True, False, False]
    assert [outcome.verified for outcome in good(copy())] == [True] * 3
    assert [lake.named(name).rows() for name in ("a", "b", "c")] == [ORDERS] * 3


def test_classified_columns_of_production_need_a_mask_or_permission(lake, production, copy):
    production.upsert(ORDERS)
    contract = '{"schema": {"name": {"classification": "confidential"}, "country": {"classification": "public"}}}'
    production.configure({CONTRACT_PROPERTY: contract})
    with pytest.raises(UnmaskedColumnsError, match="have no mask: sales.orders: name") as caught:
        copy()
    assert "--mask name=keep" in caught.value.hint
    assert not lake.exists()
    good(copy(masks=parse_masks(["name=null"])))
    assert {row["name"] for row in lake.rows()} == {None}
    good(copy(masks=parse_masks(["name=keep"])))
    assert lake.rows() == production.rows()
    copied = stored_contract("dev_sales.orders", lake.iceberg().properties)
    assert copied.classified_columns == {"name"}


@pytest.mark.local_files
def test_quarantines_are_not_copied_and_violations_of_the_target_are_quarantined(lake, production, copy):
    strict = {"schema": {"id": {"logicalTypeOptions": {"maximum": 8}}}, "on_violation": "quarantine"}
    production.ingest(ORDERS, "upsert", ("id",), contract=strict)
    lake.ingest(ORDERS[:1], "upsert", ("id",), contract={**strict, "schema": {"name": {"enum": ["n0", "n1"]}}})
    (outcome,) = good(copy())
    assert outcome.source == "sales.orders"
    assert (outcome.verified, outcome.warnings) == (
        False,
        ("7 rows violate the contract of the target and are quarantined; the copy was not verified",),
    )
    assert lake.rows() == ORDERS[:2]
    assert lake.named("orders__quarantine").arrow().num_rows == 7
    with pytest.raises(ReservedTableError):
        copy(source_table="orders__quarantine")
