"""Every error the SDK raises: one tree, in which each error is terminal or transient and says what to do next.

A message names the field, the value received and what is valid; the hint says what to do next. `TransientError` is
worth another try of the same call, `TerminalError` is not. `UsageError` means that the call itself was wrong (exit
code 2 in the terminal), everything else is a failure of the work (exit code 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class DatalakeError(Exception):
    """Base of all errors that the SDK raises on purpose.

    Args:
        message: What went wrong, with the field and the value received.
        hint: What to do next; shown on its own line.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class TerminalError(DatalakeError):
    """The same call will fail again."""


class TransientError(DatalakeError):
    """The same call may succeed later."""


class UsageError(TerminalError):
    """The call itself is wrong: a name, an option or a combination of them."""


def listed(values: Iterable[object], limit: int = 5) -> str:
    """Up to `limit` values as `'a', 'b' and 3 more`."""
    shown = [f"'{value}'" for value in values]
    more = len(shown) - limit
    return ", ".join(shown[:limit]) + (f" and {more} more" if more > 0 else "")


# --- names and settings ---------------------------------------------------------------------------------------------


class InvalidNameError(UsageError):
    """A name that Glue, Athena, S3 or IAM would refuse."""

    def __init__(self, field: str, value: str, rule: str) -> None:
        super().__init__(f"{field} is '{value}'; it must be {rule}", hint=f"Choose another {field}.")


class MissingSettingError(UsageError):
    """A setting without a value, neither given nor in the environment."""

    def __init__(self, settings: Sequence[str]) -> None:
        super().__init__(
            f"missing: {listed(settings)}",
            hint="Give each as an option or as an environment variable, or use --local PATH to work in a folder.",
        )


class UnknownIngestionModeError(UsageError):
    """An ingestion mode that does not exist."""

    def __init__(self, value: str, valid: Sequence[str]) -> None:
        super().__init__(f"ingestion_mode is '{value}'; it must be one of {', '.join(valid)}")


# --- inputs ---------------------------------------------------------------------------------------------------------


class InputNotFoundError(UsageError):
    """An input path where nothing is."""

    def __init__(self, path: str, near: Sequence[str]) -> None:
        hint = f"Near names in that folder: {listed(near)}." if near else "Check the path and the current folder."
        super().__init__(f"input '{path}' does not exist", hint=hint)


class NoInputFilesError(UsageError):
    """A glob that matches no file, or a folder without files."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"input '{path}' {reason}", hint="Hidden files and names that begin with '_' do not count.")


class UnreadableInputError(UsageError):
    """An input file that the operating system does not let us read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"input '{path}' cannot be read: {reason}", hint="Check its permissions.")


class UnknownInputFormatError(UsageError):
    """An input format that does not exist."""

    def __init__(self, value: str, valid: Sequence[str]) -> None:
        super().__init__(f"input_format is '{value}'; it must be one of {', '.join(valid)}")


class InvalidDelimiterError(UsageError):
    """A CSV delimiter that cannot separate fields."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"csv_delimiter is '{value}'; it must be one ASCII character, neither a quote nor a line break",
            hint=r"Usual ones are , ; | and \t for a tab.",
        )


class UnknownEncodingError(UsageError):
    """An encoding that Python does not know."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"encoding is '{value}', which is not known", hint="Usual ones are utf-8, latin-1, cp1252 and utf-16."
        )


class MixedInputFormatsError(TerminalError):
    """A folder or glob that holds files of two formats."""

    def __init__(self, path: str, first: tuple[str, str], second: tuple[str, str]) -> None:
        super().__init__(
            f"input '{path}' holds two formats: {first[0]} is {first[1]}, {second[0]} is {second[1]}",
            hint=f"Take the files of one format, for example with a glob such as '*.{second[1]}'.",
        )


class EmptyInputError(TerminalError):
    """An input without a single byte of data."""

    def __init__(self, path: str) -> None:
        super().__init__(f"input '{path}' is empty", hint="A CSV file needs at least a header row.")


class CorruptInputError(TerminalError):
    """An input whose bytes are not what its format says."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"input '{path}' is damaged: {reason}", hint="Make or copy the file again.")


class UndecodableInputError(TerminalError):
    """Bytes that are no text in the given encoding."""

    def __init__(self, path: str, offset: int, value: int, encoding: str) -> None:
        super().__init__(
            f"input '{path}': byte {value:#04x} at offset {offset} is not {encoding}",
            hint="Say how the file is written, for example --encoding latin-1, cp1252 or utf-16.",
        )


class WrongDelimiterError(TerminalError):
    """A CSV file in which only one column is found, with another usual delimiter in its header."""

    def __init__(self, path: str, delimiter: str, likely: str) -> None:
        super().__init__(
            f"input '{path}': csv_delimiter {delimiter!r} finds only one column, and the header holds {likely!r}",
            hint=f"Use --csv-delimiter {likely!r}, or put the header's name in quotes if it is one column.",
        )


class RepeatedColumnError(TerminalError):
    """A column name that stands twice in one input."""

    def __init__(self, path: str, column: str) -> None:
        super().__init__(f"{path}: column '{column}' stands there more than once", hint="Rename one of them.")


class RaggedRowError(TerminalError):
    """A CSV row with more or fewer fields than the header."""

    def __init__(self, path: str, line: int, expected: int, found: int) -> None:
        super().__init__(
            f"input '{path}', line {line}: expected {expected} columns, found {found}",
            hint="Correct the row: a field that holds the delimiter must stand in double quotes.",
        )


class UnclosedQuoteError(TerminalError):
    """A quoted CSV field that does not end."""

    def __init__(self, path: str, line: int, limit: str) -> None:
        super().__init__(
            f"input '{path}', line {line}: the field that begins with a double quote does not end {limit}",
            hint='Close the quote; a double quote inside a quoted field is written twice ("").',
        )


class OversizedRowError(TerminalError):
    """A row that is longer than what is held in memory."""

    def __init__(self, path: str, line: int, limit: str) -> None:
        super().__init__(
            f"input '{path}', line {line}: the row does not end {limit}", hint="Check the file's line breaks."
        )


class InvalidJsonLineError(TerminalError):
    """A line of a JSON Lines file that is not one JSON object."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(
            f"input '{path}', line {line}: {reason}", hint='Each line must be one JSON object: {"name": value, ...}.'
        )


class JsonArrayError(TerminalError):
    """A JSON file that is one array instead of one object a line."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"input '{path}' is one JSON array; JSON Lines has one object a line",
            hint="Rewrite it, for example: jq -c '.[]' data.json > data.jsonl",
        )


class DeclaredTypeError(TerminalError):
    """A value that does not fit the type declared for its column."""

    def __init__(self, place: str, column: str, value: str, declared: str) -> None:
        super().__init__(
            f"{place}: column '{column}' is declared as {declared}, which '{value}' is not",
            hint="Correct the value, or the type in the table's configuration.",
        )


class ConflictingInputTypesError(TerminalError):
    """One column with types in two Parquet files that nothing holds both."""

    def __init__(self, column: str, first: tuple[str, str], second: tuple[str, str]) -> None:
        super().__init__(
            f"column '{column}' is {first[1]} in {first[0]} and {second[1]} in {second[0]}",
            hint="Write both files with one type, or ingest them one by one.",
        )


class UnsupportedDataframeError(UsageError):
    """Something that is not a dataframe."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"a dataframe was expected, got {given}",
            hint="Give a pandas, polars or pyarrow table, a DuckDB relation, or anything with __arrow_c_stream__.",
        )


class MixedColumnError(TerminalError):
    """A dataframe's column whose values have no common type."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(
            f"column '{column}' mixes values of several types: {reason}",
            hint=f"Convert it first, for example dataframe['{column}'].astype(str).",
        )


# --- write contract -------------------------------------------------------------------------------------------------


class ColumnNameCollisionError(TerminalError):
    """Two columns of a batch have the same name once normalised."""

    def __init__(self, table: str, name: str, originals: Sequence[str]) -> None:
        super().__init__(
            f"{table}: columns {listed(originals)} are both stored as '{name}'",
            hint="Column names are stored in lower snake_case: rename one of them in the input.",
        )


class UnsupportedTypeError(TerminalError):
    """A column's type has no counterpart in Iceberg format version 2."""

    def __init__(self, table: str, column: str, given: str) -> None:
        super().__init__(
            f"{table}: column '{column}' has type {given}, which no Iceberg table can store",
            hint=f"Cast '{column}' first: durations to a number of seconds, wider decimals to decimal(38, s) or text.",
        )


class IncompatibleColumnError(TerminalError):
    """A batch's column cannot be stored in the table's column without losing values."""

    def __init__(self, table: str, column: str, stored: str, given: str, value: str = "") -> None:
        detail = f" ({value})" if value else ""
        super().__init__(
            f"{table}: column '{column}' is {stored}, the batch has {given}{detail}",
            hint=f"Cast '{column}' to {stored}, or write the new type into a new column.",
        )


class MissingUpsertKeysError(UsageError):
    """An upsert that does not say which columns identify a row."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table}: upsert_keys is empty; an upsert needs the columns that identify a row",
            hint='Name them, for example --upsert-keys "id" or --upsert-keys "country/city".',
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
    """A table's configuration file that cannot be read or has an unknown field."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            f"{path}: {reason}",
            hint="A file holds `description` and `columns`; each column may have `type` and `description`.",
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
            hint='Separate several keys by "/", for example --partition-keys "country/day(ordered_at)".',
        )


class UnpartitionedTableError(UsageError):
    """overwrite_partitions on a table without partitions."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table}: ingestion_mode is 'overwrite_partitions', but the table has no partitions",
            hint="Give partition_keys, or use ingestion_mode overwrite to replace every row.",
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


# --- catalog and queries --------------------------------------------------------------------------------------------


class MissingExtraError(UsageError):
    """An optional part of the SDK is used, and its packages are not installed."""

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(
            f"package '{package}' is not installed; it belongs to the extra '{extra}'",
            hint=f"pip install 'datalake-sdk[{extra}]'",
        )


class NoAwsYetError(UsageError):
    """An environment on AWS, which this version cannot open."""

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"environment '{environment}' is on AWS; this version works in folders only",
            hint="Give --local PATH (local_root in Python, DATALAKE_LOCAL_ROOT in the environment).",
        )


class LakeRootError(UsageError):
    """A folder that cannot be an embedded lake."""

    def __init__(self, root: object, reason: str) -> None:
        super().__init__(f"--local is '{root}'; {reason}", hint="Give a folder that you may write to, existing or new.")


class NotWritableLakeError(UsageError):
    """An embedded lake that cannot be written to, or not be created."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"cannot write to '{path}': {reason}", hint="Give write access to the folder, or use another.")


class LakeBusyError(TransientError):
    """Other processes kept the catalog locked."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"catalog '{path}' stayed locked by other processes ({reason})", hint="Run the call again.")


class CorruptCatalogError(TerminalError):
    """A catalog file that SQLite cannot read."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            f"'{path}' is not a catalog: {reason}",
            hint="Restore the file from a copy, or use another folder; the tables' files beside it are untouched.",
        )


class MissingMetadataError(TerminalError):
    """A table whose catalog entry names a file that is not there."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: the catalog names a metadata file that cannot be read: {reason}",
            hint="Iceberg keeps absolute paths, so a lake folder cannot be moved or renamed: move it back.",
        )


class OutsideLakeError(TerminalError):
    """A table of the catalog whose files are not in the lake's folder."""

    def __init__(self, table: str, location: str, root: object) -> None:
        super().__init__(
            f"{table}: its location '{location}' is not in the lake '{root}'; nothing was removed",
            hint="Delete the table with the tool that created it.",
        )


class LeftoverFilesError(TerminalError):
    """A table that has left the catalog, but not all of its files could be removed."""

    def __init__(self, table: str, folder: object, reason: str) -> None:
        super().__init__(
            f"{table}: removed from the catalog, but files are left in '{folder}': {reason}",
            hint="Remove that folder.",
        )


class EmptyLakeError(TerminalError):
    """A table is wanted from a lake that has none."""

    def __init__(self, environment: str, root: object) -> None:
        place = f"the lake '{root}'" if root else f"environment '{environment}'"
        super().__init__(f"{place} is empty: it has no tables yet", hint="Ingest a table first, or check the path.")


class UnknownDatabaseError(UsageError):
    """A database that the environment does not have."""

    def __init__(self, database: str, near: Sequence[str]) -> None:
        super().__init__(f"there is no database '{database}'", hint=_suggestion(near, "Databases"))


class UnknownTableError(UsageError):
    """A table that the catalog does not have."""

    def __init__(self, table: str, near: Sequence[str]) -> None:
        super().__init__(f"there is no table '{table}'", hint=_suggestion(near, "Tables"))


class UnknownMetadataTableError(UsageError):
    """A metadata table, as in `"orders$snapshots"`, that does not exist."""

    def __init__(self, table: str, metadata: str, valid: Sequence[str]) -> None:
        super().__init__(
            f"{table} has no metadata table '${metadata}'; there are {', '.join(f'${name}' for name in valid)}"
        )


class UnknownSnapshotError(UsageError):
    """A snapshot id that the table does not have."""

    def __init__(self, table: str, snapshot_id: int, last: Sequence[int]) -> None:
        known = f"the last ones are {', '.join(map(str, last))}" if last else "it has none yet"
        super().__init__(
            f"{table} has no snapshot {snapshot_id}; {known}",
            hint="describe_table shows the last ten with their times.",
        )


class NoSnapshotAtError(UsageError):
    """A time before the table's first snapshot."""

    def __init__(self, table: str, timestamp: str, first: str | None) -> None:
        known = f"its first snapshot is of {first}" if first else "it has no snapshot yet"
        super().__init__(f"{table} has no snapshot at {timestamp}; {known}")


class EqualityDeletesError(TerminalError):
    """A table with delete files by value, as Flink writes them."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table} has equality deletes, which cannot be read here",
            hint="Compact the table with the engine that wrote it, for example Spark's rewrite_data_files.",
        )


class SqlParseError(UsageError):
    """SQL that does not follow the grammar.

    Args:
        reason: What the parser expected.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        excerpt: The line, and below it a caret at the column.
    """

    def __init__(self, reason: str, line: int, column: int, excerpt: str) -> None:
        super().__init__(f"SQL, line {line}, column {column}: {reason}\n{excerpt}")
        self.line = line
        self.column = column


class SqlStatementError(UsageError):
    """Something else than one query."""

    def __init__(self, kind: str, hint: str) -> None:
        super().__init__(f"the statement is {kind}; it must be one query: SELECT, WITH or VALUES", hint=hint)


class UnqualifiedTableError(UsageError):
    """A table name without its database."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"table '{table}' has no database",
            hint=f"Name it as database.table, for example {{database_prefix}}my_database.{table}",
        )


class SqlUnsupportedError(UsageError):
    """SQL that Athena takes and the embedded lake does not."""

    def __init__(self, feature: str, hint: str = "") -> None:
        super().__init__(f"{feature} has no verified translation for the embedded lake", hint=hint)


class UnknownColumnError(UsageError):
    """A query names a column that its tables do not have."""

    def __init__(self, column: str, near: Sequence[str]) -> None:
        super().__init__(f"there is no column '{column}'", hint=f"Did you mean {listed(near)}?" if near else "")


class QueryFailedError(TerminalError):
    """A query that is well-formed and fails on the data or on a type."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the query failed: {reason}")


def _suggestion(near: Sequence[str], what: str) -> str:
    return f"Did you mean {listed(near)}?" if near else f"{what} are shown by list_tables."
