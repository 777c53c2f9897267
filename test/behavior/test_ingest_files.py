"""Ingestion of files: the input formats together with the write contract."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import DatalakeError, IncompatibleColumnError
from datalake_sdk.inputs.options import FileInput
from datalake_sdk.operations import ingest as operations
from datalake_sdk.settings import IngestionMode, IngestionRequest

PADDING = "x" * 200
"""Makes 40,000 rows larger than one block of the reader."""


@pytest.fixture
def ingest(lake, tmp_path):
    def run(content: str, mode: str = "append", keys: tuple[str, ...] = (), plan: bool = False):
        path = tmp_path / "input.csv"
        path.write_text(content, encoding="utf-8")
        request = IngestionRequest(lake.table, IngestionMode(mode), keys)
        operation = operations.plan_ingestion if plan else operations.ingest
        return operation(lake.platform, request, FileInput(str(path)))

    return run


def test_a_string_column_stays_a_string_when_a_file_has_only_digits(lake, ingest):
    ingest("id,zip\n1,00501\n")
    ingest("id,zip\n2,12345\n")
    assert lake.rows() == [{"id": 1, "zip": "00501"}, {"id": 2, "zip": "12345"}]


def test_a_double_column_accepts_integers_of_a_file(lake, ingest):
    ingest("id,price\n1,2.5\n")
    ingest("id,price\n2,3\n")
    assert lake.rows() == [{"id": 1, "price": 2.5}, {"id": 2, "price": 3.0}]


def test_numbers_of_a_file_are_stored_exactly_in_the_types_of_the_table(lake, ingest):
    ingest("id,price\n1,2.5\n")
    ingest("id,price\n2.0,0.1234567890123456\n")
    assert lake.schema() == {"id": "long", "price": "double"}
    assert lake.rows() == [{"id": 1, "price": 2.5}, {"id": 2, "price": 0.1234567890123456}]


def test_a_dry_run_warns_when_the_write_depends_on_values(lake, ingest):
    ingest("id,price\n1,2.5\n")
    assert ingest("id,price\n2,3\n", plan=True).warnings == ()
    (warning,) = ingest("id,price\n2.0,3\n", plan=True).warnings
    assert (
        warning == "column 'id' is long, the input has double: a value that long cannot represent exactly is rejected"
    )


def test_an_incompatible_file_is_rejected_with_column_and_types(lake, ingest):
    ingest("id,price\n1,2\n")
    with pytest.raises(IncompatibleColumnError, match="column 'price' is long, the batch has double"):
        ingest("id,price\n2,3.5\n")
    assert lake.rows() == [{"id": 1, "price": 2}]


def test_types_that_change_late_in_a_file_are_correct_and_leave_no_orphan_files(lake, ingest):
    rows = "".join(f"{number},{number},,{PADDING}\n" for number in range(40_000))
    ingest(f"id,n,late,text\n{rows}7,oops,2.5,\n")
    assert lake.schema() == {"id": "long", "n": "string", "late": "double", "text": "string"}
    table = lake.iceberg().scan().to_arrow()
    assert table.num_rows == 40_001
    assert (table["n"][0].as_py(), table["n"].to_pylist().count("oops"), table["late"].null_count) == ("0", 1, 40_000)
    referenced = lake.iceberg().inspect.all_data_files()["file_path"].to_pylist()
    assert set(referenced) == lake.data_files()


def test_an_error_late_in_a_file_leaves_no_orphan_files(lake, ingest):
    rows = "".join(f"{number},{PADDING}\n" for number in range(40_000))
    with pytest.raises(DatalakeError, match="line 40002"):
        ingest(f"id,text\n{rows}1,2,3\n")
    assert not lake.exists()
    assert not lake.data_files()


def test_a_file_with_only_a_header_changes_nothing_and_logs_a_warning(lake, ingest, caplog):
    result = ingest("id,n\n")
    assert (result.rows_read, result.snapshot_id) == (0, None)
    assert "the batch is empty" in caplog.text


def test_a_plan_lists_the_changes_and_writes_nothing(lake, ingest):
    ingest("id,n\n1,1\n", "upsert", ("id",))
    before = lake.files()
    plan = ingest("ID,Big Name\n1,x\n", "upsert", ("id",), plan=True)
    assert [(column.name, column.type, column.source) for column in plan.columns] == [
        ("id", "long", "ID"),
        ("n", "long", None),
        ("big_name", "string", "Big Name"),
    ]
    assert plan.schema_changes == ("add column big_name string",)
    assert (plan.creates_table, plan.upsert_keys) == (False, ("id",))
    assert lake.files() == before
