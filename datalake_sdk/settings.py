"""Frozen settings: environments, tables and ingestion requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from uuid import uuid4

from datalake_sdk import naming
from datalake_sdk.errors import (
    FlagColumnError,
    InvalidSettingError,
    MissingPartitionsError,
    OptionModeError,
    OrderingError,
    PartitionKeysConflictError,
    UnknownIngestionModeError,
    UsageError,
)

if TYPE_CHECKING:
    from datalake_sdk.table_contract import TableConfiguration

_KEY_SEPARATOR = re.compile(r"[,/](?![^()]*\))")
"""Separators outside parentheses, so that `bucket(4, id)` stays one key."""


class IngestionMode(StrEnum):
    """How a batch changes a table."""

    OVERWRITE = "overwrite"
    OVERWRITE_PARTITIONS = "overwrite_partitions"
    APPEND = "append"
    UPSERT = "upsert"

    @classmethod
    def parse(cls, value: str) -> IngestionMode:
        """Parses the name of a mode.

        Raises:
            UnknownIngestionModeError: The mode does not exist.
        """
        try:
            return cls(value)
        except ValueError:
            raise UnknownIngestionModeError(value, [mode.value for mode in cls]) from None


class EmptyBatch(StrEnum):
    """Effect of a batch without rows."""

    IGNORE = "ignore"
    REPLACE = "replace"


class DuplicateKeys(StrEnum):
    """What an upsert does with a key that occurs more than once in the batch."""

    REFUSE = "refuse"
    LAST = "last"


class TableStorage(StrEnum):
    """Where the tables of an environment on AWS are stored."""

    S3 = "s3"
    S3_TABLES = "s3_tables"


@dataclass(frozen=True)
class PartitionInterval:
    """Partitions whose value is at least `start` and less than `end`."""

    start: object
    end: object


PartitionSelection: TypeAlias = Mapping[str, tuple[object, ...] | PartitionInterval]
"""By partition key, such as `day(ordered_at)`: values or an interval. Keys that are absent may have any value."""


@dataclass(frozen=True)
class Environment:
    """One stage of one domain of one project, on AWS or embedded in a folder.

    Args:
        project_name: Project, lower snake_case.
        domain_name: Business domain, lower snake_case.
        stage_name: Stage, for example `dev` or `prod`.
        region: AWS region; None uses the AWS configuration.
        local_root: Folder of an embedded lake; None means AWS.
        consumer_group: Consumer group of the domain whose Athena workgroup runs queries; None uses the environment's.
        table_storage: Storage of the tables on AWS: the data bucket, or a table bucket of S3 Tables.
    """

    project_name: str
    domain_name: str
    stage_name: str
    region: str | None = None
    local_root: Path | None = None
    consumer_group: str | None = None
    table_storage: TableStorage = TableStorage.S3

    def __post_init__(self) -> None:
        for name in ("project_name", "domain_name", "stage_name"):
            naming.check_identifier(name, getattr(self, name))
        if self.consumer_group is not None:
            naming.check_identifier("consumer_group", self.consumer_group)

    @property
    def name(self) -> str:
        """`{project}_{domain}_{stage}`."""
        return naming.environment_name(self.project_name, self.domain_name, self.stage_name)

    @property
    def database_prefix(self) -> str:
        """Prefix of the database names of the stage."""
        return naming.database_prefix(self.stage_name)

    @property
    def data_bucket(self) -> str:
        """Bucket of the tables; in an embedded lake, the folder of this name."""
        return naming.data_bucket_name(self.project_name, self.domain_name, self.stage_name)

    @property
    def table_bucket(self) -> str:
        """Table bucket of S3 Tables, if it stores the tables."""
        return naming.table_bucket_name(self.project_name, self.domain_name, self.stage_name)

    @property
    def technical_bucket(self) -> str:
        """Bucket of temporary files and query results."""
        return naming.technical_bucket_name(self.project_name, self.domain_name, self.stage_name)

    @property
    def workgroup(self) -> str:
        """Athena workgroup that runs queries."""
        return naming.workgroup_name(self.name, self.consumer_group)

    @property
    def unload_folder(self) -> str:
        """Folder in the technical bucket; each result is unloaded to a temporary folder below it."""
        return naming.unload_folder(self.consumer_group)


@dataclass(frozen=True)
class TableName:
    """Name of a table; the database has no stage prefix."""

    database: str
    table: str

    def __post_init__(self) -> None:
        naming.check_identifier("database_name", self.database)
        naming.check_identifier("table_name", self.table)

    @classmethod
    def parse(cls, name: str) -> TableName:
        """Parses `database.table`.

        Raises:
            UsageError: The name does not have two parts.
        """
        parts = str(name).split(".")
        if len(parts) != 2:
            raise UsageError(f"table is '{name}'; it must be database.table", hint="Omit the stage prefix.")
        return cls(*parts)

    def identifier(self, environment: Environment) -> tuple[str, str]:
        """Returns database and table as in the catalog, with the stage's prefix."""
        return environment.database_prefix + self.database, self.table

    def __str__(self) -> str:
        return f"{self.database}.{self.table}"


@dataclass(frozen=True)
class OutputTable:
    """How a task writes a table.

    Args:
        ingestion_mode: How a batch changes the table.
        upsert_keys: Columns that identify a row; required by `upsert`.
        partition_keys: Columns or transforms such as `day(ts)`; None keeps the partitioning of the table.
        empty: Whether a batch without rows is ignored or replaces rows.
        on_duplicate: Whether an upsert refuses a key that occurs more than once in the batch, or keeps its last row.
        order_by: Column that decides which row is the last one.
        delete_when: Boolean column of the batch; an upsert deletes by key the rows for which it is true.

    Example:
        >>> OutputTable("upsert", upsert_keys=("order_id",), partition_keys=("country",)).upsert_keys
        ('order_id',)
    """

    ingestion_mode: IngestionMode = IngestionMode.APPEND
    upsert_keys: tuple[str, ...] = ()
    partition_keys: tuple[str, ...] | None = None
    empty: EmptyBatch = EmptyBatch.IGNORE
    on_duplicate: DuplicateKeys = DuplicateKeys.REFUSE
    order_by: str | None = None
    delete_when: str | None = None


def new_ingestion_id() -> str:
    """Returns a random ingestion id."""
    return uuid4().hex


def _no_configuration() -> TableConfiguration:
    # The classes of contracts take 10% of the time of `datalake_sdk --help`, which imports this module.
    from datalake_sdk.table_contract import TableConfiguration

    return TableConfiguration()


@dataclass(frozen=True)
class IngestionRequest:
    """One write to one table: everything but the rows.

    Args:
        table: Table to write.
        mode: How the batch changes the table.
        upsert_keys: Columns that identify a row; required by `upsert`.
        partition_keys: Columns or transforms such as `day(ts)`; None is those of `configuration`, or keeps the
            partitioning of the table.
        configuration: Content of the table file; an empty one keeps the stored contract.
        ingestion_id: Idempotency key: a write with an id that the table has already stored is skipped. Random by
            default.
        properties: Table properties to set, in addition to those of `configuration`.
        empty: Whether a batch without rows is ignored, or empties the table (`overwrite`) or the partitions in
            `partitions` (`overwrite_partitions`).
        partitions: Partitions to replace with `overwrite_partitions`, with or without rows in the batch; None replaces
            the partitions of the batch.
        on_duplicate: Whether an upsert refuses a key that occurs more than once in the batch, or keeps its last row:
            the one with the greatest `order_by`, in which null and NaN are less than any value.
        order_by: Column that decides which row is the last one; required by `DuplicateKeys.LAST`.
        delete_when: Boolean column of the batch, which is not stored. An upsert deletes the stored rows whose keys it
            flags, after resolving duplicate keys.
        run_id: Run that writes the table, for its quarantined rows.

    Raises:
        OptionModeError: An option does not apply to the mode.
        MissingPartitionsError: A batch without rows is to replace partitions, but none are given.
        PartitionKeysConflictError: `configuration` has other partition keys.
        OrderingError: `on_duplicate` and `order_by` do not fit together.
        FlagColumnError: The column in `delete_when` is also a key or `order_by`.
    """

    table: TableName
    mode: IngestionMode = IngestionMode.APPEND
    upsert_keys: tuple[str, ...] = ()
    partition_keys: tuple[str, ...] | None = None
    configuration: TableConfiguration = field(default_factory=_no_configuration)
    ingestion_id: str = field(default_factory=new_ingestion_id)
    properties: Mapping[str, str] = field(default_factory=dict)
    empty: EmptyBatch = EmptyBatch.IGNORE
    partitions: PartitionSelection | None = None
    on_duplicate: DuplicateKeys = DuplicateKeys.REFUSE
    order_by: str | None = None
    delete_when: str | None = None
    run_id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "properties", {**self.configuration.properties, **self.properties})
        object.__setattr__(self, "partition_keys", self._resolved_partition_keys())
        for option, modes in OPTION_MODES.items():
            if getattr(self, option) != getattr(type(self), option) and self.mode not in modes:
                raise OptionModeError(self.table, option, self.mode, modes)
        if (self.on_duplicate is DuplicateKeys.LAST) != (self.order_by is not None):
            raise OrderingError(self.table, self.on_duplicate, self.order_by)
        if self.delete_when is not None:
            self._check_flag(naming.normalized_column_name(self.delete_when))
        if self.mode is IngestionMode.OVERWRITE_PARTITIONS and self.empty is EmptyBatch.REPLACE and not self.partitions:
            raise MissingPartitionsError(self.table)

    def _resolved_partition_keys(self) -> tuple[str, ...] | None:
        given, declared = self.partition_keys, self.configuration.partition_keys
        if given is None or declared is None:
            return declared if given is None else given
        if [key.replace(" ", "") for key in given] != [key.replace(" ", "") for key in declared]:
            raise PartitionKeysConflictError(self.table, given, declared)
        return given

    def _check_flag(self, flag: str) -> None:
        columns = {"order_by": (self.order_by,), "upsert_keys": self.upsert_keys, "partition_keys": self.partition_keys}
        for option, names in columns.items():
            if flag in (naming.normalized_column_name(name) for name in names or () if name):
                raise FlagColumnError(self.table, self.delete_when, f"is also in {option}")

    @property
    def replaces_without_rows(self) -> bool:
        """Whether a batch without rows changes the table."""
        return self.empty is EmptyBatch.REPLACE or self.partitions is not None


OPTION_MODES: Mapping[str, tuple[IngestionMode, ...]] = MappingProxyType(
    {
        "empty": (IngestionMode.OVERWRITE, IngestionMode.OVERWRITE_PARTITIONS),
        "partitions": (IngestionMode.OVERWRITE_PARTITIONS,),
        "on_duplicate": (IngestionMode.UPSERT,),
        "order_by": (IngestionMode.UPSERT,),
        "delete_when": (IngestionMode.UPSERT,),
    }
)
"""Modes that an option of a write applies to."""


_Choice = TypeVar("_Choice", bound=StrEnum)


def choice(setting: str, value: object, default: _Choice) -> _Choice:
    """Parses one of the values of an enumeration.

    Args:
        setting: Name for messages.
        value: Value; None is the default.
        default: Default, a member of the enumeration.

    Raises:
        InvalidSettingError: The enumeration does not have the value.
    """
    if value is None:
        return default
    try:
        return type(default)(str(value))
    except ValueError:
        raise InvalidSettingError(setting, value, f"one of {', '.join(type(default))}") from None


def checked_properties(value: object) -> Mapping[str, str]:
    """Checks table properties.

    Raises:
        InvalidSettingError: The value is not a mapping from strings to strings.
    """
    if not isinstance(value, Mapping):
        raise InvalidSettingError("properties", value, "a mapping from names to strings")
    for name, text in value.items():
        if not (isinstance(name, str) and isinstance(text, str)):
            raise InvalidSettingError(
                f"properties['{name}']", text, "a string; serialize other values, for example as JSON"
            )
    return value


def partition_selection(value: object) -> PartitionSelection:
    """Parses the partitions that a write replaces.

    Args:
        value: Mapping from partition key to a value, a list of values, or an interval
            `{"from": "2026-01-01", "to": "2026-02-01"}`, which does not include its end.

    Raises:
        InvalidSettingError: The value has another form.
    """
    if not isinstance(value, Mapping) or not value:
        rule = "a mapping from at least one partition key to values or an interval {'from': …, 'to': …}"
        raise InvalidSettingError("partitions", value, rule)
    return {str(key): _selected(str(key), values) for key, values in value.items()}


def _selected(key: str, values: object) -> tuple[object, ...] | PartitionInterval:
    if isinstance(values, PartitionInterval):
        return values
    if isinstance(values, Mapping):
        if set(values) != {"from", "to"}:
            raise InvalidSettingError(f"partitions['{key}']", values, "values, or an interval with 'from' and 'to'")
        return PartitionInterval(values["from"], values["to"])
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        return (values,)
    selected = tuple(values)
    if not selected:
        raise InvalidSettingError(f"partitions['{key}']", values, "at least one value")
    return selected


def parse_keys(value: str | Sequence[str] | None) -> tuple[str, ...]:
    """Splits keys that are separated by commas or slashes outside parentheses; lists are returned as tuples.

    `"a,bucket(4, b)"` and `"a/bucket(4, b)"` are both parsed as `("a", "bucket(4, b)")`.
    """
    parts = _KEY_SEPARATOR.split(value) if isinstance(value, str) else value or ()
    return tuple(part.strip() for part in parts if part.strip())


def join_keys(columns: Iterable[str]) -> str:
    """Formats key columns as the value of a table property, with normalized names: `"id,country"`."""
    return ",".join(naming.normalized_column_name(column) for column in columns)
