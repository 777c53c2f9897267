"""The throw-away lake of tests of tasks."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from datalake_sdk.errors import MixedColumnError, TaskTestError
from datalake_sdk.operations.test_task.lake import TestLake


@pytest.fixture
def lake(tmp_path):
    return TestLake(tmp_path / "lake")


def test_rows_may_have_different_columns(lake):
    lake.write("raw.orders", [{"id": 1}, {"id": 2, "country": "fr"}])
    assert lake.rows("raw.orders") == [{"id": 1, "country": None}, {"id": 2, "country": "fr"}]


def test_integers_may_exceed_64_bits(lake):
    lake.write("raw.orders", [{"id": 2**70}])
    assert lake.rows("raw.orders") == [{"id": 2**70}]


@pytest.mark.parametrize("values", [(1, "x"), (date(2026, 1, 1), datetime(2026, 1, 1, 5))])
def test_a_column_of_values_without_a_common_type_is_an_error(lake, values):
    with pytest.raises(MixedColumnError, match="column 'v' mixes values of several types"):
        lake.write("raw.orders", [{"v": value} for value in values])


@pytest.mark.parametrize("path", ["{folder}/kept", "kept", "s3://inbox/../../kept"])
def test_files_are_only_copied_into_the_lake(lake, tmp_path, path):
    kept, file = tmp_path / "kept", tmp_path / "file"
    kept.write_text("kept")
    file.write_text("new")
    with pytest.raises(TaskTestError, match="must be an s3:// path"):
        lake.add_file(path.format(folder=tmp_path), file)
    assert kept.read_text() == "kept"


def test_a_file_is_copied_to_its_path(lake, tmp_path):
    file = tmp_path / "file"
    file.write_text("new")
    lake.add_file("s3://inbox/orders/file", file)
    assert (lake.root / "inbox/orders/file").read_text() == "new"
