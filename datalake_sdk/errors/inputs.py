"""Files and dataframes that cannot be read as meant."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, UsageError, listed


class InputNotFoundError(UsageError):
    """An input path where nothing is."""

    def __init__(self, path: str, near: Sequence[str]) -> None:
        hint = f"Near names in that folder: {listed(near)}." if near else "Check the path and the current folder."
        super().__init__(f"input '{path}' does not exist", hint=hint)


class NoInputBucketError(UsageError):
    """An input in a bucket that does not exist."""

    def __init__(self, path: str, bucket: str) -> None:
        super().__init__(
            f"input '{path}': there is no bucket '{bucket}'", hint="Check its name; `aws s3 ls` lists your buckets."
        )


class NoInputFilesError(UsageError):
    """A glob that matches no file, or a folder without files."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"input '{path}' {reason}", hint="Hidden files and names that begin with '_' do not count.")


class UnreadableInputError(UsageError):
    """An input file that the operating system does not let us read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"input '{path}' cannot be read: {reason}", hint="Check its permissions.")


class MixedInputFormatsError(TerminalError):
    """A folder or glob that holds files of two formats."""

    def __init__(self, path: str, first: tuple[str, str], second: tuple[str, str]) -> None:
        super().__init__(
            f"input '{path}' holds two formats: {first[0]} is {first[1]}, {second[0]} is {second[1]}",
            hint=f"Take the files of one format, for example with a glob such as '*.{second[1]}'.",
        )


class EmptyInputError(TerminalError):
    """An input without a single byte of data, or a workbook's sheet without a cell."""

    def __init__(self, path: str, sheet: str | None = None) -> None:
        location = f"input '{path}'" if sheet is None else f"input '{path}', sheet '{sheet}'"
        super().__init__(
            f"{location} is empty",
            hint="A CSV file or a sheet needs at least a header row, a JSON Lines file one object.",
        )


class CorruptInputError(TerminalError):
    """An input whose bytes are not what its format says."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"input '{path}' is damaged: {reason}", hint="Make or copy the file again.")


class UnknownSheetError(UsageError):
    """A sheet that a workbook does not have."""

    def __init__(self, path: str, sheet: str, sheets: Sequence[str]) -> None:
        super().__init__(
            f"input '{path}' has no sheet '{sheet}'", hint=f"Its sheets are {listed(sheets, limit=20) or 'none'}."
        )


class BlankHeaderError(TerminalError):
    """A sheet whose header row holds no name."""

    def __init__(self, location: str, row: int) -> None:
        super().__init__(
            f"{location}: row {row} holds no names of columns",
            hint="Say in which row they are, for example --header-row 3.",
        )


class PasswordProtectedInputError(TerminalError):
    """A file that only opens with a password."""

    def __init__(self, path: str) -> None:
        super().__init__(f"input '{path}' is protected by a password", hint="Save it without one.")


class OversizedInputError(TerminalError):
    """A file that must be loaded whole and is too large for that."""

    def __init__(self, path: str, size: str) -> None:
        super().__init__(f"input '{path}' is too large to be loaded: {size}", hint="Save the sheet as CSV.")


class UnsupportedInputSchemaError(TerminalError):
    """A file whose schema has a type that no table can store."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"input '{path}': {reason}", hint="Write the file with another type, for example as Parquet.")


class InvalidValuesError(TerminalError):
    """A column whose bytes are not values of its type."""

    def __init__(self, location: str, column: str, reason: str) -> None:
        super().__init__(
            f"{location}: column '{column}' holds an invalid value: {reason}",
            hint=f"Correct '{column}' where the data is produced, or leave the column out.",
        )


class UnsupportedInputError(TerminalError):
    """A file with an encoding or compression that Arrow does not read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"input '{path}' uses a feature that cannot be read: {reason}",
            hint="Write the file again without it, for example with pyarrow, polars or DuckDB.",
        )


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
            hint="Correct the row: a field that holds the delimiter must stand in double quotes. "
            "--comment and --skip-rows leave out lines that are no rows.",
        )


class LongLineError(TerminalError):
    """A line of fixed-width text that goes on behind the last column."""

    def __init__(self, path: str, line: int, length: int, end: int) -> None:
        super().__init__(
            f"input '{path}', line {line}: it has {length} characters, the last column ends at {end}",
            hint="Correct the widths, or give a column for what follows.",
        )


class UnclosedQuoteError(TerminalError):
    """A quoted CSV field that does not end."""

    def __init__(self, path: str, line: int, limit: str) -> None:
        super().__init__(
            f"input '{path}', line {line}: the field that begins with a quote does not end {limit}",
            hint='Close the quote; a quote inside a quoted field is written twice ("") or escaped (--escape). '
            'Where nothing is quoted, use --quote "".',
        )


class OversizedRowError(TerminalError):
    """A row that is longer than what is held in memory."""

    def __init__(self, path: str, line: int, limit: str, unit: str = "line") -> None:
        super().__init__(
            f"input '{path}', {unit} {line}: the row does not end {limit}", hint="Check the file's line breaks."
        )


class InvalidJsonLineError(TerminalError):
    """A row of a JSON file that is not one JSON object."""

    def __init__(self, location: str, reason: str) -> None:
        super().__init__(f"{location}: {reason}", hint='Each row must be one JSON object: {"name": value, ...}.')


class DeclaredTypeError(TerminalError):
    """A value that does not fit the type declared for its column."""

    def __init__(self, location: str, column: str, value: str, declared: str) -> None:
        super().__init__(
            f"{location}: column '{column}' is declared as {declared}, which '{value}' is not",
            hint="Correct the value, or the type in the table's configuration. How the values of a CSV are written is "
            "said by --date-format, --decimal-mark, --thousands-mark and --null-value.",
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


class UnreadableColumnTypeError(TerminalError):
    """A dataframe's column of a type that Arrow has no values for."""

    def __init__(self, column: str, data_type: str, advice: str) -> None:
        super().__init__(
            f"column '{column}' of the dataframe has type {data_type}, which has no counterpart in Arrow",
            hint=f"Convert '{column}' first: {advice}.",
        )


class MixedColumnError(TerminalError):
    """A dataframe's column whose values have no common type."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(
            f"column '{column}' mixes values of several types: {reason}",
            hint=f"Convert it first, for example dataframe['{column}'].astype(str).",
        )


class UnsplittableInputError(UsageError):
    """An input that one process alone can read, for Spark, whose work is done by several."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"input '{path}' can be read by one process only, and Spark reads with several",
            hint="Write it to a file first, or ingest it without Spark.",
        )
