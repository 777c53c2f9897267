from __future__ import annotations

import pytest

from datalake_sdk.errors import MissingCapabilityError
from datalake_sdk.operations.linked_databases import plan_links, update_linked_databases
from datalake_sdk.platforms.base import SharedDatabase

A, B = "111111111111", "222222222222"


def plan(shared, names=None):
    given = [SharedDatabase(owner, name) for owner, name in shared]
    catalog = {name: SharedDatabase(*target) if target else None for name, target in (names or {}).items()}
    changes = plan_links(given, catalog)
    return (
        [(link.name, link.owner) for link in changes.created],
        [link.name for link in changes.deleted],
        [skipped.reason for skipped in changes.skipped],
        [link.name for link in changes.kept],
    )


def test_a_shared_database_gets_a_link_with_its_name():
    assert plan([(A, "dev_sales"), (B, "crm")]) == ([("crm", B), ("dev_sales", A)], [], [], [])


def test_existing_links_to_shared_databases_are_kept_under_any_name():
    assert plan([(A, "sales"), (B, "crm")], {"sales": (A, "sales"), "b_crm": (B, "crm")}) == (
        [],
        [],
        [],
        ["b_crm", "sales"],
    )


def test_a_dangling_link_is_deleted_and_frees_its_name():
    names = {"sales": (A, "sales"), "crm": (A, "crm"), "own": None}
    assert plan([(B, "sales")], names) == ([("sales", B)], ["crm", "sales"], [], [])


def test_a_database_whose_name_is_taken_is_skipped():
    assert plan([(A, "sales")], {"sales": None}) == ([], [], ["'sales' is a local database"], [])
    names = {"sales": (A, "sales")}
    assert plan([(A, "sales"), (B, "sales")], names) == ([], [], [f"'sales' is a link to account {A}"], ["sales"])


def test_databases_of_two_accounts_with_the_same_name_are_skipped():
    created, _, reasons, _ = plan([(A, "sales"), (B, "sales")])
    assert created == []
    assert reasons == [f"account {B} also shares a database 'sales'", f"account {A} also shares a database 'sales'"]


def test_an_embedded_lake_has_no_shared_databases(lake):
    with pytest.raises(MissingCapabilityError, match="needs databases shared by other accounts"):
        update_linked_databases(lake.platform)
