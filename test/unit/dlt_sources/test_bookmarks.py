"""The state of a dlt pipeline is restored from what the tables have committed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from datalake_sdk.dlt_sources.bookmarks import MAX_BYTES, PROPERTY_PREFIX, Bookmark, restored_state, stored_bookmark
from datalake_sdk.errors import SourceStateSizeError

ORDERS, CUSTOMERS = {"raw.orders": "orders"}, {"raw.customers": "customers"}


def bookmark(load, resources, **cursors):
    named = {name: {"last": value} for name, value in cursors.items() if name != "source"}
    return Bookmark(load, resources, {"sources": {"shop": {"resources": named, "own": cursors.get("source")}}}, {})


def restored(bookmarks):
    source = restored_state(bookmarks)["sources"].get("shop", {})
    cursors = {name: cursor["last"] for name, cursor in source.get("resources", {}).items()}
    return cursors, source.get("own")


def test_no_table_has_a_state():
    assert restored_state({}) is None


def test_a_load_that_committed_all_tables_is_restored():
    both = {**ORDERS, **CUSTOMERS}
    second = bookmark("2.0", both, orders=5, customers=6, source="b")
    assert restored({"raw.orders": second, "raw.customers": second}) == ({"orders": 5, "customers": 6}, "b")


def test_a_load_that_committed_one_table_advances_only_its_cursor():
    both = {**ORDERS, **CUSTOMERS}
    first = bookmark("1.0", both, orders=1, customers=1, source="a")
    second = bookmark("2.0", both, orders=5, customers=6, source="b")
    assert restored({"raw.orders": second, "raw.customers": first}) == ({"orders": 5, "customers": 1}, "a")


def test_a_first_load_that_committed_one_table_keeps_only_its_cursor():
    second = bookmark("2.0", {**ORDERS, **CUSTOMERS}, orders=5, customers=6, source="b")
    assert restored({"raw.orders": second}) == ({"orders": 5}, None)


def test_a_resource_without_rows_keeps_its_cursor():
    first = bookmark("1.0", CUSTOMERS, orders=0, customers=1)
    second = bookmark("2.0", ORDERS, orders=5, customers=1)
    assert restored({"raw.orders": second, "raw.customers": first})[0] == {"orders": 5, "customers": 1}


def test_the_cursor_of_a_parent_depends_on_the_tables_of_its_children():
    tables = {"raw.lines": "lines", "raw.notes": "notes"}
    first = bookmark("1.0", tables, parent=1)
    second = bookmark("2.0", tables, parent=9)
    assert restored({"raw.lines": second, "raw.notes": first})[0] == {"parent": 1}
    assert restored({"raw.lines": second, "raw.notes": second})[0] == {"parent": 9}


def test_ids_of_loads_are_compared_as_numbers():
    first, second = bookmark("99.5", ORDERS, orders=1), bookmark("100.25", CUSTOMERS, orders=2, customers=2)
    assert restored({"raw.orders": first, "raw.customers": second})[0] == {"orders": 2, "customers": 2}


def test_a_property_holds_a_bookmark():
    given = bookmark("1.5", ORDERS, orders=3, customers=datetime(2026, 1, 1, tzinfo=UTC), lines=Decimal("1.5"))
    properties = {PROPERTY_PREFIX + "raw_load": given.property_value("raw_load")}
    assert stored_bookmark("raw_load", properties) == given
    assert stored_bookmark("raw_other", properties) is None


def test_a_state_that_the_catalog_would_reject_is_an_error():
    hashes = Random(1).randbytes(MAX_BYTES).hex()
    with pytest.raises(SourceStateSizeError, match="raw_load"):
        bookmark("1.0", ORDERS, orders=hashes).property_value("raw_load")
