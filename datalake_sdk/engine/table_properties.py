"""Table properties that users set: valid values, defaults and descriptions.

Names without the prefix `datalake_sdk_` are Iceberg's: https://iceberg.apache.org/docs/latest/configuration/
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from datalake_sdk.errors import InvalidTablePropertyError

COPY_ON_WRITE, MERGE_ON_READ = "copy-on-write", "merge-on-read"

Value_co = TypeVar("Value_co", covariant=True)

_DIGITS = re.compile("[0-9]+")
_GZIP_LEVELS = (
    "NO_COMPRESSION",
    "BEST_SPEED",
    *("TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT"),
    "BEST_COMPRESSION",
    "DEFAULT_COMPRESSION",
)
"""https://github.com/apache/hadoop/blob/rel/release-3.4.1/hadoop-common-project/hadoop-common/src/main/java/org/apache/hadoop/io/compress/zlib/ZlibCompressor.java"""
_DECIMAL = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class ValueType(Generic[Value_co]):
    """Valid values of a property.

    Args:
        description: For messages and the documentation, for example `true or false`.
        parse: Parses the text of a value; raises ValueError if it is invalid.
    """

    description: str
    parse: Callable[[str], Value_co]


@dataclass(frozen=True)
class TableProperty(Generic[Value_co]):
    """A property of a table.

    Args:
        name: Name in the table's metadata.
        type: Its valid values.
        default: Value for tables without the property.
        description: For the documentation.
        initial: Value that new tables are created with; None sets no value.
    """

    name: str
    type: ValueType[Value_co]
    default: Value_co
    description: str
    initial: str | None = None

    def read(self, table: str, properties: Mapping[str, str]) -> Value_co:
        """Returns the value that applies to a table.

        Args:
            table: Name for messages.
            properties: Properties of the table.

        Raises:
            InvalidTablePropertyError: The value is invalid.
        """
        text = properties.get(self.name)
        if text is None:
            return self.default
        try:
            return self.type.parse(text)
        except ValueError:
            raise InvalidTablePropertyError(table, self.name, text, self.type.description) from None


def _boolean(text: str) -> bool:
    return bool(("false", "true").index(text.lower()))


def _whole_number(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _positive_whole_number(text: str) -> int:
    if (number := _whole_number(text)) == 0:
        raise ValueError(text)
    return number


def _number(text: str) -> float:
    if not _DECIMAL.fullmatch(text) or math.isinf(number := float(text)):
        raise ValueError(text)
    return number


def _codec_level(text: str) -> int | str:
    if text in _GZIP_LEVELS:
        return text
    return -_whole_number(text[1:]) if text.startswith("-") else _whole_number(text)


def _one_of(*values: str) -> ValueType[str]:
    description = f"{', '.join(values[:-1])} or {values[-1]}"
    return ValueType(description, lambda text: values[values.index(text.lower())])


BOOLEAN = ValueType("true or false", _boolean)
WHOLE_NUMBER = ValueType("a whole number of at least 0", _whole_number)
POSITIVE_WHOLE_NUMBER = ValueType("a whole number of at least 1", _positive_whole_number)
NUMBER = ValueType("a number of at least 0", _number)

TARGET_FILE_BYTES = TableProperty(
    "write.target-file-size-bytes", POSITIVE_WHOLE_NUMBER, 128 << 20, "Target size of a data file in bytes."
)
MERGE_MODE = TableProperty[str | None](
    "write.merge.mode",
    _one_of(COPY_ON_WRITE, MERGE_ON_READ),
    None,
    "Strategy of upserts. Without it, each upsert chooses the cheaper one for each data file. Tables of format version "
    "1 always use copy-on-write, as they have no delete files.",
)
COMPRESSION_CODEC = TableProperty(
    "write.parquet.compression-codec",
    _one_of("zstd", "gzip", "snappy", "lz4", "lz4_raw", "brotli", "uncompressed"),
    "zstd",
    "Compression of data files that Spark writes. The native engine always uses zstd.",
    initial="zstd",
)
CODEC_LEVEL = TableProperty[int | str | None](
    "write.parquet.compression-level",
    ValueType("an integer, or for gzip a name such as BEST_SPEED or BEST_COMPRESSION", _codec_level),
    None,
    "Level of the codec in data files that Spark writes; 1 for zstd.",
)
ROW_GROUP_BYTES = TableProperty(
    "write.parquet.row-group-size-bytes",
    POSITIVE_WHOLE_NUMBER,
    128 << 20,
    "Size of a row group in data files that Spark writes.",
)
PAGE_BYTES = TableProperty(
    "write.parquet.page-size-bytes", POSITIVE_WHOLE_NUMBER, 1 << 20, "Size of a page in data files that Spark writes."
)
PAGE_ROWS = TableProperty(
    "write.parquet.page-row-limit",
    POSITIVE_WHOLE_NUMBER,
    20_000,
    "Maximum number of rows of a page in data files that Spark writes.",
)
DICTIONARY_BYTES = TableProperty(
    "write.parquet.dict-size-bytes",
    POSITIVE_WHOLE_NUMBER,
    2 << 20,
    "Size of a dictionary page in data files that Spark writes. The native engine chooses the columns to encode with a "
    "dictionary.",
)
REMOVE_OLD_METADATA = TableProperty(
    "write.metadata.delete-after-commit.enabled",
    BOOLEAN,
    False,
    "Whether each commit deletes the oldest metadata file.",
    initial="true",
)
METADATA_VERSIONS = TableProperty(
    "write.metadata.previous-versions-max",
    WHOLE_NUMBER,
    100,
    "Number of previous metadata files to keep.",
    initial="100",
)

AUTOMATIC_MAINTENANCE = TableProperty(
    "datalake_sdk_automatic_maintenance",
    BOOLEAN,
    True,
    "With `false`, only `maintain_table` and `perform_table_maintenance` run maintenance.",
)
MAINTENANCE_VERSIONS = TableProperty(
    "datalake_sdk_maintenance_versions", WHOLE_NUMBER, 10, "Commits since the last maintenance."
)
MAINTENANCE_SMALL_FILES = TableProperty(
    "datalake_sdk_maintenance_small_files", WHOLE_NUMBER, 100, "Data files added since the last maintenance."
)
MAINTENANCE_DELETED_SHARE = TableProperty(
    "datalake_sdk_maintenance_deleted_share",
    NUMBER,
    0.2,
    "Share of the table's rows that are marked as deleted. Maintenance rewrites files with at least this share.",
)
MAINTENANCE_DELETED_ROWS = TableProperty(
    "datalake_sdk_maintenance_deleted_rows",
    WHOLE_NUMBER,
    10_000,
    f"With fewer deleted rows, `{MAINTENANCE_DELETED_SHARE.name}` does not start maintenance.",
)

COMPACTION_MIN_FILES = TableProperty(
    "datalake_sdk_compaction_min_files",
    WHOLE_NUMBER,
    5,
    "Minimum number of small files in a partition to be compacted. A file is small if it is smaller than half of "
    f"`{TARGET_FILE_BYTES.name}`.",
)
MERGED_MANIFESTS = TableProperty(
    "commit.manifest.min-count-to-merge",
    WHOLE_NUMBER,
    10,
    "Minimum number of manifests of one kind, each below 4 MB and 10,000 files, to be merged (Iceberg: 100).",
)
MAX_SNAPSHOT_AGE_MS = TableProperty(
    "history.expire.max-snapshot-age-ms",
    WHOLE_NUMBER,
    5 * 24 * 3600 * 1000,
    "Older snapshots expire; 5 days by default.",
)
MAX_SNAPSHOTS = TableProperty(
    "datalake_sdk_max_snapshots",
    WHOLE_NUMBER,
    100,
    "Maximum number of snapshots; the oldest ones expire regardless of their age, except those that a branch or tag "
    "retains.",
)
MIN_SNAPSHOTS = TableProperty(
    "history.expire.min-snapshots-to-keep", WHOLE_NUMBER, 1, "Minimum number of snapshots to keep on each branch."
)
ORPHAN_AGE_HOURS = TableProperty(
    "datalake_sdk_orphan_age_hours",
    NUMBER,
    72.0,
    "Minimum age of an unreferenced file before it is removed. Must exceed the duration of the longest write.",
)

WRITE_PROPERTIES: tuple[TableProperty[Any], ...] = (
    TARGET_FILE_BYTES,
    MERGE_MODE,
    COMPRESSION_CODEC,
    CODEC_LEVEL,
    ROW_GROUP_BYTES,
    PAGE_BYTES,
    PAGE_ROWS,
    DICTIONARY_BYTES,
    REMOVE_OLD_METADATA,
    METADATA_VERSIONS,
)
"""Properties of every write."""
MAINTENANCE_THRESHOLDS = (
    AUTOMATIC_MAINTENANCE,
    MAINTENANCE_VERSIONS,
    MAINTENANCE_SMALL_FILES,
    MAINTENANCE_DELETED_SHARE,
    MAINTENANCE_DELETED_ROWS,
)
"""Properties that decide when a write starts maintenance."""
MAINTENANCE_LIMITS = (
    COMPACTION_MIN_FILES,
    MERGED_MANIFESTS,
    MAX_SNAPSHOT_AGE_MS,
    MAX_SNAPSHOTS,
    MIN_SNAPSHOTS,
    ORPHAN_AGE_HOURS,
)
"""Properties that decide what maintenance does."""
TABLE_PROPERTIES: tuple[TableProperty[Any], ...] = (*WRITE_PROPERTIES, *MAINTENANCE_THRESHOLDS, *MAINTENANCE_LIMITS)
INITIAL_PROPERTIES: dict[str, str] = {"format-version": "2"} | {
    each.name: each.initial for each in TABLE_PROPERTIES if each.initial is not None
}
"""Properties of new tables."""


def check_properties(table: str, properties: Mapping[str, str]) -> None:
    """Checks the values of all known properties.

    Raises:
        InvalidTablePropertyError: A value is invalid.
    """
    for each in TABLE_PROPERTIES:
        each.read(table, properties)
