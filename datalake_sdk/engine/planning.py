"""Plans which data files a scan reads, one manifest after another, without the manifests that cannot match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.io import FileIO
from pyiceberg.manifest import (
    DATA_FILE_TYPE,
    DEFAULT_READ_VERSION,
    INITIAL_SEQUENCE_NUMBER,
    DataFile,
    DataFileContent,
    ManifestContent,
    ManifestEntry,
    ManifestFile,
)
from pyiceberg.table import FileScanTask, Table
from pyiceberg.table.delete_file_index import DeleteFileIndex
from pyiceberg.types import MapType

from datalake_sdk.engine.locations import is_local
from datalake_sdk.engine.partition_filter import PartitionFilter
from datalake_sdk.errors import EqualityDeletesError
from datalake_sdk.parallel import in_order

_READ_AHEAD = 8
"""Manifests to read at the same time: object storage answers each request after some 50 ms. Decoding takes one core."""
_STATISTICS = [
    position
    for position, field in enumerate(DATA_FILE_TYPE[DEFAULT_READ_VERSION].fields)
    if isinstance(field.field_type, MapType)
]
"""Positions of the column sizes, counts and bounds in a data file."""


class FileFilter(Protocol):
    """Selects the files to plan."""

    def partitions(self, spec_id: int) -> PartitionFilter:
        """The partitions of a spec that may match."""

    def may_match(self, file: DataFile) -> bool:
        """Whether a data file may match, according to its statistics."""


def plan_files(
    table: Table,
    snapshot_id: int | None = None,
    chosen: FileFilter | None = None,
    *,
    with_statistics: bool = True,
) -> Iterator[FileScanTask]:
    """Plans the live data files of a snapshot, each with the delete files that apply to it.

    Args:
        table: The table.
        snapshot_id: Snapshot to plan; None plans the current one.
        chosen: Selects the files; None selects all.
        with_statistics: Whether data files keep the statistics of their columns, most of the memory that they take.

    Raises:
        EqualityDeletesError: The files have equality deletes.
    """
    manifests = _manifests(table, snapshot_id, chosen)
    data = [manifest for manifest in manifests if manifest.content == ManifestContent.DATA]
    deletes = _deletes(table, manifests, data, chosen)
    for entries in _read(table.io, data, chosen):
        for entry in entries:
            file, sequence = entry.data_file, entry.sequence_number or INITIAL_SEQUENCE_NUMBER
            if not with_statistics:
                _drop_statistics(file)
            yield FileScanTask(file, deletes.for_data_file(sequence, file, file.partition))


def plan_matching(
    table: Table, row_filter: BooleanExpression, snapshot_id: int | None = None, *, with_statistics: bool = True
) -> list[FileScanTask]:
    """Plans the data files that may have rows for which a condition is true.

    Args:
        table: The table.
        row_filter: Condition on columns of the current schema.
        snapshot_id: Snapshot to plan; None plans the current one.
        with_statistics: Whether files keep the statistics of their columns if there is no condition.

    Raises:
        EqualityDeletesError: The files have equality deletes.
    """
    if isinstance(row_filter, AlwaysTrue):
        return list(plan_files(table, snapshot_id, with_statistics=with_statistics))
    try:
        return list(table.scan(row_filter=row_filter, snapshot_id=snapshot_id).plan_files())
    except ValueError as error:
        if "equality deletes" in str(error):
            raise EqualityDeletesError(".".join(table.name())) from error
        raise


def _drop_statistics(file: DataFile) -> None:
    for position in _STATISTICS:
        file[position] = None


def _manifests(table: Table, snapshot_id: int | None, chosen: FileFilter | None) -> list[ManifestFile]:
    snapshot = table.current_snapshot() if snapshot_id is None else table.snapshot_by_id(snapshot_id)
    manifests = snapshot.manifests(table.io) if snapshot else []
    return [
        manifest
        for manifest in manifests
        if (manifest.has_added_files() or manifest.has_existing_files())
        and (chosen is None or chosen.partitions(manifest.partition_spec_id).may_contain(manifest))
    ]


def _deletes(
    table: Table, manifests: Iterable[ManifestFile], data: Sequence[ManifestFile], chosen: FileFilter | None
) -> DeleteFileIndex:
    # Deletes apply to files with the same or a lower sequence number: https://iceberg.apache.org/spec/#scan-planning
    oldest = min((manifest.min_sequence_number or INITIAL_SEQUENCE_NUMBER for manifest in data), default=0)
    applicable = [
        manifest
        for manifest in manifests
        if data and manifest.content == ManifestContent.DELETES and (manifest.sequence_number or 0) >= oldest
    ]
    index = DeleteFileIndex()
    for entries in _read(table.io, applicable, chosen):
        for entry in entries:
            if entry.data_file.content == DataFileContent.EQUALITY_DELETES:
                raise EqualityDeletesError(".".join(table.name()))
            index.add_delete_file(entry, entry.data_file.partition)
    return index


def _read(
    io: FileIO, manifests: Iterable[ManifestFile], chosen: FileFilter | None
) -> Iterator[Sequence[ManifestEntry]]:
    manifests = list(manifests)
    if all(is_local(manifest.manifest_path) for manifest in manifests):
        yield from (_entries(io, manifest, chosen) for manifest in manifests)
        return
    tasks = (partial(_entries, io, manifest, chosen) for manifest in manifests)
    with ThreadPoolExecutor(_READ_AHEAD, "manifests") as pool:
        yield from in_order(pool, tasks, _READ_AHEAD)


def _entries(io: FileIO, manifest: ManifestFile, chosen: FileFilter | None) -> Sequence[ManifestEntry]:
    entries = manifest.fetch_manifest_entry(io)
    if chosen is None:
        return entries
    partitions = chosen.partitions(manifest.partition_spec_id)
    return [
        entry for entry in entries if entry.data_file.partition in partitions and _may_match(entry.data_file, chosen)
    ]


def _may_match(file: DataFile, chosen: FileFilter) -> bool:
    return file.content != DataFileContent.DATA or chosen.may_match(file)
