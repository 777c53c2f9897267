"""Loads a dlt source: dlt extracts and normalizes, then each table is written in one commit with the state."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TSchemaContractDict
from dlt.extract import DltResource, DltSource
from pyiceberg.table import Table

from datalake_sdk.dlt_sources.bookmarks import PROPERTY_PREFIX, Bookmark, stored_bookmark
from datalake_sdk.dlt_sources.destination import Lake
from datalake_sdk.dlt_sources.extraction_progress import RowCollector
from datalake_sdk.dlt_sources.failures import source_errors
from datalake_sdk.dlt_sources.files import normalized_rows
from datalake_sdk.dlt_sources.hints import output_from_hints, reject_nested_table
from datalake_sdk.dlt_sources.targets import Targets
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.errors import RepeatedSourceTableError, SourceTypeError
from datalake_sdk.operations.ingest import IngestionResult
from datalake_sdk.settings import EmptyBatch, OutputTable, TableName
from datalake_sdk.temporary_folders import process_folder

logger = logging.getLogger(__name__)

_DATA_TYPE_CONTRACT: TSchemaContractDict = {"data_type": "freeze"}
"""A value of another type is an error; dlt's default stores it in a further column, such as `price__v_text`."""


class WriteTable(Protocol):
    """Writes a table in one commit."""

    def __call__(
        self, table: TableName, output: OutputTable, rows: pa.RecordBatchReader, properties: Mapping[str, str]
    ) -> IngestionResult: ...


@dataclass(frozen=True)
class _SourceTable:
    """Files and schema of a table of one load."""

    name: TableName
    hints: Mapping[str, Any]
    schema: Mapping[str, Any]
    output: OutputTable
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class _Load:
    """All tables of one load, and the state of the pipeline after the extraction."""

    load_id: str
    state: Mapping[str, Any]
    tables: tuple[_SourceTable, ...]

    def properties(self, pipeline_name: str, table: _SourceTable) -> dict[str, str]:
        """Table properties that store the state with the rows of a table."""
        resources = {str(other.name): str(other.hints.get("resource", "")) for other in self.tables if other.paths}
        bookmark = Bookmark(self.load_id, resources, self.state, table.schema)
        return {PROPERTY_PREFIX + pipeline_name: bookmark.property_value(pipeline_name)}


def load(
    source: object,
    name: str,
    targets: Targets,
    write: WriteTable,
    show_extraction: Callable[[], AbstractContextManager[Callable[[int], None] | None]],
) -> dict[TableName, IngestionResult]:
    """Loads all selected resources of a source; see `datalake_sdk.dlt_sources.load_source`."""
    sources = _sources(source)
    stored = targets.stored()
    with _pipeline(name, stored) as pipeline:
        with source_errors(name), show_extraction() as report:
            pipeline.collector = RowCollector(report)
            pipeline.sync_destination()
            pipeline.extract(sources)
            row_counts = pipeline.normalize().row_counts
        found = _load(pipeline, row_counts, _resource_names(sources), targets)
        return _written(found, name, stored, write)


def _written(
    found: _Load, name: str, stored: Mapping[TableName, Table], write: WriteTable
) -> dict[TableName, IngestionResult]:
    results: dict[TableName, IngestionResult] = {}
    try:
        for table in found.tables:
            if table.paths or (table.name in stored and table.output.empty is EmptyBatch.REPLACE):
                rows = _rows(table, stored.get(table.name))
                results[table.name] = write(table.name, table.output, rows, found.properties(name, table))
    except BaseException:
        if results:
            committed = ", ".join(f"{table} ({result.rows_read:,} rows)" for table, result in results.items())
            logger.warning("committed before the failure: %s; the next load continues after these rows", committed)
        raise
    return results


def _sources(source: object) -> list[DltSource | DltResource]:
    sources: list[Any] = list(source) if isinstance(source, Sequence) else [source]
    for item in sources:
        if not isinstance(item, DltSource | DltResource):
            raise SourceTypeError(item)
        if isinstance(item, DltSource) and item.schema_contract is None:
            item.schema_contract = _DATA_TYPE_CONTRACT
        elif isinstance(item, DltResource) and item.schema_contract is None:
            item.apply_hints(schema_contract=_DATA_TYPE_CONTRACT)
    return sources


@contextmanager
def _pipeline(name: str, stored: Mapping[TableName, Table]) -> Iterator[dlt.Pipeline]:
    """A pipeline without files of earlier runs, whose state is in the tables."""
    found = {str(table): stored_bookmark(name, content.properties) for table, content in stored.items()}
    bookmarks = {table: bookmark for table, bookmark in found.items() if bookmark is not None}
    with TemporaryDirectory(prefix="dlt-", dir=process_folder()) as folder:
        pipeline = dlt.pipeline(name, destination=Lake(bookmarks), dataset_name=name, pipelines_dir=folder)
        try:
            yield pipeline
        finally:
            pipeline.deactivate()


def _resource_names(sources: Sequence[DltSource | DltResource]) -> set[str]:
    names: set[str] = set()
    for source in sources:
        names.update(source.selected_resources if isinstance(source, DltSource) else [source.name])
    return names


def _load(pipeline: dlt.Pipeline, rows: Mapping[str, int], resources: Container[str], targets: Targets) -> _Load:
    """Checks the tables of all packages; a list of sources has several.

    Args:
        pipeline: Pipeline after the normalization.
        rows: Number of rows of each table; dlt also writes files without rows.
        resources: Names of the extracted resources.
        targets: Tables that the source may write.
    """
    packages = [pipeline.get_load_package_info(load_id) for load_id in pipeline.list_normalized_load_packages()]
    tables = [table for package in packages for table in _tables(package, rows, resources, targets)]
    repeated = [name for name, count in Counter(table.name for table in tables).items() if count > 1]
    if repeated:
        raise RepeatedSourceTableError(repeated[0])
    state = {name: value for name, value in pipeline.state.items() if name != "_local"}
    return _Load(min((package.load_id for package in packages), key=float, default="0"), state, tuple(tables))


def _tables(
    package: Any, rows: Mapping[str, int], resources: Container[str], targets: Targets
) -> Iterator[_SourceTable]:
    schema = package.schema
    paths: dict[str, list[Path]] = {}
    for job in package.jobs["new_jobs"]:
        if rows.get(job.job_file_info.table_name):
            paths.setdefault(job.job_file_info.table_name, []).append(Path(job.file_path))
    for hints in schema.data_tables(include_incomplete=True):
        files = tuple(sorted(paths.get(hints["name"], ())))
        if files or hints.get("resource") in resources:
            reject_nested_table(hints)
            name = targets.table(hints["name"])
            output = output_from_hints(name, hints, targets.declared(name))
            yield _SourceTable(name, hints, schema.to_dict(), output, files)


def _rows(table: _SourceTable, stored: Table | None) -> pa.RecordBatchReader:
    types = write_schema(stored.schema()) if stored else pa.schema([])
    if not table.paths:
        return types.empty_table().to_reader()
    columns = table.hints.get("columns", {})
    return normalized_rows(str(table.name), table.paths, columns, dict(zip(types.names, types.types, strict=True)))
