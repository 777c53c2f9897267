"""Planning reads only the manifests and the data files that may have rows with the keys of a batch."""

from __future__ import annotations

import datetime
import decimal
import math
import struct
import uuid
from pathlib import Path

import pyarrow as pa
import pytest

from datalake_sdk.engine.key_filter import KeyFilter
from datalake_sdk.engine.keys import index_keys
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.table_properties import AUTOMATIC_MAINTENANCE, MERGE_MODE
from datalake_sdk.operations.query import query
from test.behavior.lake import Lake

DAYS = [datetime.date(2024, 1, day) for day in range(1, 6)]
VALUES = {
    "long": [3, -(2**40), 7],
    "text": ["b", "", "ä" * 20],
    "date": [datetime.date(2024, 2, 29), datetime.date(1969, 12, 31), datetime.date(2030, 1, 1)],
    "timestamp": [datetime.datetime(2024, 1, 1, 0, 0, second, 250) for second in range(3)],
    "decimal": [decimal.Decimal("1.10"), decimal.Decimal("-0.01"), decimal.Decimal("99999.99")],
    "double": [0.1, -1.5, float("inf")],
    "binary": [b"", b"\x00", b"b" * 20],
    "uuid": [uuid.UUID(int=number) for number in (1, 2**127, 0)],
    "flag": [True, False, True],
}
TRANSFORMS = {
    "long": ["bucket(16, {})", "truncate(4, {})"],
    "text": ["bucket(16, {})", "truncate(4, {})"],
    "date": ["month({})", "bucket(16, {})"],
    "timestamp": ["hour({})"],
    "decimal": ["truncate(4, {})", "bucket(16, {})"],
}
PARTITIONS = [(name, "{}") for name in VALUES] + [(name, key) for name, keys in TRANSFORMS.items() for key in keys]


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def row(number: int, value: str = "old"):
    return {
        "id": number,
        "day": DAYS[number],
        "ts": datetime.datetime.combine(DAYS[number], datetime.time(12)),
        "v": value,
    }


def append_each(lake: Lake, partition_key: str | None) -> dict[int, str]:
    """Appends each row in a commit of its own, and returns the manifest of each row."""
    keys = None if partition_key is None else (partition_key,)
    for number in range(len(DAYS)):
        lake.ingest([row(number)], partitions=keys)
        if number == 0:
            lake.configure({AUTOMATIC_MAINTENANCE.name: "false"})
    numbers = {snapshot.snapshot_id: number for number, snapshot in enumerate(lake.iceberg().metadata.snapshots)}
    table = lake.iceberg()
    manifests = table.current_snapshot().manifests(table.io)
    return {numbers[manifest.added_snapshot_id]: manifest.manifest_path for manifest in manifests}


def remove(location: str) -> None:
    Path(location.removeprefix("file://")).unlink()


@pytest.mark.parametrize("mode", ["copy-on-write", "merge-on-read"])
@pytest.mark.parametrize(
    ("partition_key", "keys"),
    [("day", ("id", "day")), ("day(ts)", ("ts",)), ("bucket(64, id)", ("id",))],
)
def test_an_upsert_does_not_read_manifests_of_other_partitions(lake, partition_key, keys, mode):
    written = append_each(lake, partition_key)
    lake.configure({MERGE_MODE.name: mode})
    for number in (0, 1, 3, 4):
        remove(written[number])
    result = lake.upsert([row(2, "new")], keys)
    assert (result.rows_updated, result.rows_inserted) == (1, 0)


@pytest.mark.parametrize("partition_key", ["day", "day(ts)", "bucket(64, id)"])
def test_an_overwrite_of_a_partition_does_not_read_manifests_of_others(lake, partition_key):
    written = append_each(lake, partition_key)
    for number in (0, 1, 3, 4):
        remove(written[number])
    assert lake.ingest([row(2, "new")], "overwrite_partitions").rows_deleted == 1


def test_an_upsert_does_not_read_files_between_its_keys(lake):
    append_each(lake, None)
    for task in plan_files(lake.iceberg()):
        if task.file.lower_bounds[1] == (2).to_bytes(8, "little"):
            remove(task.file.file_path)
    assert lake.upsert([row(0, "new"), row(4, "new")], ("id",)).rows_updated == 2


def test_an_upsert_without_the_partition_column_finds_rows_in_every_partition(lake):
    append_each(lake, "day")
    result = lake.upsert([row(3, "new") | {"day": DAYS[0]}], ("id",))
    assert (result.rows_updated, len(lake.rows())) == (1, len(DAYS))


@pytest.mark.parametrize(("name", "partition_key"), PARTITIONS)
def test_rows_are_found_by_keys_that_determine_their_partition(lake, name, partition_key):
    stays, updated, inserted = ({name: value, "id": number} for number, value in enumerate(VALUES[name]))
    lake.ingest([stays | {"v": "stays"}, updated | {"v": "old"}], partitions=(partition_key.format(name),))
    result = lake.upsert([updated | {"v": "new"}, inserted | {"v": "new"}], (name, "id"))
    assert (result.rows_updated, result.rows_inserted) == (1, 1)
    assert sorted(each["v"] for each in lake.rows()) == ["new", "new", "stays"]


def test_files_with_nan_as_a_bound_may_have_any_key(lake):
    lake.ingest([{"x": 1.0}])
    (task,) = plan_files(lake.iceberg())
    task.file.upper_bounds[1] = struct.pack("<d", math.nan)
    keys = index_keys("orders", pa.table({"x": [5.0]}))
    assert KeyFilter(lake.iceberg(), keys).may_match(task.file)


def test_rows_are_found_after_the_partition_keys_and_the_type_of_a_key_change(lake):
    lake.ingest([{"id": 1, "part": 1, "v": "old"}], partitions=("part",))
    lake.ingest([{"id": 2, "part": 1, "v": "old"}], partitions=("bucket(4, part)",))
    result = lake.upsert([{"id": 1, "part": 1, "v": "new"}, {"id": 2, "part": 1, "v": "new"}], ("part", "id"))
    assert (result.rows_updated, len(lake.rows())) == (2, 2)


def files_of(lake: Lake, number: int) -> list[str]:
    lower = number.to_bytes(8, "little")
    return [task.file.file_path for task in plan_files(lake.iceberg()) if task.file.lower_bounds[1] == lower]


SELECTED = {
    "id = 2": [2],
    "2 = id": [2],
    "id BETWEEN 1 AND 2": [1, 2],
    "id IN (1, 3)": [1, 3],
    "id > 2 AND (id <= 3 AND v = 'old')": [3],
    "day = DATE '2024-01-03'": [2],
    "o.ts >= TIMESTAMP '2024-01-04 12:00:00'": [3, 4],
    "v < 'a'": [],
}
"""Conditions, and the numbers of the rows in the files that are read."""


@pytest.mark.parametrize("condition", SELECTED)
@pytest.mark.parametrize("partition_key", [None, "day(ts)"])
def test_a_query_does_not_read_files_that_its_condition_excludes(lake, partition_key, condition):
    append_each(lake, partition_key)
    for number in set(range(len(DAYS))).difference(SELECTED[condition]):
        for location in files_of(lake, number):
            remove(location)
    rows = query(lake.platform, f"SELECT id FROM dev_sales.orders AS o WHERE {condition}").read_all()
    assert sorted(rows["id"].to_pylist()) == SELECTED[condition]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM {t} WHERE id = 1 OR day > DATE '2000-01-01'",
        "SELECT count(*) FROM {t} WHERE NOT id = 9",
        "SELECT count(*) FROM {t} WHERE coalesce(id, 9) < 9 AND id + 1 > 0 AND id <> 9 AND id > -1",
        "SELECT count(*) FROM {t} WHERE v IN (SELECT v FROM {t} WHERE id = 1)",
        "SELECT count(*) FROM {t} AS a LEFT JOIN (SELECT * FROM {t} WHERE id = 1) AS b ON a.id = b.id",
        "SELECT count(*) FROM {t} AS a, {t} AS b WHERE a.id = 1 AND b.id >= 0",
        "SELECT count(*) FROM {t} AS a FULL JOIN {t} AS b ON a.id = b.id AND b.id = 1 WHERE a.id >= 0",
        "WITH one AS (SELECT * FROM {t} WHERE id = 1) SELECT 4 + count(*) FROM one",
        "SELECT count(*) FROM (SELECT id + 1 AS id FROM {t}) WHERE id >= 1",
    ],
)
def test_conditions_do_not_exclude_rows_that_a_query_uses(lake, statement):
    append_each(lake, "day")
    (count,) = query(lake.platform, statement.format(t="dev_sales.orders")).read_all().columns[0].to_pylist()
    assert count == len(DAYS)


def test_a_query_of_an_earlier_snapshot_uses_the_columns_of_that_snapshot(lake):
    append_each(lake, "day")
    before = lake.iceberg().current_snapshot().snapshot_id
    with lake.iceberg().update_schema() as update:
        update.rename_column("id", "number").rename_column("v", "id")
    statement = f"SELECT v FROM dev_sales.orders FOR VERSION AS OF {before} WHERE id = 1"
    assert query(lake.platform, statement).read_all()["v"].to_pylist() == ["old"]
