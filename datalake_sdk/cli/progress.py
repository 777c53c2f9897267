"""The progress bar of an ingestion, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalake_sdk.engine.writer import Progress
    from datalake_sdk.operations.migration.plan import TableMigration


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


@contextmanager
def migration_progress(migrations: Sequence[TableMigration]) -> Iterator[Callable[[TableMigration, int], None]]:
    """Draws tables and rows while the block runs, where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda migration, rows: None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tables = bar.add_task("tables", total=len(migrations))
        rows = bar.add_task("rows", total=sum(migration.rows for migration in migrations))

        def advance(migration: TableMigration, written: int) -> None:
            bar.update(tables, completed=migrations.index(migration))
            bar.update(rows, advance=written, description=str(migration.target))

        yield advance
