"""Promises that operators have been notified of."""

from __future__ import annotations

from datalake_sdk.freshness_check.notification import promises_to_remember
from datalake_sdk.operations.freshness import PromiseState, PromiseStatus

STALE = PromiseState("sales.orders", "freshness", "1 h", None, PromiseStatus.BROKEN)
UNREADABLE = PromiseState("sales.orders", "", "", None, PromiseStatus.UNKNOWN, reason="timeout")


def test_promises_that_are_kept_again_are_forgotten():
    assert promises_to_remember([STALE], ["sales.items freshness"]) == ["sales.orders freshness"]


def test_promises_of_a_table_that_cannot_be_read_for_a_while_are_remembered():
    remembered = promises_to_remember([UNREADABLE], ["sales.items freshness", "sales.orders freshness"])
    assert remembered == ["sales.orders", "sales.orders freshness"]
    assert promises_to_remember([STALE], remembered) == ["sales.orders freshness"]
