"""Fixtures for input tests: they write files and read streams as a writer does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from datalake_sdk.batches import BatchStream, TypesChangedError
from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.text.blocks import BLOCK_SIZE

WriteFile = Callable[[str, str | bytes], str]
ReadFile = Callable[..., pa.Table]


@pytest.fixture(scope="session")
def read_all() -> Callable[[BatchStream], pa.Table]:
    """The function `read_stream`."""
    return read_stream


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    """Writes a file in the test's folder and returns its path."""

    def write(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture(scope="session")
def read_file() -> ReadFile:
    """The function `read_input`."""
    return read_input


def read_input(path: str, block_size: int = BLOCK_SIZE, **options: Any) -> pa.Table:
    """Reads a whole input; starts again once if the inferred types change."""
    return read_stream(open_input(path, InputOptions(**options), block_size))


def read_stream(stream: BatchStream) -> pa.Table:
    """Runs all tasks of a stream."""
    try:
        batches = [task() for task in stream.tasks()]
    except TypesChangedError:
        stream.resolve_types()
        batches = [task() for task in stream.tasks()]
    for batch in batches:
        assert batch.schema == stream.schema
        batch.validate(full=True)
    return pa.Table.from_batches(batches, stream.schema)
