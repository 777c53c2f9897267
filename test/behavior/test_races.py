"""Eight processes write to one table at once; a longer form is `python -m benchmark.races --rounds 50`."""

from __future__ import annotations

import pytest

from benchmark.races import WRITERS, race, writers_pool


@pytest.fixture(scope="module")
def pool():
    with writers_pool() as pool:
        yield pool


def test_writers_that_create_a_table_together_lose_and_double_nothing(pool, tmp_path):
    ends = race(pool, tmp_path / "lake", commits=3, merge_on_read=False)
    assert ends["conflicts"] > 0
    assert ends["written"] == 3 * (len(WRITERS) - 2) + 1


def test_writers_that_mark_rows_together_lose_and_double_nothing(pool, tmp_path):
    ends = race(pool, tmp_path / "lake", commits=3, merge_on_read=True)
    assert ends["conflicts"] > 0
    assert ends["written"] == 3 * (len(WRITERS) - 2) + 1
