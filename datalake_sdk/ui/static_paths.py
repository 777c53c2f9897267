"""Paths of the pages of a static site: those that need no query and show no rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.catalog import CatalogTable
from datalake_sdk.ui.page import Path
from datalake_sdk.ui.pages import runs, table
from datalake_sdk.ui.pages.lineage import path_of
from datalake_sdk.ui.pages.paging import list_path, page_count
from datalake_sdk.ui.reader import LakeReader

_RUN_PAGES = 10


def static_paths(reader: LakeReader) -> Iterator[Path]:
    """Yields the paths of all tables with their latest changes, of pipelines, and of the latest runs: ten lists."""
    names = reader.tables()
    yield from _list_paths((), len(names))
    for database, count in sorted(Counter(each.database for each in names).items()):
        yield from _list_paths(("databases", database), count)
    for each in names:
        yield from _table_paths(reader, each)
    yield from _lineage_paths(reader)
    yield from _run_paths(reader)
    yield ("cost",)
    yield ("everything",)


def _list_paths(base: Path, total: int) -> Iterator[Path]:
    for number in range(1, page_count(total) + 1):
        yield list_path(base, number)


def _table_paths(reader: LakeReader, named: CatalogTable) -> Iterator[Path]:
    path: Path = ("tables", str(named))
    yield path
    yield (*path, "files")
    with suppress(DatalakeError):
        for snapshot in table.compared_snapshots(reader.describe(named, reads_files=False).described):
            yield (*path, "snapshots", str(snapshot))


def _lineage_paths(reader: LakeReader) -> Iterator[Path]:
    yield ("lineage",)
    nodes = reader.lineage().nodes.values()
    names = {str(each) for each in reader.tables()}
    yield from (("lineage", name) for name in sorted(names | {path_of(node)[1] for node in nodes if path_of(node)}))


def _run_paths(reader: LakeReader) -> Iterator[Path]:
    before = ""
    for _ in range(_RUN_PAGES):
        yield runs.runs_path(before)
        model: runs.RunsModel = runs.runs_page(reader, before, {}).model
        yield from (("runs", row.position) for row in model.rows)
        before = model.next
        if not before:
            break
    yield ("pipelines",)
    yield from (("pipelines", name) for name in reader.recent_runs().by_pipeline)
