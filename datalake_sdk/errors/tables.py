"""Writes that the contract refuses, and storage that fails under them."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed

_CHANGE_TYPE = (
    "A write never changes a column to a type that is not wider: for that, declare the new type in the table file, "
    "remove the table (delete_table) and ingest all rows again."
)


class ColumnNameCollisionError(TerminalError):
    """Two columns of a batch have the same name once normalised."""

    def __init__(self, table: str, name: str, originals: Sequence[str]) -> None:
        super().__init__(
            f"{table}: columns {listed(originals)} are both stored as '{name}'",
            hint="Column names are stored in lower snake_case: rename one of them in the input.",
        )


class AmbiguousFieldsError(TerminalError):
    """Nested fields that readers cannot tell apart: their paths are equal, or differ only in case."""

    def __init__(self, table: str, first: str, second: str) -> None:
        reason = "have the same path" if first == second else "differ only in case"
        super().__init__(
            f"{table}: nested fields '{first}' and '{second}' {reason}",
            hint="Athena and Spark find fields by their path, without case: rename one of them in the input.",
        )


class UnnamedFieldError(TerminalError):
    """A field of a struct whose name no engine can use."""

    def __init__(self, table: str, path: str, name: str) -> None:
        reason = "contains a NUL character" if name else "is empty"
        super().__init__(
            f"{table}: the name of a field of '{path}' {reason}: {name!r}",
            hint="Give the field a name in the input, or leave it out.",
        )


class UnsupportedTypeError(TerminalError):
    """A column's type has no counterpart in Iceberg format version 2."""

    def __init__(self, table: str, column: str, given: str) -> None:
        hint = f"Cast '{column}' first: durations to a number of seconds, wider decimals to decimal(38, s) or text."
        if given == "struct<>":
            hint = f"No object in '{column}' has a key: leave the column out, make it null, or write it as JSON text."
        super().__init__(
            f"{table}: column '{column}' has type {given}, which no Iceberg table can store",
            hint=hint,
        )


class IncompatibleColumnError(TerminalError):
    """A batch's column cannot be stored in the table's column without losing values.

    Args:
        table: Name as queries use it.
        column: Column of the table.
        stored: Type of the table's column.
        given: Type of the batch's column.
        values: Some values that do not fit; empty when no value of the type would.
    """

    def __init__(self, table: str, column: str, stored: str, given: str, values: Sequence[str] = ()) -> None:
        misfits = f", with values that {stored} cannot hold exactly: {', '.join(values)}" if values else ""
        todo = f"Correct or round the values of '{column}'" if values else f"Cast '{column}' to {stored}"
        super().__init__(
            f"{table}: column '{column}' is {stored}, the batch has {given}{misfits}; nothing was written",
            hint=f"{todo} in the input, or write it to a new column. {_CHANGE_TYPE}",
        )


class DateOutOfRangeError(TerminalError):
    """A date or timestamp that most readers of a table cannot show."""

    def __init__(self, table: str, column: str, when: str) -> None:
        super().__init__(
            f"{table}: column '{column}' has a date or time {when}; nothing was written",
            hint=f"Make such values null in '{column}', or give them as text; databases write infinity this way.",
        )


class DeclaredTypeConflictError(TerminalError):
    """The type that a table's configuration file declares is not the one of the table's column."""

    def __init__(self, table: str, column: str, stored: str, declared: str) -> None:
        super().__init__(
            f"{table}: column '{column}' is {stored}, its table file declares {declared}; nothing was written",
            hint=f"Declare {stored}, or no type. {_CHANGE_TYPE}",
        )


class MissingUpsertKeysError(UsageError):
    """An upsert that does not say which columns identify a row."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table}: upsert_keys is empty; an upsert needs the columns that identify a row",
            hint='Name them, for example --upsert-keys "id" or --upsert-keys "country,city".',
        )


class MissingColumnError(TerminalError):
    """A key or partition column that the batch does not have."""

    def __init__(self, table: str, field: str, column: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"{table}: {field} names '{column}', which is not in the data; the columns are {listed(columns, 20)}",
            hint=f"Correct {field}, or add the column '{column}' to the data.",
        )


class NullKeysError(TerminalError):
    """Rows of a batch whose upsert key is null."""

    def __init__(self, table: str, keys: Sequence[str], count: int) -> None:
        super().__init__(
            f"{table}: {count} row(s) have null in upsert_keys {listed(keys)}; nothing was written",
            hint="Fill or drop these rows: a row without a key can never be found again.",
        )


class DuplicateKeysError(TerminalError):
    """Rows of a batch that share one upsert key."""

    def __init__(self, table: str, keys: Sequence[str], count: int, examples: Sequence[str]) -> None:
        super().__init__(
            f"{table}: {count} key(s) of upsert_keys {listed(keys)} stand in more than one row of the batch, "
            f"for example {'; '.join(examples)}; nothing was written",
            hint="Keep one row a key, or add the column that tells the rows apart to upsert_keys.",
        )


class UnknownTypeError(UsageError):
    """A declared type that does not exist."""

    def __init__(self, column: str, value: str, valid: Sequence[str]) -> None:
        super().__init__(f"column '{column}' is declared as '{value}'; a type is one of {', '.join(valid)}")


class TablesConfigurationError(UsageError):
    """A table's configuration file that cannot be read, or that asks for what there is not."""

    def __init__(self, path: object, reason: str, hint: str = "") -> None:
        super().__init__(
            f"{path}: {reason}",
            hint=hint or "A file holds `description` and `schema`; each column may have `type` and `description`.",
        )


class UnkeyableTypeError(TerminalError):
    """An upsert key of a nested type."""

    def __init__(self, table: str, column: str, given: str) -> None:
        super().__init__(
            f"{table}: upsert_keys names '{column}', which is {given}; keys are numbers, texts, dates or times",
            hint="Use a field of it as a column of its own.",
        )


class InvalidPartitionKeyError(UsageError):
    """A partition key that is neither a column nor a known transform of one."""

    def __init__(self, value: str, reason: str = "") -> None:
        detail = f" ({reason})" if reason else ""
        super().__init__(
            f"partition_keys has '{value}'{detail}; a key is a column, year(c), month(c), day(c), hour(c), "
            "bucket(16, c) or truncate(4, c)",
            hint='Separate several keys by commas, for example --partition-keys "country,day(ordered_at)".',
        )


class UnpartitionedTableError(UsageError):
    """overwrite_partitions on a table without partitions."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table}: ingestion_mode is 'overwrite_partitions', but the table has no partitions",
            hint="Give partition_keys, or use ingestion_mode overwrite to replace every row.",
        )


class NanPartitionError(TerminalError):
    """A partition would be that of NaN, which equals nothing, so that no write could ever replace it."""

    def __init__(self, column: str) -> None:
        super().__init__(
            f"partition key '{column}' is NaN in a row; a row's partition must be a number or null",
            hint=f"Make NaN null in '{column}', or choose other partition_keys.",
        )


class CommitConflictError(TransientError):
    """Other writers won every try to commit."""

    def __init__(self, table: str, tries: int) -> None:
        super().__init__(
            f"{table}: other writers changed the table during each of {tries} tries; nothing was written",
            hint="Run the same call again, or let fewer writers change this table at once.",
        )


class StorageError(TransientError):
    """The storage refused a write: full, read-only or unreachable."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: writing failed: {reason}; the table is as it was",
            hint="Make room or give write access, then run the same call again.",
        )


class TemporaryFolderError(TransientError):
    """No folder for temporary files can be created."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"no folder for temporary files can be created: {reason}; nothing was changed",
            hint="Free space or grant write access in the temporary directory, or set TMPDIR to another one.",
        )


class InvalidTablePropertyError(TerminalError):
    """A table property that should be a number and is not."""

    def __init__(self, table: str, name: str, value: str) -> None:
        super().__init__(
            f"{table}: table property '{name}' is '{value}'; it must be a number",
            hint="Set the property to a number, or remove it for its default.",
        )


class UnlistedFilesError(TerminalError):
    """Files of a table that the listing of its storage does not show."""

    def __init__(self, table: str, files: Sequence[str]) -> None:
        super().__init__(
            f"{table}: the table refers to files that its storage does not list: {listed(files)}; no file was removed",
            hint="Bring the files back, or write the table anew; nothing is removed while they are missing.",
        )
