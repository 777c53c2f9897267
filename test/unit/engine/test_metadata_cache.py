from __future__ import annotations

import pytest
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER

from datalake_sdk.engine.metadata_cache import MetadataCache

FIRST, SECOND, THIRD = (("dev_sales", name) for name in ("orders", "returns", "items"))


@pytest.fixture
def cache() -> MetadataCache:
    """A cache for two tables with twenty snapshots each."""
    return MetadataCache(limit=60)


def metadata(snapshots: int = 20) -> TableMetadata:
    empty = new_table_metadata(Schema(), UNPARTITIONED_PARTITION_SPEC, UNSORTED_SORT_ORDER, "file:///lake/orders")
    known = [Snapshot(snapshot_id=each, manifest_list="file:///list.avro") for each in range(snapshots)]
    return empty.model_copy(update={"snapshots": known})


def test_only_the_cached_metadata_file_is_found(cache):
    cache.keep(FIRST, "1", metadata())
    current = metadata()
    cache.keep(FIRST, "2", current)
    assert cache.find(FIRST, "1") is None
    assert cache.find(FIRST, "2") is current
    assert cache.find(SECOND, "2") is None


def test_the_least_recently_used_table_is_removed(cache):
    for table in (FIRST, SECOND):
        cache.keep(table, "1", metadata())
    assert cache.find(FIRST, "1")
    cache.keep(THIRD, "1", metadata())
    assert [cache.find(table, "1") is not None for table in (FIRST, SECOND, THIRD)] == [True, False, True]


def test_replaced_metadata_does_not_count(cache):
    cache.keep(FIRST, "1", metadata())
    for version in range(100):
        cache.keep(SECOND, str(version), metadata())
    assert cache.find(FIRST, "1")


def test_the_last_table_is_kept_however_large_it_is(cache):
    cache.keep(FIRST, "1", metadata())
    cache.keep(SECOND, "1", metadata(snapshots=100))
    assert cache.find(FIRST, "1") is None
    assert cache.find(SECOND, "1")


def test_a_table_of_another_format_has_no_metadata(cache):
    assert cache.find(("sales", "plain"), None) is None
