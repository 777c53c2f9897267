"""Rows that violate a check with `on_violation: quarantine` are quarantined; the others are published."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.engine.quarantine.log import QuarantineLog
from datalake_sdk.engine.quarantine.reading import QuarantineFilter
from datalake_sdk.errors import (
    ContractViolatedError,
    NoQuarantineError,
    ReservedTableError,
    UnfinishedQuarantineError,
)
from datalake_sdk.inputs.options import FileInput
from datalake_sdk.operations.classified_columns import classified_columns
from datalake_sdk.operations.delete_table import delete_table
from datalake_sdk.operations.quarantine.drop import drop_quarantined
from datalake_sdk.operations.quarantine.listing import list_quarantine, show_quarantine
from test.behavior.quarantines import AFTER, ALL, BAD, GOOD, OLD, STRICT, ordered, quarantined, replay, write


@pytest.mark.write_contract
@pytest.mark.parametrize("mode", AFTER)
def test_rows_that_violate_a_check_are_quarantined_and_the_others_published(lake, mode):
    lake.ingest(OLD, partitions=("day",))
    result = write(lake, [BAD[0], *GOOD, BAD[1]], mode, ingestion_id="run-1")
    assert (result.rows_read, result.rows_quarantined) == (4, 2)
    assert lake.rows() == ordered(AFTER[mode])
    assert quarantined(lake) == ordered(BAD)
    (listed,) = list_quarantine(lake.platform)
    assert (listed.table, listed.ingestion_id, listed.rows) == ("dev_sales.orders", "run-1", 2)
    assert (dict(listed.checks), listed.mode) == ({"amount.minimum": 2}, mode)


def test_a_repeated_write_quarantines_nothing_twice(lake):
    for _ in range(2):
        result = write(lake.again(), [*GOOD, *BAD], ingestion_id="run-1")
    assert result.skipped
    assert lake.rows() == ordered(GOOD)
    assert quarantined(lake) == ordered(BAD)


def test_a_batch_that_fails_another_check_quarantines_nothing(lake):
    contract = {**STRICT, "schema": {**STRICT["schema"], "id": {"required": True, "on_violation": "fail"}}}
    with pytest.raises(ContractViolatedError, match="id.required"):
        write(lake, [*GOOD, *BAD, {"id": None, "day": "mon", "amount": 1}], contract=contract)
    assert quarantined(lake) == []
    assert not lake.exists()


def test_a_batch_without_valid_rows_keeps_the_stored_rows(lake):
    lake.ingest(OLD)
    result = write(lake, BAD, "overwrite", ingestion_id="run-1")
    assert (result.rows_inserted, result.rows_deleted, result.rows_quarantined) == (0, 0, 2)
    assert lake.rows() == ordered(OLD)
    assert quarantined(lake) == ordered(BAD)
    assert write(lake, BAD, "overwrite", ingestion_id="run-1").skipped


def test_the_first_batch_may_have_no_valid_rows(lake):
    write(lake, BAD)
    assert lake.rows() == []
    assert quarantined(lake) == ordered(BAD)


def test_one_row_of_many_is_quarantined_with_its_number(lake):
    rows = pa.table({"id": range(200_000), "amount": pa.array(range(200_000)).cast(pa.int64())})
    amounts = rows["amount"].to_pylist()
    amounts[199_998] = -1
    write(lake, rows.set_column(1, "amount", pa.array(amounts)))
    (row,) = show_quarantine(lake.platform, lake.table, ALL)
    assert (row.row, row.input_file, row.input_row) == ({"id": 199_998, "amount": -1}, None, 199_999)
    assert lake.arrow().num_rows == 199_999


@pytest.mark.local_files
def test_rows_of_files_are_quarantined_with_file_and_number(lake, tmp_path):
    (tmp_path / "a.csv").write_text("id,amount\n1,1\n2,-2\n")
    (tmp_path / "b.csv").write_text("id,amount\n3,3\n4,4\n5,-5\n")
    lake.write(FileInput(str(tmp_path)), configuration=parse_table("contract", STRICT))
    rows = show_quarantine(lake.platform, lake.table, ALL)
    found = {row.row["id"]: (row.input_file.rpartition("/")[2], row.input_row) for row in rows}
    assert found == {2: ("a.csv", 2), 5: ("b.csv", 3)}


def test_an_overwrite_supersedes_the_quarantined_rows_of_earlier_writes(lake):
    write(lake, [*GOOD, BAD[0]])
    write(lake, [*GOOD, BAD[1]], "overwrite")
    assert quarantined(lake) == [BAD[1]]
    write(lake, GOOD, "overwrite")
    assert quarantined(lake) == []


def test_an_overwrite_of_partitions_supersedes_the_quarantined_rows_of_these_partitions(lake):
    lake.ingest(OLD, partitions=("day",))
    write(lake, [*GOOD, *BAD])
    write(lake, [GOOD[0], {**BAD[0], "amount": -44}], "overwrite_partitions")
    assert quarantined(lake) == ordered([{**BAD[0], "amount": -44}, BAD[1]])


@pytest.mark.parametrize("mode", AFTER)
def test_a_conflict_quarantines_nothing_twice(lake, interrupted, mode):
    lake.ingest(OLD, partitions=("day",))
    late = interrupted(lambda other: write(other, [OLD[0], BAD[1]], ingestion_id="other"))
    write(late, [*GOOD, BAD[0]], mode, ingestion_id="run-1")
    expected = [BAD[0]] if mode == "overwrite" else BAD
    assert quarantined(lake) == ordered(expected)


class _FailingQuarantine:
    """A catalog that rejects commits to a quarantine."""

    def __init__(self, catalog) -> None:
        self._catalog = catalog

    def __getattr__(self, name):
        return getattr(self._catalog, name)

    def commit_table(self, table, *arguments):
        if table.name()[-1].endswith("__quarantine"):
            raise OSError(28, "No space left on device")
        return self._catalog.commit_table(table, *arguments)


def test_rows_that_cannot_be_added_to_the_quarantine_are_added_later(lake):
    late = lake.again()
    late.platform.__dict__["catalog"] = _FailingQuarantine(late.platform.catalog)
    with pytest.raises(UnfinishedQuarantineError, match="a write is committed, but 2 rows"):
        write(late, [*GOOD, *BAD], ingestion_id="run-1")
    assert lake.rows() == ordered(GOOD)
    assert write(lake, [*GOOD, *BAD], ingestion_id="run-1").skipped
    assert quarantined(lake) == ordered(BAD)


def test_changes_that_remove_no_quarantined_row_do_not_remain_pending(lake):
    lake.ingest(OLD, partitions=("day",))
    write(lake, [*GOOD, BAD[0]])
    for amount in range(3):
        write(lake, [{**OLD[0], "amount": amount}], "overwrite_partitions")
    assert QuarantineLog.of(lake.iceberg().properties).pending == ()
    assert len(lake.named("orders__quarantine").iceberg().snapshots()) == 1
    for _ in range(3):
        write(lake, [OLD[0]], "overwrite")
    assert len(QuarantineLog.of(lake.iceberg().properties).pending) == 1
    assert quarantined(lake) == []


@pytest.mark.local_files
def test_a_change_that_removes_no_row_is_applied_after_an_unfinished_one(lake):
    lake.ingest(OLD, partitions=("day",))
    late = lake.again()
    late.platform.__dict__["catalog"] = _FailingQuarantine(late.platform.catalog)
    with pytest.raises(UnfinishedQuarantineError):
        write(late, [BAD[1]])
    for _ in range(2):
        write(lake, [OLD[0]], "overwrite_partitions")
    assert QuarantineLog.of(lake.iceberg().properties).pending == ()
    assert quarantined(lake) == [BAD[1]]


def test_a_table_is_written_after_its_quarantine_was_deleted(lake):
    write(lake, [*GOOD, *BAD])
    delete_table(lake.platform, lake.named("orders__quarantine").table)
    assert write(lake, [OLD[0]]).rows_inserted == 1
    assert QuarantineLog.of(lake.iceberg().properties).pending == ()
    for _ in range(3):
        write(lake, GOOD, "overwrite")
    assert len(QuarantineLog.of(lake.iceberg().properties).pending) == 1
    write(lake, BAD)
    assert quarantined(lake) == ordered(BAD)


def test_maintenance_keeps_rows_that_are_not_yet_in_the_quarantine(lake):
    late = lake.again()
    late.platform.__dict__["catalog"] = _FailingQuarantine(late.platform.catalog)
    with pytest.raises(UnfinishedQuarantineError):
        write(late, [*GOOD, *BAD])
    lake.configure({"datalake_sdk_orphan_age_hours": "0"})
    lake.maintain()
    assert quarantined(lake) == ordered(BAD)


def test_quarantined_rows_are_dropped_by_check_and_age(lake):
    write(lake, [*GOOD, *BAD])
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with pytest.raises(NoQuarantineError, match="no quarantined row has check 'other'"):
        drop_quarantined(lake.platform, lake.table, QuarantineFilter(check="other"))
    assert drop_quarantined(lake.platform, lake.table, QuarantineFilter(before=yesterday)).rows == 0
    dropped = drop_quarantined(lake.platform, lake.table, QuarantineFilter(check="amount.minimum"))
    assert (dropped.rows, quarantined(lake)) == (2, [])
    assert lake.rows() == ordered(GOOD)


def test_values_of_classified_columns_are_hidden(lake):
    contract = {**STRICT, "schema": {**STRICT["schema"], "id": {"classification": "confidential"}}}
    write(lake, BAD[:1], contract=contract)
    (row,) = show_quarantine(lake.platform, lake.table, ALL)
    assert row.row == {**BAD[0], "id": "***"}
    stored = json.loads(lake.named("orders__quarantine").iceberg().properties["datalake_sdk_contract"])
    assert {name for name, column in stored["schema"].items() if "classification" in column} == {"row", "partition"}


def test_values_stay_hidden_after_the_table_was_dropped_with_its_contract(lake):
    write(lake, BAD[:1], contract={**STRICT, "schema": {**STRICT["schema"], "id": {"classification": "confidential"}}})
    lake.platform.catalog.drop_table(lake.table.identifier(lake.platform.environment))
    (row,) = show_quarantine(lake.again().platform, lake.table, ALL)
    assert row.row == dict.fromkeys(BAD[0], "***")
    assert quarantined(lake) == BAD[:1]
    quarantine = lake.named("orders__quarantine").table.identifier(lake.platform.environment)
    assert "row" in classified_columns(lake.again().platform, *quarantine)


def test_a_table_is_deleted_with_its_quarantine(lake):
    write(lake, [*GOOD, *BAD])
    deleted = delete_table(lake.platform, lake.table)
    assert (deleted.rows, deleted.rows_quarantined) == (2, 2)
    assert not lake.named("orders__quarantine").exists()
    assert lake.data_files() == set()


def test_a_quarantine_is_not_written_directly(lake):
    with pytest.raises(ReservedTableError, match="write 'orders' with `on_violation: quarantine`"):
        lake.named("orders__quarantine").ingest(GOOD)


UNIQUE = {"schema": {"id": {"unique": True}}, "on_violation": "quarantine"}


@pytest.mark.write_contract
def test_all_rows_of_a_batch_with_a_duplicate_value_are_quarantined(lake):
    lake.ingest(OLD)
    batch = [{"id": 1, "day": "a", "amount": 0}, {"id": 7, "day": "b", "amount": 0}, {"id": 7, "day": "c", "amount": 0}]
    result = write(lake, [*batch, GOOD[1]], contract=UNIQUE)
    assert lake.rows() == ordered([*OLD, GOOD[1]])
    assert quarantined(lake) == ordered(batch)
    assert (result.rows_read, result.rows_inserted, result.rows_quarantined) == (4, 1, 3)
    (check,) = result.checks
    assert (check.name, check.violations, check.passed) == ("id.unique", 3, False)


@pytest.mark.local_files
def test_positive_and_negative_zero_are_duplicates(lake):
    result = write(lake, [{"id": 0.0}, {"id": -0.0}, {"id": 1.0}], contract=UNIQUE)
    assert (result.rows_inserted, result.rows_quarantined) == (1, 2)


def test_a_batch_of_duplicates_keeps_the_stored_rows(lake):
    lake.ingest(OLD)
    write(lake, [GOOD[1], GOOD[1]], "overwrite", contract=UNIQUE)
    assert lake.rows() == ordered(OLD)
    assert quarantined(lake) == [GOOD[1], GOOD[1]]


def test_rows_without_a_referenced_row_are_quarantined(lake):
    lake.named("customers").ingest([{"id": 1}])
    relationships = [{"to": "customers.id"}]
    contract = {"schema": {"customer": {"relationships": relationships}}, "on_violation": "quarantine"}
    rows = [{"id": 1, "customer": 1}, {"id": 2, "customer": 2}, {"id": 3, "customer": None}]
    write(lake, rows, contract=contract)
    assert [row["id"] for row in lake.rows()] == [1, 3]
    assert quarantined(lake) == [rows[1]]
    lake.named("customers").ingest([{"id": 2}])
    replay(lake)
    assert [row["id"] for row in lake.rows()] == [1, 2, 3]


def test_duplicates_of_rows_that_another_writer_commits_are_quarantined(lake, interrupted):
    lake.ingest(OLD)
    late = interrupted(lambda other: other.ingest([GOOD[1]]))
    write(late, [GOOD[1], BAD[0]], contract=UNIQUE)
    assert lake.rows() == ordered([*OLD, GOOD[1], BAD[0]])
    assert quarantined(lake) == [GOOD[1]]


def test_a_duplicate_that_only_remains_because_another_row_is_quarantined_is_quarantined_too(lake):
    lake.ingest([{"id": 1, "email": "a", "amount": 1}])
    contract = {"schema": {"email": {"unique": True}, **STRICT["schema"]}, "on_violation": "quarantine"}
    batch = [{"id": 1, "email": "b", "amount": -1}, {"id": 2, "email": "a", "amount": 1}]
    write(lake, batch, "upsert", contract=contract)
    assert lake.rows() == [{"id": 1, "email": "a", "amount": 1}]
    assert quarantined(lake) == ordered(batch)


def test_the_final_values_of_an_upsert_are_checked(lake):
    lake.ingest([{"id": 1, "low": 1, "high": 5}, {"id": 2, "low": 1, "high": 9}])
    quality = [{"type": "sql", "expression": "low <= high", "name": "ordered"}]
    contract = {"schema": {"low": {}, "high": {}}, "quality": quality, "on_violation": "quarantine"}
    result = write(lake, [{"id": 1, "low": 7}, {"id": 2, "low": 7}], "upsert", contract=contract)
    assert lake.rows() == [{"id": 1, "low": 1, "high": 5}, {"id": 2, "low": 7, "high": 9}]
    assert (quarantined(lake), result.rows_quarantined) == ([{"id": 1, "low": 7}], 1)
