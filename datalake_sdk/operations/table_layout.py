"""File layout of a table, what storing and scanning it costs, and whether maintenance is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import asdict, dataclass
from typing import Any

from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from datalake_sdk.engine.maintenance_policy import MaintenancePolicy, due_reason
from datalake_sdk.engine.partitions import spec_keys
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.operations.tables import commit_time, row_count
from datalake_sdk.platforms.base import DOLLARS_PER_SCANNED_BYTE, Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.redaction import MASK
from datalake_sdk.settings import TableName

_PARTITIONS_SHOWN = 10
_DOLLARS_PER_STORED_BYTE = 0.023 / 1e9
"""For a month in S3 Standard, in most regions: https://aws.amazon.com/s3/pricing/"""


@dataclass(frozen=True)
class _Path:
    """Path of a partition.

    Args:
        text: For example `month=5`.
        spec_id: Partition spec of its files.
    """

    text: str
    spec_id: int


@dataclass(frozen=True)
class PartitionLayout:
    """Data files of one partition."""

    partition: str
    rows: int
    files: int
    bytes: int


@dataclass(frozen=True)
class TableLayout:
    """Layout of the current snapshot of a table.

    Args:
        table: Name in queries, with the stage's prefix.
        rows: Number of rows.
        files: Number of data files.
        bytes: Size of the data files.
        smallest_file_bytes: Size of the smallest data file.
        largest_file_bytes: Size of the largest data file.
        small_files: Number of data files below half of the target size.
        target_file_bytes: Size that compaction aims for.
        delete_files: Number of files with deleted rows, which every scan reads as well.
        partition_keys: Columns and transforms, such as `day(ordered_at)`.
        partitions: Number of partitions.
        largest_partitions: The ten largest partitions, largest first.
        snapshots: Number of snapshots, whose files are all stored.
        oldest_snapshot: Time of the oldest snapshot, ISO 8601; None before the first write.
        maintenance_due: Why maintenance is due; None if it is not.
        scan_dollars: Estimated cost of a query that scans all columns of all rows; None without a service to pay.
        storage_dollars_a_month: Estimated cost of the files of the current snapshot; None without a service to pay.
    """

    table: str
    rows: int
    files: int
    bytes: int
    smallest_file_bytes: int
    largest_file_bytes: int
    small_files: int
    target_file_bytes: int
    delete_files: int
    partition_keys: tuple[str, ...]
    partitions: int
    largest_partitions: tuple[PartitionLayout, ...]
    snapshots: int
    oldest_snapshot: str | None
    maintenance_due: str | None
    scan_dollars: float | None
    storage_dollars_a_month: float | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def table_layout(platform: Platform, name: TableName, hidden: Set[str] = frozenset()) -> TableLayout:
    """Describes the files of a table; reads its manifests.

    Args:
        platform: Platform that holds the table.
        name: The table.
        hidden: Columns whose partition values are not shown.

    Raises:
        UnknownTableError: The table does not exist.
        InvalidTablePropertyError: A maintenance property of the table is invalid.
    """
    table = load_table(platform, name)
    with platform.service_errors():
        tasks = list(plan_files(table, with_statistics=False))
    files = [task.file for task in tasks]
    deletes = {file.file_path: file.file_size_in_bytes for task in tasks for file in task.delete_files}
    partitions = _partitions(table, files, hidden)
    sizes = [file.file_size_in_bytes for file in files]
    policy = MaintenancePolicy.of(".".join(table.name()), table.properties)
    scanned = sum(sizes) + sum(deletes.values())
    is_paid = platform.environment.local_root is None
    return TableLayout(
        table=".".join(table.name()),
        rows=row_count(table),
        files=len(files),
        bytes=sum(sizes),
        smallest_file_bytes=min(sizes, default=0),
        largest_file_bytes=max(sizes, default=0),
        small_files=sum(size < policy.small_bytes for size in sizes),
        target_file_bytes=policy.target_bytes,
        delete_files=len(deletes),
        partition_keys=tuple(str(key) for key in spec_keys(table.spec(), table.schema())),
        partitions=len(partitions),
        largest_partitions=tuple(partitions[:_PARTITIONS_SHOWN]),
        snapshots=len(table.metadata.snapshots),
        oldest_snapshot=_oldest(table),
        maintenance_due=due_reason(policy, ".".join(table.name()), table.metadata),
        scan_dollars=scanned * DOLLARS_PER_SCANNED_BYTE if is_paid else None,
        storage_dollars_a_month=scanned * _DOLLARS_PER_STORED_BYTE if is_paid else None,
    )


def _partitions(table: Table, files: Iterable[DataFile], hidden: Set[str]) -> list[PartitionLayout]:
    """Returns the partitions, largest first; empty for a table without partition keys."""
    rows, counts, sizes = Counter[_Path](), Counter[_Path](), Counter[_Path]()
    specs, schema = table.specs(), table.schema()
    for file in files:
        spec = specs[file.spec_id]
        if spec.fields:
            path = _Path(spec.partition_to_path(file.partition, schema), file.spec_id)
            rows[path] += file.record_count
            counts[path] += 1
            sizes[path] += file.file_size_in_bytes
    masked = {number for number, spec in specs.items() if _columns(spec, schema) & hidden}
    return [
        PartitionLayout(MASK if path.spec_id in masked else path.text, rows[path], counts[path], size)
        for path, size in sizes.most_common()
    ]


def _columns(spec: PartitionSpec, schema: Schema) -> set[str]:
    """Columns that a spec partitions by."""
    return {str(schema.find_column_name(field.source_id)) for field in spec.fields}


def _oldest(table: Table) -> str | None:
    oldest = min(table.metadata.snapshots, key=lambda snapshot: snapshot.timestamp_ms, default=None)
    return None if oldest is None else commit_time(oldest)
