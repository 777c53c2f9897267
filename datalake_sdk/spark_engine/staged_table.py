"""A private view of a table, after the schema changes of a write, that Spark can read and write.

Spark writes into an Iceberg transaction that is never committed. The files that it added and removed become part of the
commit of the native engine, so that schema, partition spec, properties and rows change atomically, and conflicts are
detected by that commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pyiceberg.manifest import DataFile, ManifestEntryStatus
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from datalake_sdk.engine.data_file import COMPRESSION_LEVEL
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.staging import StagingArea
from datalake_sdk.engine.storage import storage_errors
from datalake_sdk.engine.table_properties import CODEC_LEVEL, COMPRESSION_CODEC, COPY_ON_WRITE, TARGET_FILE_BYTES
from datalake_sdk.engine.write_transaction import WriteTransaction
from datalake_sdk.spark_engine.settings import CATALOG
from datalake_sdk.spark_engine.spark_internals import java_session, jvm, static_method

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ALWAYS = {"commit.manifest-merge.enabled": "false"}
_DELETE_MODE, _DELETE_DISTRIBUTION = "write.delete.mode", "write.delete.distribution-mode"
_STAGED_CATALOG = "datalake_sdk_staged"
_CATALOG_CLASS = "org.apache.iceberg.spark.SparkCachedTableCatalog"
_CACHE_CLASS = "org.apache.iceberg.spark.SparkTableCache"


@dataclass(frozen=True)
class ChangedFiles:
    """Files that Spark added, owned by the staging area, and files of the base snapshot that it removed."""

    added: list[DataFile]
    removed: list[DataFile]


class StagedTable:
    """A table that Spark reads and writes before the commit.

    Args:
        session: Spark session.
        key: Key in Spark's table cache.
        java_transaction: Transaction of Iceberg's Java library.
        transaction: Transaction that will be committed.
    """

    def __init__(self, session: SparkSession, key: str, java_transaction: Any, transaction: WriteTransaction) -> None:
        self._session = session
        self._java_transaction = java_transaction
        self._transaction = transaction
        self.name = f"{_STAGED_CATALOG}.{key}"

    def rows(self) -> DataFrame:
        """Reads the base snapshot in the schema after the write, or the rows that Spark has written since."""
        return self._session.table(self.name)

    def append(self, rows: DataFrame) -> None:
        """Appends rows that have the columns of the table."""
        self.session_of(rows)
        rows.writeTo(self.name).append()

    def delete(self, keys: DataFrame, key_range: str, mode: str) -> None:
        """Deletes all rows with a key.

        Args:
            keys: Key columns, under their names in the table.
            key_range: Condition that all keys satisfy.
            mode: `copy-on-write` or `merge-on-read`.
        """
        self._configure({_DELETE_MODE: mode, **self._delete_distribution(mode)})
        session, view = self.session_of(keys), f"datalake_sdk_keys_{uuid4().hex}"
        keys.createOrReplaceTempView(view)
        try:
            session.sql(_delete_statement(self.name, view, keys.columns, key_range))
        finally:
            session.catalog.dropTempView(view)

    def session_of(self, rows: DataFrame) -> SparkSession:
        """Makes the table visible in the session of a dataframe, possibly a different one, and returns that session."""
        _show_catalog(rows.sparkSession)
        return rows.sparkSession

    def files(self, staging: StagingArea) -> ChangedFiles:
        """Returns the files that Spark added and removed.

        Args:
            staging: Staging area that takes over the added files and their manifests, which no metadata refers to.

        Raises:
            PartitionOverflowError: A truncated number is not a value of its column's type.
        """
        snapshots = _iceberg(self._session).SnapshotParser
        snapshot = Snapshot.model_validate_json(snapshots.toJson(self._java_transaction.table().currentSnapshot()))
        io = self._transaction.io
        with storage_errors(self._transaction.name):
            manifests = [each for each in snapshot.manifests(io) if each.added_snapshot_id == snapshot.snapshot_id]
            entries = [entry for each in manifests for entry in each.fetch_manifest_entry(io, discard_deleted=False)]
        changed = [entry for entry in entries if entry.snapshot_id == snapshot.snapshot_id]
        added = [entry.data_file for entry in changed if entry.status == ManifestEntryStatus.ADDED]
        removed = [entry.data_file for entry in changed if entry.status == ManifestEntryStatus.DELETED]
        staging.reclaim([snapshot.manifest_list, *(each.manifest_path for each in manifests)])
        staging.reclaim([file.file_path for file in added])
        self._check_partitions(added)
        return ChangedFiles(added, removed)

    def _check_partitions(self, added: Iterable[DataFile]) -> None:
        metadata = self._transaction.metadata
        partitioner = Partitioner(metadata.spec(), metadata.schema())
        for file in added:
            if file.spec_id == metadata.default_spec_id:
                partitioner.checked(file.partition)

    def _configure(self, properties: Mapping[str, str]) -> None:
        update = self._java_transaction.updateProperties()
        for name, value in properties.items():
            update.set(name, value)
        update.commit()

    def _delete_distribution(self, mode: str) -> dict[str, str]:
        """By default, Iceberg shuffles the remaining rows of an unpartitioned table by file."""
        metadata = self._transaction.metadata
        is_default = metadata.spec().is_unpartitioned() and _DELETE_DISTRIBUTION not in metadata.properties
        return {_DELETE_DISTRIBUTION: "none"} if is_default and mode == COPY_ON_WRITE else {}


@contextmanager
def staged_table(
    session: SparkSession,
    transaction: WriteTransaction,
    *,
    has_rows: bool = True,
) -> Iterator[StagedTable]:
    """Makes the table of an uncommitted transaction visible to Spark.

    Args:
        session: Spark session, whose catalog can access the table's storage.
        transaction: Schema, spec, properties and base snapshot of the table.
        has_rows: Whether the table has the rows of the base snapshot; otherwise it is empty.
    """
    iceberg = _iceberg(session)
    metadata = _complete(transaction.metadata if has_rows else _without_rows(transaction.metadata))
    start = iceberg.TableMetadataParser.fromJson(metadata.model_dump_json())
    java_transaction = iceberg.Transactions.createOrReplaceTableTransaction(
        transaction.name, _operations(session, transaction), start
    )
    _show_catalog(session)
    cache, key = _table_cache(session), f"t{uuid4().hex}"
    # Spark cannot scan the table of a transaction, only a table that wraps its operations.
    cache.add(key, iceberg.BaseTable(java_transaction.table().operations(), transaction.name))
    try:
        yield StagedTable(session, key, java_transaction, transaction)
    finally:
        cache.remove(key)


def with_optional_columns(transaction: WriteTransaction) -> WriteTransaction:
    """Returns a transaction for rows that may lack values of required columns, until an upsert completes them."""
    metadata, schema = transaction.metadata, transaction.schema
    fields = [field.model_copy(update={"required": False}) for field in schema.fields]
    others = [each for each in metadata.schemas if each.schema_id != schema.schema_id]
    schemas = [*others, Schema(*fields, schema_id=schema.schema_id)]
    return replace(transaction, metadata=metadata.model_copy(update={"schemas": schemas}))


def _delete_statement(table: str, view: str, keys: Sequence[str], key_range: str) -> str:
    are_equal = " AND ".join(f"t.`{key}` = s.`{key}`" for key in keys)
    return f"DELETE FROM {table} AS t WHERE {key_range} AND EXISTS (SELECT 1 FROM {view} AS s WHERE {are_equal})"


def _show_catalog(session: SparkSession) -> None:
    session.conf.set(f"spark.sql.catalog.{_STAGED_CATALOG}", _CATALOG_CLASS)


def _complete(metadata: TableMetadata) -> TableMetadata:
    # The metadata of pyiceberg's create transaction contains schema, spec and sort order twice, which Iceberg rejects.
    # https://github.com/apache/iceberg-python/blob/main/pyiceberg/table/__init__.py
    return metadata.model_copy(
        update={
            "schemas": list({schema.schema_id: schema for schema in metadata.schemas}.values()),
            "partition_specs": list({spec.spec_id: spec for spec in metadata.partition_specs}.values()),
            "sort_orders": list({order.order_id: order for order in metadata.sort_orders}.values()),
            "properties": {**_defaults(metadata), **metadata.properties, **_ALWAYS},
        }
    )


def _defaults(metadata: TableMetadata) -> dict[str, str]:
    """Properties for files like those of the native engine."""
    target = {TARGET_FILE_BYTES.name: str(TARGET_FILE_BYTES.default)}
    # Levels of other codecs have other values: https://iceberg.apache.org/docs/1.10.1/configuration/#write-properties
    codec = metadata.properties.get(COMPRESSION_CODEC.name, COMPRESSION_CODEC.default)
    if codec != COMPRESSION_CODEC.default:
        return target
    return target | {COMPRESSION_CODEC.name: codec, CODEC_LEVEL.name: str(COMPRESSION_LEVEL)}


def _without_rows(metadata: TableMetadata) -> TableMetadata:
    no_rows: dict[str, Any] = {"snapshots": [], "snapshot_log": [], "current_snapshot_id": None, "refs": {}}
    return metadata.model_copy(update={**no_rows, "statistics": [], "partition_statistics": []})


def _operations(session: SparkSession, transaction: WriteTransaction) -> Any:
    """Table operations of the catalog, for a table that exists or will be created."""
    iceberg = _iceberg(session)
    catalog = iceberg.spark.Spark3Util.loadIcebergCatalog(java_session(session), CATALOG)
    schema = iceberg.SchemaParser.fromJson(transaction.schema.model_dump_json())
    table = catalog.buildTable(iceberg.catalog.TableIdentifier.parse(transaction.name), schema)
    return table.withLocation(transaction.metadata.location).createOrReplaceTransaction().underlyingOps()


def _iceberg(session: SparkSession) -> Any:
    """The root of Iceberg's Java packages."""
    # For `org`, Java would search all jars for a class of this name in each imported package: 5 ms at each access.
    # https://github.com/py4j/py4j/blob/0.10.9.9/py4j-java/src/main/java/py4j/reflection/TypeUtil.java
    return getattr(jvm(session), "org.apache.iceberg")


def _table_cache(session: SparkSession) -> Any:
    # Py4J mistakes `get` for the instance method of the same name.
    # https://github.com/apache/iceberg/blob/apache-iceberg-1.10.1/spark/v4.0/spark/src/main/java/org/apache/iceberg/spark/SparkTableCache.java
    return static_method(session, _CACHE_CLASS, "get")()
