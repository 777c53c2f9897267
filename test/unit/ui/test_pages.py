from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration
from datalake_sdk.ui.security import Access
from test.unit.ui.conftest import browse, stored, write
from test.unit.ui.ledger_builder import LedgerBuilder

PAGES = (
    "/",
    "/databases/shop",
    "/tables/shop.orders",
    "/tables/shop.orders/files",
    "/tables/shop.orders/changes",
    "/tables/shop.orders/sample",
    "/lineage/shop.orders",
    "/search?q=orders",
)


@pytest.mark.parametrize("path", PAGES)
def test_markup_in_comments_and_values_is_shown_as_text(pages, path):
    shown = pages.get(path)
    assert shown.status_code == 200
    assert "<script>document" not in shown.text


def test_tables_are_listed_with_rows_and_descriptions(pages):
    shown = pages.get("/").text
    assert "One row for each order" in shown
    assert '<td class="num" data-label="Rows">4</td>' in shown
    assert "customers" in shown


def test_a_database_lists_only_its_tables(pages):
    shown = pages.get("/databases/crm").text
    assert "customers" in shown
    assert "orders" not in shown


def test_a_table_shows_columns_partitions_and_snapshots(pages):
    shown = pages.get("/tables/shop.orders").text
    assert all(
        each in shown for each in ("City of the customer", "double", "<code>city</code>", "+3", "dev_shop.orders")
    )


def test_a_contract_is_shown_with_the_promises_of_the_table(pages):
    shown = pages.get("/tables/crm.customers").text
    expected = ("confidential", '<span class="badge">required</span>', "some: rowCount", "CRM", "broken", "fail")
    assert [each for each in expected if each not in shown] == []
    assert "datalake_sdk_contract" not in shown


def test_a_table_that_breaks_its_promise_is_marked_in_the_list(pages):
    assert re.search(r"customers</a>.*?late</span>", pages.get("/databases/crm").text, re.DOTALL)


def test_results_of_the_last_checked_write_are_shown(tmp_path):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    write(platform, "shop.orders", [{"id": 1}], properties=stored(TableConfiguration(tags=("sales",))))
    LedgerBuilder(platform).execution(datetime.now(UTC) + timedelta(minutes=1))
    with browse(platform, Access()) as pages:
        shown = pages.get("/tables/shop.orders").text
    assert re.search(r"amount is positive</th>.*?violated", shown, re.DOTALL)


def test_a_sample_hides_classified_columns(pages):
    shown = pages.get("/tables/crm.customers/sample").text
    assert "Ada" not in shown
    assert "<code>name</code>" in shown
    assert "[&#34;a&#34;, null]" in shown


def test_partition_values_of_classified_columns_are_hidden(tmp_path):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    contract = TableConfiguration(columns={"city": ColumnConfiguration(classification="restricted")}, is_contract=True)
    rows = [{"id": 1, "city": "Lyon"}]
    write(platform, "crm.customers", rows, configuration=contract, partition_keys=("city",))
    write(platform, "crm.customers", rows, partition_keys=("id",))
    with browse(platform, Access()) as pages:
        shown = pages.get("/tables/crm.customers/files").text
    assert ("Lyon" in shown, "[redacted]" in shown, "id=1" in shown) == (False, True, True)


def test_a_sample_hides_all_columns_if_the_contract_cannot_be_read(tmp_path):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    write(platform, "crm.customers", [{"name": "Ada"}], properties={"datalake_sdk_contract": "{"})
    with browse(platform, Access()) as pages:
        assert "All columns are hidden" in pages.get("/tables/crm.customers/sample").text
        assert "The stored contract cannot be read" in pages.get("/tables/crm.customers").text


def test_the_sample_of_a_quarantine_hides_the_rejected_rows(tmp_path):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    write(platform, "crm.customers", [{"id": 1}])
    rows = pa.Table.from_pylist([{"row": '{"name": "Ada"}', "reason": "name is required"}])
    platform.catalog.create_table("dev_crm.customers__quarantine", rows.schema).append(rows)
    with browse(platform, Access()) as pages:
        assert '__quarantine">1</a>' in pages.get("/tables/crm.customers").text
        shown = pages.get("/tables/crm.customers__quarantine/sample").text
        assert ("Ada" in shown, "name is required" in shown) == (False, True)


def test_characters_that_reorder_text_are_removed(pages):
    assert "\u202e" not in pages.get("/tables/shop.orders/sample").text


def test_the_latest_snapshot_is_compared_with_its_parent(pages):
    shown = pages.get("/tables/shop.orders/changes").text
    assert '<span class="plus">added</span> <code>note</code>' in shown
    assert "3 → 4" in shown


def test_partitions_are_listed_with_their_size(pages):
    assert "city=Lyon" in pages.get("/tables/shop.orders/files").text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("orders", "/tables/shop.orders"),
        ("shop city", "#column-city"),
        ("CUSTOMER", "/tables/crm.customers"),
        ("report", "/runs/"),
    ],
)
def test_search_finds_tables_and_columns(pages, words, found):
    assert found in pages.get("/search", params={"q": words}).text


def test_search_finds_pipelines(pages):
    assert '<a href="/pipelines/orders">orders</a>' in pages.get("/search?q=orders").text


def test_search_requires_all_words(pages):
    assert "No name or description contains all of these words" in pages.get("/search?q=orders+elephant").text


@pytest.mark.parametrize(
    "path",
    [
        *("/nowhere", "/tables/orders", "/tables/shop.orders/nowhere", "/databases/nowhere", "/tables/page/2"),
        *(
            "/tables/page/zero",
            "/tables/page/-1",
            "/tables/page/99999999999999999999",
            "/tables/shop.orders/snapshots/7",
        ),
        *("/tables/..%2f..%2fetc.passwd", "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"),
        *("/tables/shop.orders/changes?newer=1&older=2", f"/tables/shop.orders/snapshots/{'9' * 5_000}"),
    ],
)
def test_what_does_not_exist_is_not_found(pages, path):
    assert pages.get(path).status_code == 404


def test_an_unknown_table_suggests_similar_names(pages):
    assert "dev_shop.orders" in pages.get("/tables/shop.order").text


def test_a_first_snapshot_has_nothing_to_compare_with(pages):
    shown = pages.get("/tables/crm.customers/changes")
    assert (shown.status_code, "has no earlier one" in shown.text) == (404, True)


def test_an_empty_lake_says_how_to_create_a_table(tmp_path):
    empty = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    with browse(empty, Access()) as pages:
        assert "No tables yet" in pages.get("/").text


def test_a_table_that_cannot_be_loaded_does_not_hide_the_others(tmp_path):
    lake = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    for name in ("broken", "healthy"):
        write(lake, f"shop.{name}", [{"id": 1}])
    for file in (tmp_path / "lake").rglob("broken/metadata/*.metadata.json"):
        file.unlink()
    reopened = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    with browse(reopened, Access()) as pages:
        shown = pages.get("/").text
        assert "cannot be read" in shown
        assert '<td class="num" data-label="Rows">1</td>' in shown
        assert pages.get("/tables/shop.broken").status_code == 503
