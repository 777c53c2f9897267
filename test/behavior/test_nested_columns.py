"""The write contract: columns that hold structs, lists and maps."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from datalake_sdk.errors import AmbiguousFieldsError, UnnamedFieldError
from datalake_sdk.operations.query import query

pytestmark = pytest.mark.write_contract

AMBIGUOUS = pa.struct({"OS": pa.string(), "os": pa.string()})
UNNAMED = pa.struct({"": pa.string(), "a": pa.string()})


def nested_at(depth: str, struct: pa.DataType) -> pa.DataType:
    return {
        "e": struct,
        "e.inner": pa.struct({"inner": struct}),
        "e.element": pa.list_(struct),
        "e.value": pa.map_(pa.string(), struct),
        "e.key": pa.map_(struct, pa.string()),
        "e.element.value.inner": pa.list_(pa.map_(pa.string(), pa.struct({"inner": struct}))),
    }[depth]


@pytest.mark.parametrize("path", ["e", "e.inner", "e.element", "e.value", "e.key", "e.element.value.inner"])
def test_fields_that_no_engine_tells_apart_are_refused_with_their_path(lake, path):
    for struct, error in ((AMBIGUOUS, AmbiguousFieldsError), (UNNAMED, UnnamedFieldError)):
        with pytest.raises(error, match=f"'{path}'"):
            lake.ingest(pa.table({"e": pa.nulls(1, nested_at(path, struct))}))
    assert not lake.exists()


def test_a_later_field_that_differs_only_in_case_is_refused(lake):
    lake.ingest([{"e": [{"OS": "linux"}]}])
    with pytest.raises(AmbiguousFieldsError, match="fields 'OS', 'os' of 'e.element' differ only in case"):
        lake.ingest([{"e": [{"os": "bsd"}]}])
    assert lake.rows() == [{"e": [{"OS": "linux"}]}]


LATER = {"e": {"info": "x", "at": datetime(2024, 1, 2), "deep": {"n": 5}}, "l": [{"a": 1, "b": [7]}]}
STRUCT_QUERIES = {
    "SELECT id, e.info, e.deep.n, year(e.at) AS y FROM dev_sales.orders": [(1, None, None, None), (2, "x", 5, 2024)],
    "SELECT e.deep.n, id FROM dev_sales.orders WHERE e.deep.n IS NOT NULL": [(5, 2)],
    "SELECT upper(e.info) AS info, l[1].b[1] AS b, id FROM dev_sales.orders": [("X", 7, 2), (None, None, 1)],
}


@pytest.mark.parametrize(
    "first",
    [
        {"id": 1},
        {"id": 1, "e": {"at": None}, "l": [{"a": None}]},
    ],
    ids=["columns", "fields"],
)
def test_structs_added_by_a_later_write_are_read_over_old_and_new_files(lake, first):
    types = {"e": pa.struct({"at": pa.timestamp("us")}), "l": pa.list_(pa.struct({"a": pa.int64()}))}
    lake.ingest(
        pa.Table.from_pylist([first], pa.schema([("id", pa.int64()), *((n, types[n]) for n in first if n in types)]))
    )
    lake.ingest([{**LATER, "id": 2}])
    for sql, rows in STRUCT_QUERIES.items():
        found = query(lake.platform, sql).read_all().to_pylist()
        assert sorted((tuple(row.values()) for row in found), key=repr) == sorted(rows, key=repr)
