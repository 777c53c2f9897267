"""Errors of writes: violations of the write contract, and storage failures."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, ValuesError, counted, listed

_CHANGE_TYPE = (
    "A write can change a column only to a wider type. For any other type, declare the new type and "
    "`on_type_change: rewrite` in the table file: the next write also converts the stored values."
)


class ColumnNameCollisionError(TerminalError):
    """Two columns of a batch have the same normalized name."""

    def __init__(self, table: str, name: str, originals: Sequence[str]) -> None:
        super().__init__(
            f"{table}: columns {listed(originals)} are both stored as '{name}'",
            hint="Column names are stored in lower snake_case: rename one of them in the input.",
        )


class AmbiguousFieldsError(TerminalError):
    """Nested fields whose paths are equal, or differ only in case."""

    def __init__(self, table: str, first: str, second: str) -> None:
        reason = "have the same path" if first == second else "differ only in case"
        super().__init__(
            f"{table}: nested fields '{first}' and '{second}' {reason}",
            hint="Athena and Spark resolve field paths case-insensitively: rename one of them in the input.",
        )


class UnnamedFieldError(TerminalError):
    """A field of a struct has an invalid name."""

    def __init__(self, table: str, path: str, name: str) -> None:
        reason = "contains a NUL character" if name else "is empty"
        super().__init__(
            f"{table}: the name of a field of '{path}' {reason}: {name!r}",
            hint="Name the field in the input, or remove it.",
        )


class UnsupportedTypeError(TerminalError):
    """A column has a type without an equivalent in Iceberg format version 2."""

    def __init__(self, table: str, column: str, given: str) -> None:
        hint = f"Cast '{column}' first: durations to a number of seconds, decimals of more than 38 digits to a string."
        if given == "struct<>":
            hint = f"Every object in '{column}' is empty: omit the column, set it to null, or write JSON as a string."
        super().__init__(
            f"{table}: column '{column}' has type {given}, which Iceberg cannot store",
            hint=hint,
        )


class UnsupportedFormatVersionError(TerminalError):
    """The format version of a table is newer than the ones that can be written."""

    def __init__(self, table: str, version: int, newest: int) -> None:
        super().__init__(
            f"{table}: the table has Iceberg format version {version}; versions up to {newest} can be written",
            hint="Write it with the engine that created it, or ingest its rows into a new table. It can be queried.",
        )


class IncompatibleColumnError(ValuesError):
    """A batch's column cannot be stored in the table's column without changing values.

    Args:
        table: Name of the table in queries.
        column: Column of the table.
        stored: Type of the table's column.
        given: Type of the batch's column.
        values: Some incompatible values; empty if the types themselves are incompatible.
    """

    def __init__(self, table: str, column: str, stored: str, given: str, values: Sequence[str] = ()) -> None:
        inexact = f", with values that {stored} cannot hold exactly: " if values else ""
        action = f"Correct or round the values of '{column}'" if values else f"Cast '{column}' to {stored}"
        super().__init__(
            f"{table}: column '{column}' is {stored}, the batch has {given}{inexact}",
            ", ".join(values),
            "; nothing was written",
            columns=[column],
            hint=f"{action} in the input, or write it to a new column. {_CHANGE_TYPE}",
        )


class DateOutOfRangeError(TerminalError):
    """A date or timestamp is outside the years 1 to 9999, which most readers cannot represent."""

    def __init__(self, table: str, column: str, when: str) -> None:
        super().__init__(
            f"{table}: column '{column}' has a date or time {when}; nothing was written",
            hint=f"Replace such values in '{column}' with null, or make it a string column. "
            "Some databases export infinity this way.",
        )


class RequiredColumnError(TerminalError):
    """A required column of the table has no value in some rows.

    Args:
        table: Name of the table in queries.
        column: Column of the table, or a field of it.
    """

    def __init__(self, table: str, column: str) -> None:
        super().__init__(
            f"{table}: column '{column}' is required, but it is null or missing in some rows; nothing was written",
            hint=f"Set '{column}' in every row, or drop these rows. To allow nulls, make the column optional, for "
            f"example with ALTER TABLE … ALTER COLUMN {column} DROP NOT NULL in Spark.",
        )


class DeclaredTypeConflictError(TerminalError):
    """The type declared in a table file differs from the stored type."""

    def __init__(self, table: str, column: str, stored: str, declared: str) -> None:
        super().__init__(
            f"{table}: column '{column}' is {stored}, its table file declares {declared}; nothing was written",
            hint=f"Declare {stored}, or remove the declaration. {_CHANGE_TYPE}",
        )


class MissingUpsertKeysError(UsageError):
    """An upsert without upsert keys."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table}: upsert_keys is empty; an upsert needs the columns that identify a row",
            hint='Set them, for example --upsert-keys "id" or --upsert-keys "country,city".',
        )


class MissingColumnError(TerminalError):
    """A key or partition column is not in the batch."""

    def __init__(self, table: str, field: str, column: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"{table}: {field} contains '{column}', which is not in the data; the columns are {listed(columns, 20)}",
            hint=f"Correct {field}, or add the column '{column}' to the data.",
        )


class NullKeysError(TerminalError):
    """Rows of a batch have a null upsert key."""

    def __init__(self, table: str, keys: Sequence[str], count: int) -> None:
        super().__init__(
            f"{table}: upsert_keys {listed(keys)} contain null in {counted(count, 'row')}; nothing was written",
            hint="Set the keys or drop these rows: later upserts cannot match a row without a key.",
        )


class DuplicateKeysError(ValuesError):
    """Rows of a batch share an upsert key."""

    def __init__(self, table: str, keys: Sequence[str], count: int, examples: Sequence[str]) -> None:
        super().__init__(
            f"{table}: the batch repeats {counted(count, 'key')} of upsert_keys {listed(keys)}, for example ",
            "; ".join(examples),
            "; nothing was written",
            columns=keys,
            hint="Keep one row per key, keep the last one with on_duplicate last and order_by, or add the column that "
            "distinguishes the rows to upsert_keys.",
        )


class UnknownTypeError(UsageError):
    """A declared type does not exist.

    Declare one of the listed types.
    """

    def __init__(self, column: str, value: str, valid: Sequence[str]) -> None:
        super().__init__(f"column '{column}' is declared as '{value}'; it must be one of {', '.join(valid)}")


class TablesConfigurationError(UsageError):
    """A table file is invalid."""

    def __init__(self, path: object, reason: str, hint: str = "") -> None:
        super().__init__(
            f"{path}: {reason}",
            hint=hint or "The fields of a table file are described in doc_resources/contracts.md.",
        )


class PartitionKeysConflictError(UsageError):
    """A write and the table file have different partition keys."""

    def __init__(self, table: object, given: Sequence[str], declared: Sequence[str]) -> None:
        super().__init__(
            f"{table}: partition_keys is {list(given)}, the table file declares {list(declared)}",
            hint="Remove partition_keys from one of the two.",
        )


class TableDefinitionsError(UsageError):
    """Table files cannot be applied.

    Args:
        problems: One message for each problem.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(
            "the table files cannot be applied; no table was changed:\n" + "\n".join(f"- {each}" for each in problems),
            hint="Correct the files, and run the command again.",
        )


class UnkeyableTypeError(TerminalError):
    """An upsert key has a nested type."""

    def __init__(self, table: str, column: str, given: str) -> None:
        super().__init__(
            f"{table}: upsert_keys contains '{column}', which has type {given}; "
            "keys must be numbers, strings, dates or times",
            hint="Store one of its fields as a separate column.",
        )


class InvalidPartitionKeyError(UsageError):
    """A partition key is neither a column nor a supported transform of one."""

    def __init__(self, value: str, reason: str = "") -> None:
        detail = f" ({reason})" if reason else ""
        super().__init__(
            f"partition_keys contains '{value}'{detail}; a key must be a column, year(c), month(c), day(c), hour(c), "
            "bucket(16, c) or truncate(4, c)",
            hint='Separate keys with commas, for example --partition-keys "country,day(ordered_at)".',
        )


class UnpartitionedTableError(UsageError):
    """`overwrite_partitions` was requested for an unpartitioned table."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table}: ingestion_mode is 'overwrite_partitions', but the table is not partitioned",
            hint="Set partition_keys, or use ingestion_mode overwrite to replace all rows.",
        )


class OptionModeError(UsageError):
    """An option of a write does not apply to its ingestion mode."""

    def __init__(self, table: object, option: str, mode: str, modes: Sequence[str]) -> None:
        super().__init__(
            f"{table}: {option} is set, but ingestion_mode is '{mode}'",
            hint=f"Remove {option}, or set ingestion_mode to {' or '.join(modes)}.",
        )


class OrderingError(UsageError):
    """`on_duplicate` needs a column that orders the rows of a key, and only `last` uses it."""

    def __init__(self, table: object, on_duplicate: str, order_by: str | None) -> None:
        given = "order_by is not set" if order_by is None else f"order_by is '{order_by}'"
        super().__init__(
            f"{table}: on_duplicate is '{on_duplicate}', but {given}",
            hint="Set order_by to the column that decides which row of a key is the last one, with on_duplicate last.",
        )


class FlagColumnError(TerminalError):
    """The column in `delete_when` cannot flag deletions."""

    def __init__(self, table: object, column: str | None, reason: str) -> None:
        super().__init__(
            f"{table}: delete_when is '{column}', which {reason}; it must be a boolean column that is not stored",
            hint="Derive a separate boolean column in the input, for example op = 'D'.",
        )


class UnorderableTypeError(TerminalError):
    """The ordering column has a nested type."""

    def __init__(self, table: str, column: str, given: str) -> None:
        super().__init__(
            f"{table}: order_by is '{column}', which has type {given}; it must be a number, string, date or time",
            hint="Store one of its fields as a separate column.",
        )


class AmbiguousDuplicatesError(ValuesError):
    """Different rows of a batch have the same upsert key and the same, greatest value in the ordering column."""

    def __init__(self, table: str, keys: Sequence[str], order_by: str, count: int, examples: Sequence[str]) -> None:
        super().__init__(
            f"{table}: order_by '{order_by}' does not decide which row is the last one for "
            f"{counted(count, 'key')} of upsert_keys {listed(keys)}, for example ",
            "; ".join(examples),
            "; nothing was written",
            columns=keys,
            hint="Order by a column that differs between different rows of a key, or remove one of these rows.",
        )


class MissingPartitionsError(UsageError):
    """`empty` requests that a batch without rows replaces partitions, but none are given."""

    def __init__(self, table: object) -> None:
        super().__init__(
            f"{table}: empty is 'replace' and ingestion_mode is 'overwrite_partitions', but partitions is not set",
            hint="Set partitions to the partitions that the batch replaces, or use ingestion_mode overwrite.",
        )


class PartitionSelectionError(UsageError):
    """A partition to replace is invalid.

    Correct the value in `partitions`.
    """

    def __init__(self, table: str, key: str, value: object, rule: str) -> None:
        super().__init__(f"{table}: partitions['{key}'] is {value!r}; it must be {rule}")


class UnknownPartitionKeyError(UsageError):
    """`partitions` names a key by which the table is not partitioned."""

    def __init__(self, table: str, key: str, keys: Sequence[str]) -> None:
        super().__init__(
            f"{table}: partitions contains '{key}'; the partition keys are {listed(keys, 20)}",
            hint="Use one of these keys. A write changes them with partition_keys.",
        )


class UndeclaredPartitionsError(TerminalError):
    """A batch has rows outside of the partitions that it is to replace."""

    def __init__(self, table: str, partitions: Sequence[str]) -> None:
        super().__init__(
            f"{table}: the batch has rows in {counted(len(partitions), 'partition')} outside of those in partitions: "
            f"{listed(partitions)}; nothing was written",
            hint="Add them to partitions, or remove these rows from the batch.",
        )


class CommitConflictError(TransientError):
    """Every commit attempt conflicted with another writer."""

    def __init__(self, table: str, attempts: int) -> None:
        super().__init__(
            f"{table}: other writers changed the table during each of {attempts} commit attempts; nothing was written",
            hint="Run the same call again, or reduce the number of concurrent writers of this table.",
        )


class StorageError(TransientError):
    """Writing to storage failed, for example because it is full, read-only or unreachable."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: writing failed: {reason}; the table is unchanged",
            hint="Free space or grant write access, then run the same call again.",
        )


class TemporaryFolderError(TransientError):
    """No folder for temporary files can be created."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"no folder for temporary files can be created: {reason}; nothing was changed",
            hint="Free space or grant write access in the temporary directory, or set TMPDIR to another one.",
        )


class InvalidTablePropertyError(TerminalError):
    """A table property has an invalid value."""

    def __init__(self, table: str, name: str, value: str, rule: str) -> None:
        self.reason = f"table property '{name}' is '{value}'; it must be {rule}"
        super().__init__(
            f"{table}: {self.reason}",
            hint="Correct the value where it is set, for example in the table file, and run apply_tables to store it.",
        )


class UnlistedFilesError(TerminalError):
    """Files of the table are missing from the storage listing."""

    def __init__(self, table: str, files: Sequence[str]) -> None:
        super().__init__(
            f"{table}: the table refers to files that its storage does not list: {listed(files)}; no file was removed",
            hint="Restore the files, or overwrite the table; no file is removed while they are missing.",
        )
