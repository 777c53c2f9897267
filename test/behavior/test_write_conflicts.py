"""If another writer commits between the plan and the commit of a write, no rows are lost or duplicated."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.engine.table_definitions import apply_definition
from datalake_sdk.engine.write_transaction import LoadedTable
from datalake_sdk.errors import CommitConflictError, ContractViolatedError, IncompatibleColumnError
from datalake_sdk.operations.ingest import target_of
from datalake_sdk.operations.maintain_table import native_writer
from datalake_sdk.settings import IngestionMode, IngestionRequest

pytestmark = pytest.mark.write_contract


def order(number, status="new"):
    return {"id": number, "status": status}


def test_concurrent_appends_are_both_committed(lake, interrupted):
    lake.ingest([order(1)])
    interrupted(lambda lake: lake.ingest([order(2)])).ingest([order(3)])
    assert lake.rows() == [order(1), order(2), order(3)]


def test_a_write_with_a_table_that_was_loaded_before_a_commit_keeps_its_rows(lake):
    lake.upsert([order(1)])
    request = IngestionRequest(lake.table, IngestionMode.UPSERT, upsert_keys=("id",))
    target = replace(target_of(lake.platform, request), loaded=LoadedTable(lake.iceberg()))
    lake.upsert([order(2, "other"), order(3, "other")])
    native_writer(lake.platform).write(target, pa.Table.from_pylist([order(1, "mine"), order(2, "mine")]))
    assert lake.rows() == [order(1, "mine"), order(2, "mine"), order(3, "other")]


def test_an_upsert_updates_rows_of_a_concurrent_commit(lake, interrupted):
    lake.ingest([order(1)])
    late = interrupted(lambda lake: lake.ingest([order(2, "other")]))
    result = late.upsert([order(1, "mine"), order(2, "mine")])
    assert lake.rows() == [order(1, "mine"), order(2, "mine")]
    assert (result.rows_updated, result.rows_inserted) == (2, 0)


def test_concurrent_upserts_of_one_key_leave_one_row(lake, interrupted):
    lake.upsert([order(1)])
    interrupted(lambda lake: lake.upsert([order(1, "other")])).upsert([order(1, "mine")])
    assert lake.rows() == [order(1, "mine")]


def test_deletions_apply_to_rows_of_a_concurrent_commit(lake, interrupted):
    lake.ingest(pa.table({"id": pa.array([1, 3], pa.int32()), "status": ["new"] * 2}))
    wide = pa.table({"id": pa.array([1, 2, 2**40]), "status": ["other"] * 3})
    late = interrupted(lambda lake: lake.ingest(wide))
    changes = pa.table({"id": pa.array([1, 3, 2], pa.int32()), "status": ["mine"] * 3, "gone": [True, False, True]})
    result = late.ingest(changes, "upsert", ("id",), delete_when="gone")
    assert lake.rows() == [order(2**40, "other"), order(3, "mine")]
    assert (result.rows_updated, result.rows_deleted) == (1, 3)


def test_declared_partitions_include_rows_of_a_concurrent_commit(lake, interrupted):
    lake.ingest([order(1, "a"), order(2, "b")], partitions=("status",))
    late = interrupted(lambda lake: lake.ingest([order(3, "a"), order(4, "b")]))
    late.write(lake.arrow().slice(0, 0), IngestionMode.OVERWRITE_PARTITIONS, partitions={"status": ("a",)})
    assert lake.rows() == [order(2, "b"), order(4, "b")]


def test_an_overwrite_replaces_rows_of_a_concurrent_commit(lake, interrupted):
    lake.ingest([order(1)])
    interrupted(lambda lake: lake.ingest([order(2)])).ingest([order(3)], "overwrite")
    assert lake.rows() == [order(3)]


@pytest.mark.parametrize("mode", ["overwrite", "append", "upsert"])
def test_a_table_created_concurrently_is_written_to(lake, interrupted, mode):
    late = interrupted(lambda lake: lake.ingest([order(1)]))
    late.ingest([order(2)], mode, ("id",))
    assert lake.rows() == ([order(2)] if mode == "overwrite" else [order(1), order(2)])


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_numbers_are_stored_by_value_in_a_table_created_concurrently(lake, interrupted, mode):
    interrupted(lambda lake: lake.ingest([order(1)])).ingest([order(1.0), order(2.0)], mode, ("id",))
    assert [row["id"] for row in lake.rows()] == ([1, 2] if mode == "upsert" else [1, 1, 2])
    assert lake.schema()["id"] == "long"


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_an_incompatible_value_for_a_table_created_concurrently_leaves_no_files(lake, interrupted, mode):
    with pytest.raises(IncompatibleColumnError, match="exactly: 2.5"):
        interrupted(lambda lake: lake.ingest([order(1)])).ingest([order(2.5)], mode, ("id",))
    assert lake.rows() == [order(1)]
    assert lake.referenced_files() == lake.data_files()


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_staged_files_are_rewritten_if_a_concurrent_commit_took_their_field_ids(lake, interrupted, mode):
    lake.ingest([order(1)])
    late = interrupted(lambda lake: lake.ingest([order(2) | {"theirs": "x"}]))
    late.ingest([order(3) | {"mine": 7}], mode, ("id",))
    assert lake.rows() == [
        order(1) | {"theirs": None, "mine": None},
        order(2) | {"theirs": "x", "mine": None},
        order(3) | {"theirs": None, "mine": 7},
    ]


def test_staged_files_are_rewritten_if_a_concurrent_commit_changes_the_partition_spec(lake, interrupted):
    lake.ingest([order(1)])
    late = interrupted(lambda lake: lake.ingest([order(2)], partitions=("status",)))
    late.upsert([order(2, "paid"), order(3, "sent")])
    assert lake.rows() == [order(1), order(2, "paid"), order(3, "sent")]
    files = [task.file for task in lake.iceberg().scan().plan_files()]
    assert {file.partition[0] for file in files if file.spec_id == 1} == {"paid", "sent"}


def test_concurrent_writes_with_one_ingestion_id_are_committed_once(lake, interrupted):
    lake.ingest([order(1)])
    late = interrupted(lambda lake: lake.ingest([order(2)], ingestion_id="run-1"))
    assert late.ingest([order(2)], ingestion_id="run-1").skipped
    assert lake.rows() == [order(1), order(2)]


def test_files_of_failed_commit_attempts_are_removed(lake, interrupted):
    lake.ingest([order(1), order(2)])
    interrupted(lambda lake: lake.ingest([order(3)]), times=3).upsert([order(2, "paid")])
    assert lake.referenced_files() == lake.data_files()


def test_a_writer_that_always_conflicts_fails_with_a_transient_error(lake, interrupted, monkeypatch):
    monkeypatch.setattr("datalake_sdk.engine.commit_loop._MAX_ATTEMPTS", 4)
    monkeypatch.setattr("datalake_sdk.engine.commit_loop._MAX_BACKOFF_SECONDS", 0)
    monkeypatch.setattr("datalake_sdk.engine.commit_loop._INITIAL_BACKOFF_SECONDS", 0)
    lake.ingest([order(1)])
    late = interrupted(lambda lake: lake.ingest([order(2)]), times=1000)
    with pytest.raises(CommitConflictError, match="during each of 4 commit attempts"):
        late.ingest([order(3)])
    assert order(3) not in lake.rows()


POSITIVE = parse_table("contract", {"schema": {"id": {"logicalTypeOptions": {"minimum": 0}}}})


def apply_contract(lake):
    request = IngestionRequest(lake.table, configuration=POSITIVE)
    return apply_definition(lake.platform.catalog, target_of(lake.platform, request))


def test_a_write_is_checked_against_a_contract_that_is_stored_concurrently(lake, interrupted):
    lake.ingest([order(1)])
    late = interrupted(apply_contract)
    with pytest.raises(ContractViolatedError, match="id.minimum"):
        late.ingest([order(-2)])
    assert lake.rows() == [order(1)]


@pytest.mark.not_on_spark("the native engine applies contracts")
def test_a_contract_is_checked_on_the_rows_of_a_concurrent_commit(lake, interrupted):
    lake.ingest([order(1)])
    late = interrupted(lambda lake: lake.ingest([order(-2)]))
    with pytest.raises(ContractViolatedError, match="id.minimum"):
        apply_contract(late)
    lake.ingest([order(-3)])
