"""Eight processes write to one table concurrently; `python -m benchmark.races --rounds 50` runs longer."""

from __future__ import annotations

import pytest

from benchmark.races import WRITERS, race, writers_pool


@pytest.fixture
def pool(lake):
    """One process per writer, which uses the same lake as this process."""
    with writers_pool() as pool:
        yield pool


@pytest.mark.parametrize("merge_on_read", [False, True], ids=["copy-on-write", "merge-on-read"])
def test_concurrent_writers_lose_and_duplicate_no_rows(lake, pool, merge_on_read):
    results = race(pool, lake.local_root, commits=2, merge_on_read=merge_on_read)
    assert results["conflicts"] > 0
    assert results["written"] == 2 * (len(WRITERS) - 2) + 1
