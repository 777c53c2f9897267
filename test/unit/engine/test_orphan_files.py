"""A listing that lacks files of the table is not trusted."""

from __future__ import annotations

import pyarrow as pa
import pytest

from datalake_sdk.engine.orphan_files import find_orphan_files
from datalake_sdk.errors import UnlistedFilesError


@pytest.fixture
def table(lake):
    """A table that has never been written."""
    return lake.create("shop.orders", pa.schema({"id": pa.int64()}))


def find(lake, table, list_files):
    return find_orphan_files(lake.platform.catalog, table, list_files, float("inf"))


def test_the_metadata_of_an_empty_table_is_not_an_orphan(lake, table):
    assert find(lake, table, lambda: lake.platform.list_table_files(table)) == []


def test_a_listing_without_the_metadata_of_an_empty_table_is_rejected(lake, table):
    other = lake.create("shop.prices", pa.schema({"id": pa.int64()}))
    with pytest.raises(UnlistedFilesError, match="dev_shop.orders"):
        find(lake, table, lambda: lake.platform.list_table_files(other))


def test_the_metadata_that_a_concurrent_commit_replaces_need_not_be_listed(lake, table):
    def list_files():
        (file,) = lake.platform.list_table_files(table)
        lake.append(lake.platform.catalog.load_table(table.name()), [{"id": 1}])
        return [file]

    assert find(lake, table, list_files) == []
