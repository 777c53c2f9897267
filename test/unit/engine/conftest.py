"""Measures the memory of writes."""

from __future__ import annotations

import gc

import pyarrow as pa
import pytest

from datalake_sdk.engine import partitioned_files, staging


@pytest.fixture
def pool():
    """The memory pool of Arrow, with statistics of this test."""
    before = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(before)
    pa.set_memory_pool(pool)
    yield pool
    gc.collect()
    pa.set_memory_pool(before)


@pytest.fixture
def small_budgets(monkeypatch):
    """Budgets of a sixteenth of the usual ones, so that little data exceeds them."""
    for module, names in (
        (staging, ("_MAX_ROW_GROUP_BYTES", "_BUFFERED_BYTES", "_MIN_ROW_GROUP_BYTES")),
        (partitioned_files, ("_MAX_CHUNK_BYTES", "_CHUNKS_BYTES", "_MIN_CHUNK_BYTES", "_HELD_BYTES")),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name) // 16)
