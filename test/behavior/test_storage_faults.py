"""A storage failure at any step of a write is a clear error and leaves the table and its files unchanged."""

from __future__ import annotations

import errno
import os
from functools import partial

import pytest

from datalake_sdk.engine.table_properties import MERGE_MODE
from datalake_sdk.errors import StorageError
from datalake_sdk.operations.table_metadata import update_table_metadata
from datalake_sdk.table_contract import TableConfiguration
from test.behavior.lake import Lake
from test.behavior.stepping_io import STEPS

OLD = [{"id": number, "month": number % 2} for number in range(6)]
NEW = [{"id": number, "month": 1} for number in range(4, 8)]
CASES = {
    "overwrite": ("overwrite", None),
    "overwrite_partitions": ("overwrite_partitions", None),
    "append": ("append", None),
    "copy-on-write": ("upsert", "copy-on-write"),
    "merge-on-read": ("upsert", "merge-on-read"),
}
REASONS = {
    errno.ENOSPC: "No space left on device",
    errno.EROFS: "Read-only file system",
    errno.EIO: "Input/output error",
}


@pytest.fixture
def fail_at(lake):
    """Makes storage fail at one step."""
    lake.use_storage("test.behavior.stepping_io.Stepping")
    yield lambda last, number=errno.EIO: STEPS.stop_at(last, partial(_fail, number))
    STEPS.stop_at(None, lambda: None)


def _fail(number: int) -> None:
    raise OSError(number, os.strerror(number))


def prepare(lake: Lake, merge_mode: str | None) -> None:
    lake.ingest(OLD, partitions=("month",))
    if merge_mode:
        with lake.iceberg().transaction() as transaction:
            transaction.set_properties({MERGE_MODE.name: merge_mode})


@pytest.mark.parametrize("case", CASES)
def test_a_storage_failure_at_any_step_leaves_table_and_data_files_unchanged(lake, fail_at, case):
    mode, merge_mode = CASES[case]
    prepare(lake, merge_mode)
    before, files, steps = lake.iceberg().metadata_location, lake.data_files(), 0
    while True:
        fail_at(steps)
        try:
            lake.ingest(NEW, mode, ("id",))
            break
        except StorageError as error:
            assert "sales.orders: writing failed: Input/output error" in str(error)
        assert lake.iceberg().metadata_location == before, STEPS.names
        assert lake.data_files() == files, STEPS.names
        steps += 1
    assert steps >= 8
    assert {row["id"] for row in NEW} <= {row["id"] for row in lake.rows()}


def test_a_storage_failure_at_any_step_of_maintenance_is_a_storage_error_and_loses_no_rows(lake, fail_at):
    lake.ingest(OLD)
    lake.configure({"datalake_sdk_automatic_maintenance": "false", "datalake_sdk_max_snapshots": "1"})
    lake.ingest(NEW)
    before, steps = lake.rows(), 0
    while True:
        fail_at(steps)
        try:
            result = lake.maintain()
            break
        except StorageError as error:
            assert "sales.orders: writing failed: Input/output error" in str(error)
        assert lake.rows() == before, STEPS.names
        steps += 1
    assert steps >= 4
    assert result.snapshots_expired > 0
    assert lake.rows() == before


def test_descriptions_that_cannot_be_stored_are_a_storage_error(lake, fail_at):
    lake.ingest(OLD)
    fail_at("create metadata")
    with pytest.raises(StorageError, match="sales.orders: writing failed: Input/output error"):
        update_table_metadata(lake.platform, lake.table, TableConfiguration("All orders"), {})
    assert lake.rows() == OLD


@pytest.mark.parametrize("number", REASONS)
@pytest.mark.parametrize("step", ["create data file", "close data file", "create manifest", "close metadata"])
def test_the_error_names_the_storage_failure(lake, fail_at, number, step):
    lake.ingest(OLD)
    before = lake.files()
    fail_at(step, number)
    with pytest.raises(StorageError, match=f"sales.orders: writing failed: {REASONS[number]}; the table is unchanged"):
        lake.ingest(NEW)
    assert {path for path in lake.files() - before if not path.endswith(".metadata.json")} == set()
    assert lake.rows() == OLD


def test_a_file_that_cannot_be_created_is_a_storage_error(lake, fail_at):
    lake.ingest(OLD)
    before = lake.files()
    fail_at("create data file", errno.EACCES)
    with pytest.raises(StorageError, match="sales.orders: writing failed: Permission denied"):
        lake.ingest(NEW)
    assert lake.files() == before
