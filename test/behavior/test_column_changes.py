"""Contracts that allow or refuse changes of columns: `evolution` and `on_type_change`."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from datalake_sdk.engine.scan import read_arrow
from datalake_sdk.errors import (
    DeclaredTypeConflictError,
    FrozenColumnsError,
    InexactRewriteError,
    UnrewritableColumnError,
)
from datalake_sdk.table_contract import ColumnConfiguration, Evolution, OnTypeChange, TableConfiguration

pytestmark = pytest.mark.write_contract
SHARED = pytest.mark.not_on_spark("stored rows are rewritten by the same code")


def rewriting(**types):
    columns = {name: ColumnConfiguration(data_type) for name, data_type in types.items()}
    return TableConfiguration(columns=columns, on_type_change=OnTypeChange.REWRITE)


def snapshot_ids(lake):
    return [snapshot.snapshot_id for snapshot in lake.iceberg().metadata.snapshots]


@pytest.mark.parametrize("mode", ["append", "overwrite", "overwrite_partitions", "upsert"])
def test_a_column_gets_its_declared_type_in_the_commit_of_the_write(lake, mode):
    keys = ("id",) if mode == "upsert" else ()
    lake.ingest([{"id": 1, "v": 10, "p": "a"}, {"id": 2, "v": 20, "p": "b"}], partitions=("p",))
    before, versions = snapshot_ids(lake), len(lake.iceberg().metadata.metadata_log)
    lake.ingest([{"id": 2, "v": 2.5, "p": "b"}], mode, keys, configuration=rewriting(v="double"))
    kept = {
        "append": [{"id": 1, "v": 10.0, "p": "a"}, {"id": 2, "v": 2.5, "p": "b"}, {"id": 2, "v": 20.0, "p": "b"}],
        "overwrite": [{"id": 2, "v": 2.5, "p": "b"}],
    }
    assert lake.rows() == kept.get(mode, [{"id": 1, "v": 10.0, "p": "a"}, {"id": 2, "v": 2.5, "p": "b"}])
    assert lake.schema() == {"id": "long", "v": "double", "p": "string"}
    assert len(lake.iceberg().metadata.metadata_log) == versions + 1
    earlier = read_arrow(lake.iceberg(), snapshot_id=before[0]).read_all()
    assert sorted(earlier["v"].to_pylist()) == [10, 20]
    assert earlier.schema.field("v").type == pa.int64()
    assert lake.referenced_files() == lake.data_files()


@SHARED
def test_deleted_rows_and_missing_columns_survive_a_rewrite(lake):
    lake.ingest([{"id": number, "v": number, "s": str(number)} for number in range(3)])
    lake.configure({"write.update.mode": "merge-on-read"})
    lake.upsert([{"id": 1, "v": 5}])
    lake.ingest([{"id": 7, "v": "x"}], configuration=rewriting(v="string"))
    stored = [(0, "0", "0"), (1, "5", "1"), (2, "2", "2"), (7, "x", None)]
    assert lake.rows() == [{"id": key, "v": value, "s": text} for key, value, text in stored]


@SHARED
def test_a_rewritten_column_may_be_an_upsert_key(lake):
    lake.upsert([{"id": 1, "v": 1}, {"id": 2, "v": 2}])
    lake.ingest([{"id": "2", "v": 3}], "upsert", ("id",), configuration=rewriting(id="string"))
    assert lake.rows() == [{"id": "1", "v": 1}, {"id": "2", "v": 3}]


def test_a_value_that_the_declared_type_cannot_hold_is_named(lake):
    lake.ingest([{"v": 1.0}, {"v": 2.5}])
    with pytest.raises(InexactRewriteError, match="column 'v' is double and .* that long cannot hold exactly: 2.5;"):
        lake.ingest([{"v": 3}], configuration=rewriting(v="long"))
    assert lake.rows() == [{"v": 1.0}, {"v": 2.5}]
    assert lake.schema() == {"v": "double"}
    assert lake.referenced_files() == lake.data_files()


@SHARED
def test_a_type_change_without_permission_says_how_to_allow_it(lake):
    lake.ingest([{"v": 1}])
    with pytest.raises(DeclaredTypeConflictError) as caught:
        lake.ingest([{"v": 1.5}], configuration=TableConfiguration(columns={"v": ColumnConfiguration("double")}))
    assert "on_type_change: rewrite" in caught.value.hint


@SHARED
def test_a_partition_key_is_not_rewritten(lake):
    lake.ingest([{"p": 1, "v": 1}], partitions=("p",))
    with pytest.raises(UnrewritableColumnError, match="'p' .*: it is, or was, a partition key"):
        lake.ingest([{"p": "x", "v": 2}], configuration=rewriting(p="string"))


@SHARED
def test_two_columns_change_at_once_and_keep_their_positions(lake):
    lake.ingest([{"a": 1, "b": "2.50", "c": 3}])
    lake.ingest(
        [{"a": "x", "b": Decimal("1.00"), "c": 4, "d": 5}], configuration=rewriting(a="string", b="decimal(9, 2)")
    )
    assert lake.schema() == {"a": "string", "b": "decimal(9, 2)", "c": "long", "d": "long"}
    assert lake.rows() == [
        {"a": "1", "b": Decimal("2.50"), "c": 3, "d": None},
        {"a": "x", "b": Decimal("1.00"), "c": 4, "d": 5},
    ]


def test_a_frozen_table_refuses_new_and_wider_columns(lake):
    frozen = TableConfiguration(columns={"id": ColumnConfiguration("int")}, evolution=Evolution.FREEZE)
    lake.ingest([{"id": 1}], configuration=frozen)
    undeclared = TableConfiguration(evolution=Evolution.FREEZE)
    with pytest.raises(FrozenColumnsError, match="would change column id from int to long, add column note string;"):
        lake.ingest([{"id": 2, "note": "x"}], configuration=undeclared)
    assert lake.rows() == [{"id": 1}]


@SHARED
def test_a_frozen_contract_changes_the_columns_that_it_declares(lake):
    lake.ingest([{"id": 1}])
    columns = {"id": ColumnConfiguration(), "note": ColumnConfiguration("string")}
    lake.ingest([{"id": 2, "note": "x"}], configuration=TableConfiguration(columns=columns, evolution=Evolution.FREEZE))
    assert lake.schema() == {"id": "long", "note": "string"}


def test_rows_of_a_concurrent_commit_are_rewritten_too(lake, interrupted):
    lake.ingest([{"v": 1}])
    late = interrupted(lambda lake: lake.ingest([{"v": 2}]), times=2)
    late.ingest([{"v": 0.5}], configuration=rewriting(v="double"))
    assert lake.rows() == [{"v": 0.5}, {"v": 1.0}, {"v": 2.0}, {"v": 2.0}]
    assert lake.referenced_files() == lake.data_files()


@SHARED
def test_concurrent_writers_may_rewrite_the_same_column(lake, interrupted):
    lake.ingest([{"v": 1}])
    late = interrupted(lambda lake: lake.ingest([{"v": 0.25}], configuration=rewriting(v="double")))
    late.ingest([{"v": 0.5}], configuration=rewriting(v="double"))
    assert lake.rows() == [{"v": 0.25}, {"v": 0.5}, {"v": 1.0}]
    assert lake.referenced_files() == lake.data_files()
