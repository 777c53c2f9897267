"""Maintains a table with Iceberg's Spark procedures; the native engine schedules them and expires snapshots."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.table import Table

from datalake_sdk.engine.compaction import Compaction
from datalake_sdk.engine.maintenance_policy import MaintenancePolicy
from datalake_sdk.engine.replace import mergeable_manifests
from datalake_sdk.errors import SparkConflictError
from datalake_sdk.platforms.base import Platform, TableFile
from datalake_sdk.spark_engine.failures import spark_errors
from datalake_sdk.spark_engine.input_types import spark_schema
from datalake_sdk.spark_engine.settings import CATALOG
from datalake_sdk.spark_engine.spark_internals import arrow_dataframe

if TYPE_CHECKING:
    from pyspark.sql import Row, SparkSession

logger = logging.getLogger(__name__)

_MAX_ATTEMPTS = 3
_MIN_ORPHAN_AGE_MS = 24 * 3_600_000
"""Minimum of the procedure: https://iceberg.apache.org/docs/1.10.1/spark-procedures/#remove_orphan_files"""
_FILE_LIST_VIEW = "datalake_sdk_listed_files"


class Procedures:
    """Compaction and removal of unreferenced files by Iceberg's Spark procedures.

    https://iceberg.apache.org/docs/1.10.1/spark-procedures/

    Each procedure makes its own commit and never loses rows of a concurrent writer. Snapshots are expired by the native
    engine: the procedure would delete their files immediately, while readers may still need them.

    Args:
        session: Session from `spark_session`, for the environment of the platform.
        platform: Platform that holds the table.
        table: Table to maintain.
    """

    def __init__(self, session: SparkSession, platform: Platform, table: Table) -> None:
        self._session = session
        self._platform = platform
        self._identifier = table.name()
        self._name = ".".join(table.name())

    def compact(self, table: Table, policy: MaintenancePolicy) -> Compaction:
        """Rewrites data files, then delete files, then manifests."""
        before = _delete_files(table)
        try:
            rewritten = self._rewrite_data_files(policy)
            self._rewrite_delete_files(policy)
            manifests = self._merge_manifests(policy)
        except SparkConflictError:
            return Compaction(has_conflicted=True)
        return Compaction(
            files_compacted=rewritten["rewritten_data_files_count"],
            files_written=rewritten["added_data_files_count"],
            delete_files_removed=max(before - _delete_files(self._current()), 0),
            manifests_rewritten=manifests,
        )

    def remove_files(self, table: Table, before_ms: float) -> Sequence[TableFile]:
        """Passes the SDK's file list to the procedure, which returns no sizes and can list S3 only through Hadoop."""
        before_ms = min(before_ms, time.time() * 1000 - _MIN_ORPHAN_AGE_MS)
        listed = self._platform.list_table_files(table)
        old = {file.location: file for file in listed if file.modified_ms < before_ms}
        if not old:
            return []
        rows = _file_list(old.values())
        arrow_dataframe(self._session, rows, spark_schema(rows.schema)).createOrReplaceTempView(_FILE_LIST_VIEW)
        try:
            # A literal: the parser of Iceberg for Spark 3.5 accepts no expressions.
            older_than = (
                f"TIMESTAMP_LTZ '{datetime.fromtimestamp(int(before_ms) / 1000, UTC):%Y-%m-%d %H:%M:%S.%f} UTC'"
            )
            removed = self._call("remove_orphan_files", older_than=older_than, file_list_view=f"'{_FILE_LIST_VIEW}'")
        finally:
            self._session.catalog.dropTempView(_FILE_LIST_VIEW)
        return [old[row["orphan_file_location"]] for row in removed]

    def _rewrite_data_files(self, policy: MaintenancePolicy) -> Row:
        delete_threshold = (
            {"delete-ratio-threshold": policy.deleted_share} if policy.deleted_share else {"delete-file-threshold": 1}
        )
        options = {
            "target-file-size-bytes": policy.target_bytes,
            "min-file-size-bytes": int(policy.small_bytes),
            "min-input-files": policy.min_files,
            "remove-dangling-deletes": "true",
            **delete_threshold,
        }
        return self._call("rewrite_data_files", options=_map(options))[0]

    def _rewrite_delete_files(self, policy: MaintenancePolicy) -> None:
        if _delete_files(self._current()):
            options = {"min-input-files": policy.min_files, "rewrite-all": str(policy.include_outliers).lower()}
            self._call("rewrite_position_delete_files", options=_map(options))

    def _merge_manifests(self, policy: MaintenancePolicy) -> int:
        table = self._current()
        snapshot = table.current_snapshot()
        groups = mergeable_manifests(snapshot.manifests(table.io), policy.min_manifests) if snapshot else []
        specs = {group[0].partition_spec_id for group in groups}
        merged = [self._call("rewrite_manifests", use_caching="false", spec_id=str(spec)) for spec in sorted(specs)]
        return sum(rows[0]["rewritten_manifests_count"] for rows in merged)

    def _current(self) -> Table:
        return self._platform.catalog.load_table(self._identifier)

    def _call(self, procedure: str, **arguments: str) -> list[Row]:
        given = {"table": f"'{self._name}'", **arguments}
        call = f"CALL {CATALOG}.system.{procedure}({', '.join(f'{name} => {value}' for name, value in given.items())})"
        for _ in range(_MAX_ATTEMPTS - 1):
            try:
                return self._rows(call)
            except SparkConflictError as conflict:
                logger.info("%s; retrying %s", conflict.message, procedure)
        return self._rows(call)

    def _rows(self, statement: str) -> list[Row]:
        with spark_errors(self._name):
            return self._session.sql(statement).collect()


def _delete_files(table: Table) -> int:
    snapshot = table.current_snapshot()
    return int((snapshot.summary["total-delete-files"] if snapshot and snapshot.summary else None) or 0)


def _file_list(files: Iterable[TableFile]) -> pa.Table:
    locations, modified = zip(*((file.location, int(file.modified_ms)) for file in files), strict=True)
    columns = [pa.array(locations), pa.array(modified, pa.timestamp("ms", "UTC"))]
    return pa.Table.from_arrays(columns, ["file_path", "last_modified"])


def _map(options: Mapping[str, object]) -> str:
    literals = [f"'{part}'" for option in options.items() for part in option]
    return f"map({', '.join(literals)})"
