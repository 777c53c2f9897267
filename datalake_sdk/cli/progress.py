"""The progress bar of an ingestion, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalake_sdk.operations.ingest import Progress


@contextmanager
def ingestion_progress() -> Iterator[Callable[[Progress], None] | None]:
    """Draws bytes and rows while the block runs; gives None where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.BarColumn(),
        progress.DownloadColumn(binary_units=True),
        progress.TextColumn("{task.fields[rows]:,} rows"),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, rows=0)
        yield lambda state: bar.update(task, completed=state.bytes_read, total=state.total_bytes, rows=state.rows)
