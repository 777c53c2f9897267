"""The log of promised changes of a quarantine."""

from __future__ import annotations

from datalake_sdk.engine.quarantine.log import QuarantineAction, QuarantineChange, QuarantineLog

ADDED = QuarantineChange("run-1", file="s3://b/1.parquet", rows=2)
REPLACED = QuarantineChange("run-2", QuarantineAction.REPLACE_PARTITIONS, "s3://b/2.parquet", 1, ("day=2026-01-31",))


def test_a_table_without_quarantine_has_an_empty_log_and_no_property():
    assert QuarantineLog.of({}) == QuarantineLog()
    assert QuarantineLog().as_property() == {}


def test_the_log_is_stored_and_read():
    log = QuarantineLog().extended(ADDED).extended(REPLACED)
    assert QuarantineLog.of(log.as_property()) == log


def test_the_last_change_is_remembered_once_it_is_applied():
    log = QuarantineLog().extended(ADDED).extended(REPLACED).without(frozenset({"run-1", "run-2"}))
    assert (log.pending, log.last) == ((), "run-2")
    assert QuarantineLog.of(log.as_property()).last == "run-2"
