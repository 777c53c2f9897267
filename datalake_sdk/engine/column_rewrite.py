"""Rewrites stored rows for columns whose new type Iceberg cannot promote the stored type to."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.date_range import check_dates
from datalake_sdk.engine.exact_casts import InexactCastError, exact_cast
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.iceberg_internals import remove_uncommitted_manifests
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.reading import DataFileReader
from datalake_sdk.engine.schema import SchemaPlan, write_schema
from datalake_sdk.engine.staging import RowsTask, StagingArea
from datalake_sdk.engine.types import format_type, iceberg_type
from datalake_sdk.engine.write_transaction import ConflictError, WriteTransaction
from datalake_sdk.errors import DatalakeError, InexactRewriteError, UnknownCommitStateError

logger = logging.getLogger(__name__)

_NEVER_MERGE_MANIFESTS = 1 << 30


class ColumnRewrites:
    """Rewrites the data files of a table for its changed columns; the files are reused after a conflict.

    Args:
        staging: Owner of the files until a commit refers to them.
    """

    def __init__(self, staging: StagingArea) -> None:
        self._staging = staging
        self._written_for: tuple[Schema, PartitionSpec] | None = None
        self._written: dict[tuple[str, frozenset[str]], list[DataFile]] = {}

    @contextmanager
    def staged(self, transaction: WriteTransaction, plan: SchemaPlan) -> Iterator[WriteTransaction]:
        """Stages a snapshot with the rewritten rows, which the commit adds before the write's own snapshot.

        Args:
            transaction: Transaction of the write.
            plan: Columns after the write; without rewritten columns, nothing is staged.

        Yields:
            The transaction, based on the rewritten table.

        Raises:
            InexactRewriteError: The new type cannot represent a stored value.
        """
        base = transaction.base
        if base is None or not plan.rewritten or base.current_snapshot() is None:
            yield transaction
            return
        tasks = list(plan_files(base))
        files = self._rewritten(base, transaction, tasks)
        removed = [file for task in tasks for file in (task.file, *task.delete_files)]
        snapshot = transaction.stage_replace(files, removed, {}, _NEVER_MERGE_MANIFESTS)
        paths = [file.file_path for file in files]
        try:
            yield _based_on_rewritten(transaction, base, paths)
        except UnknownCommitStateError:
            raise
        except (ConflictError, DatalakeError):
            remove_uncommitted_manifests(snapshot.producer)
            raise

    def _rewritten(self, base: Table, transaction: WriteTransaction, tasks: Sequence[FileScanTask]) -> list[DataFile]:
        wanted = transaction.schema, transaction.spec
        if self._written_for != wanted:
            self._written_for, self._written = wanted, {}
        logger.info("%s: rewriting %d files for columns with a new type", transaction.name, len(tasks))
        layout = FileLayout(transaction.name, transaction.io, transaction.metadata)
        files: list[DataFile] = []
        for task in tasks:
            source = task.file.file_path, frozenset(file.file_path for file in task.delete_files)
            if source not in self._written:
                self._written[source] = self._rewrite(base, layout, task)
            files.extend(self._written[source])
        return files

    def _rewrite(self, base: Table, layout: FileLayout, task: FileScanTask) -> list[DataFile]:
        stored = DataFileReader(base, task).rows_without(np.empty(0, dtype=np.int64), write_schema(base.schema()))
        tasks: Iterator[RowsTask] = (partial(_cast_rows, layout.table, rows, layout.schema) for rows in stored)
        partitioner = Partitioner(layout.metadata.spec(), layout.metadata.schema())
        return [file.data_file for file in write_files(self._staging, tasks, layout, partitioner)]


def _based_on_rewritten(transaction: WriteTransaction, base: Table, paths: Sequence[str]) -> WriteTransaction:
    metadata = transaction.iceberg_transaction.table_metadata
    rewritten = Table(base.name(), metadata, base.metadata_location, base.io, base.catalog, base.config)
    return replace(transaction, base=rewritten, metadata=metadata, rewritten_paths=tuple(paths))


def _cast_rows(table: str, stored: RowsTask, schema: pa.Schema) -> pa.Table:
    rows = stored()
    columns = []
    for field in schema:
        if field.name in rows.column_names:
            chunks = [_cast(table, field, chunk) for chunk in rows[field.name].chunks]
            columns.append(pa.chunked_array(chunks, field.type))
        else:
            columns.append(pa.chunked_array([pa.nulls(rows.num_rows, field.type)]))
    return pa.Table.from_arrays(columns, schema=schema)


def _cast(table: str, field: pa.Field, values: pa.Array) -> pa.Array:
    try:
        cast = exact_cast(values, field.type)
    except InexactCastError as error:
        stored, declared = (format_type(iceberg_type(table, field.name, each)) for each in (values.type, field.type))
        raise InexactRewriteError(table, field.name, stored, declared, error.examples) from None
    check_dates(table, field.name, cast)
    return cast
