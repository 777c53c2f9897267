"""Tables whose catalog entry is lost can be registered again from their files."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest

from datalake_sdk.errors import (
    AmbiguousMetadataError,
    ForeignLocationError,
    InvalidNameError,
    MissingSnapshotError,
    NoMetadataError,
    TableExistsError,
    UnknownDatabaseError,
    UnreadableMetadataError,
)
from datalake_sdk.operations.register_table import RegisteredTable, register_table, register_tables
from datalake_sdk.settings import TableName
from test.behavior.lake import Lake

FIRST = [{"id": 1, "city": "Lyon"}, {"id": 2, "city": "Nice"}]
SECOND = [{"id": 3, "city": "Metz"}]


@pytest.fixture
def lost(lake):
    """A table with two commits that is no longer in the catalog."""
    lake.ingest(FIRST, "append")
    lake.ingest(SECOND, "append")
    lose(lake)
    return lake


def lose(lake: Lake) -> Any:
    """Removes the table from the catalog, as deleting its database does; its files remain."""
    table = lake.iceberg()
    lake.platform.catalog.drop_table(table.name())
    return table


def register(lake: Lake, **options: Any) -> RegisteredTable:
    return register_table(lake.platform, lake.table, **options)


@pytest.mark.write_contract
def test_a_registered_table_has_its_rows_and_can_be_written(lake):
    lake.ingest(FIRST, "append")
    lake.upsert([{"id": 2, "city": "Brest"}, *SECOND])
    rows, table = lake.rows(), lose(lake)
    registered = register(lake.native())
    assert (registered.rows, registered.metadata_file) == (3, table.metadata_location)
    assert lake.again().rows() == rows
    lake.again().upsert([{"id": 3, "city": "Paris"}])
    assert lake.again().rows() == [*rows[:2], {"id": 3, "city": "Paris"}]


def test_an_earlier_metadata_file_restores_an_earlier_state(lake):
    lake.ingest(FIRST, "append")
    earlier = lake.iceberg().metadata_location
    lake.ingest(SECOND, "append")
    lose(lake)
    assert register(lake, metadata_file=earlier).rows == len(FIRST)
    assert lake.rows() == FIRST


def test_a_dry_run_registers_nothing(lost):
    planned = register(lost, dry_run=True)
    assert not lost.exists()
    assert register(lost) == planned


def test_a_table_in_the_catalog_is_not_registered_again(lake):
    lake.ingest(FIRST, "append")
    earlier = lake.iceberg().metadata_location
    lake.ingest(SECOND, "append")
    with pytest.raises(TableExistsError, match="dev_sales.orders is already in the catalog"):
        register(lake, metadata_file=earlier)
    assert lake.rows() == [*FIRST, *SECOND]


def test_a_table_is_not_registered_under_a_second_name(lake):
    lake.ingest(FIRST, "append")
    location = lake.iceberg().location()
    with pytest.raises(ForeignLocationError, match="belongs to dev_sales.orders"):
        register(lake.named("copies"), location=location)
    assert not lake.named("copies").exists()


@pytest.mark.parametrize(("registered", "reason"), [("inner", "is in"), ("orders", "contains")])
def test_a_table_is_not_registered_inside_another(lost, registered, reason):
    catalog, names = lost.platform.catalog, {"inner": ("dev_sales", "inner"), "orders": ("dev_sales", "orders")}
    register(lost)
    orders = catalog.load_table(names["orders"])
    catalog.create_table(names["inner"], orders.schema(), f"{orders.location()}/inner")
    table = catalog.load_table(names[registered])
    catalog.drop_table(names[registered])
    with pytest.raises(ForeignLocationError, match=f"{reason} '.*/sales/orders.*', which belongs to dev_sales"):
        register(lost.named(registered), location=table.location())
    assert not lost.named(registered).exists()


def test_a_table_is_not_registered_in_another_database(lost):
    location = lost.platform.table_location(lost.table)
    lost.platform.catalog.create_namespace("dev_returns")
    with pytest.raises(ForeignLocationError, match="is not in '.*/returns'"):
        register_table(lost.platform, TableName("returns", "orders"), location=location)


@pytest.mark.parametrize("option", ["location", "metadata_file"])
@pytest.mark.parametrize("place", ["", "sales/orders", "s3://other-bucket/sales/orders", "ftp://host/sales/orders"])
def test_a_location_outside_the_database_is_not_read(lost, option, place):
    with pytest.raises(ForeignLocationError, match="dev_sales.orders: location '.*' is not in '.*/sales'"):
        register(lost, **{option: f"{place}/metadata/00001-a.metadata.json" if option == "metadata_file" else place})


def test_a_metadata_file_whose_path_leads_out_of_the_database_is_not_read(lost):
    expected = register(lost, dry_run=True).metadata_file
    outside = expected.replace("/sales/", "/sales/../sales/")
    with pytest.raises(ForeignLocationError, match=re.escape(f"location '{outside}' is not in")):
        register(lost, metadata_file=outside)


def test_a_metadata_file_is_registered_in_the_form_of_the_platform(lost):
    expected = register(lost, dry_run=True).metadata_file
    other = re.sub("^file://", "", re.sub("^s3:", "s3a:", expected))
    assert register(lost, metadata_file=other).metadata_file == expected


def test_a_copied_metadata_file_is_not_registered(lost):
    table = register(lost, dry_run=True)
    copied = table.metadata_file.replace("/orders/", "/copies/")
    _copy(lost, table.metadata_file, copied)
    with pytest.raises(ForeignLocationError, match="is not that of its metadata file"):
        register(lost.named("copies"))


def test_a_location_without_metadata_is_an_error(lost):
    with pytest.raises(NoMetadataError, match="sales/nothing"):
        register(lost.named("nothing"))


@pytest.mark.parametrize("name", ["metadata/00009-a.metadata.json", "data/rows.parquet"])
def test_a_missing_metadata_file_is_an_error(lost, name):
    with pytest.raises(UnreadableMetadataError, match=name):
        register(lost, metadata_file=f"{lost.platform.table_location(lost.table)}/{name}")


def test_a_damaged_metadata_file_is_an_error_even_if_an_earlier_one_is_not(lake):
    lake.ingest(FIRST, "append")
    lake.ingest(SECOND, "append")
    table = lose(lake)
    _write(table, table.metadata_location, b'{"format-version": 2')
    with pytest.raises(UnreadableMetadataError, match=table.metadata_location):
        register(lake)
    assert not lake.exists()


def test_metadata_of_a_commit_attempt_that_failed_is_skipped(lake):
    lake.ingest(FIRST, "append")
    lake.ingest(SECOND, "append")
    table = lose(lake)
    # Like an attempt whose commit was rejected: its manifests are removed, its metadata file remains.
    table.io.delete(table.current_snapshot().manifest_list)
    assert register(lake).rows == len(FIRST)
    assert lake.rows() == FIRST


def test_a_table_without_manifest_lists_is_reported(lake):
    lake.ingest(FIRST, "append")
    table = lose(lake)
    table.io.delete(table.current_snapshot().manifest_list)
    with pytest.raises(MissingSnapshotError, match="sales/orders"):
        register(lake)
    (outcome,) = register_tables(lake.platform, "sales")
    assert "manifest lists" in outcome.error


def test_a_table_that_was_created_again_is_ambiguous(lost):
    lost.ingest(SECOND, "append")
    created = lose(lost)
    with pytest.raises(AmbiguousMetadataError, match=created.metadata_location):
        register(lost)
    assert register(lost, metadata_file=created.metadata_location).rows == len(SECOND)


def test_a_write_that_started_before_the_table_was_lost_is_not_lost(lake, interrupted):
    lake.ingest(FIRST, "append")

    def lose_and_register(other):
        lose(other)
        register(other)

    interrupted(lose_and_register).ingest(SECOND, "append")
    assert lake.again().rows() == [*FIRST, *SECOND]


def test_a_table_registered_and_written_by_another_process_is_kept(lost):
    class Overtaken:
        """A catalog in which another process registers the table first, and writes to it."""

        def __getattr__(self, name):
            return getattr(other.platform.catalog, name)

        def register_table(self, *arguments):
            register(other)
            other.ingest([{"id": 4, "city": "Lille"}], "append")
            return other.platform.catalog.register_table(*arguments)

    late, other = lost.again(), lost.again()
    late.platform.__dict__["catalog"] = Overtaken()
    # On AWS, the call cannot be distinguished from a repeated request whose first response was lost.
    with suppress(TableExistsError):
        register(late)
    assert len(lost.again().rows()) == 4


def test_an_unknown_database_is_an_error(lost):
    with pytest.raises(UnknownDatabaseError, match="'salse' does not exist\nDid you mean 'sales'"):
        list(register_tables(lost.platform, "salse"))


def test_an_invalid_database_name_is_an_error(lost):
    with pytest.raises(InvalidNameError, match="database_name is '../sales'"):
        list(register_tables(lost.platform, "../sales"))


def test_all_tables_of_a_database_are_registered(lost):
    kept = lost.named("kept")
    kept.ingest(FIRST, "append")
    returns = lost.named("returns")
    returns.ingest(FIRST, "append")
    damaged = lost.named("damaged")
    damaged.ingest(FIRST, "append")
    lose(returns)
    table = lose(damaged)
    _write(table, table.metadata_location, b"{}")
    _write(table, f"{lost.platform.data_location}/sales/inbox/orders.csv", b"id\n1\n")

    planned = list(register_tables(lost.platform, "sales", dry_run=True))
    assert not lost.exists()
    outcomes = {outcome.table: outcome for outcome in register_tables(lost.platform, "sales")}
    assert list(outcomes.values()) == planned
    assert {name: outcome.rows for name, outcome in outcomes.items()} == {
        "dev_sales.damaged": None,
        "dev_sales.orders": 3,
        "dev_sales.returns": 2,
    }
    assert "cannot be read" in outcomes["dev_sales.damaged"].error
    assert lost.rows() == [*FIRST, *SECOND]
    assert [outcome.table for outcome in register_tables(lost.platform)] == ["dev_sales.damaged"]


def _write(table: Any, location: str, content: bytes) -> None:
    with table.io.new_output(location).create(overwrite=True) as stream:
        stream.write(content)


def _copy(lake: Lake, source: str, target: str) -> None:
    register(lake)
    table = lose(lake)
    with table.io.new_input(source).open() as stream:
        _write(table, target, stream.read())
