"""Files and dataframes that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, UsageError, ValuesError, counted, listed


class InputNotFoundError(UsageError):
    """An input path that does not exist."""

    def __init__(self, path: str, suggestions: Sequence[str]) -> None:
        hint = f"Similar names in that folder: {listed(suggestions)}." if suggestions else "Check the path."
        super().__init__(f"input '{path}' does not exist", hint=hint)


class NoInputBucketError(UsageError):
    """An input in a bucket that does not exist."""

    def __init__(self, path: str, bucket: str) -> None:
        super().__init__(
            f"input '{path}': bucket '{bucket}' does not exist",
            hint=f"Check the name of the bucket; `aws s3 ls` lists your buckets. {_folder_of_bucket(path)}",
        )


class NoInputFilesError(UsageError):
    """A glob that matches no file, or a folder without files."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"input '{path}' {reason}", hint="Hidden files and files whose names start with '_' are ignored."
        )


class UnreadableInputError(UsageError):
    """An input file that the operating system or the storage cannot open."""

    def __init__(self, path: str, reason: str) -> None:
        hint = "Check the permissions of the file."
        if path.startswith("s3://"):
            hint = f"Check the permissions, the region of the bucket and the network. {_folder_of_bucket(path)}"
        super().__init__(f"input '{path}' cannot be read: {reason}", hint=hint)


class MixedInputFormatsError(TerminalError):
    """A folder or glob that contains files of different formats."""

    def __init__(self, path: str, first: tuple[str, str], second: tuple[str, str]) -> None:
        super().__init__(
            f"input '{path}' contains different formats: {first[0]} is {first[1]}, {second[0]} is {second[1]}",
            hint=f"Select the files of one format, for example with the glob '*.{second[1]}'.",
        )


class EmptyInputError(TerminalError):
    """An input without data, or a sheet without cells."""

    def __init__(self, path: str, sheet: str | None = None) -> None:
        location = f"input '{path}'" if sheet is None else f"input '{path}', sheet '{sheet}'"
        super().__init__(
            f"{location} is empty",
            hint="A CSV file or a sheet needs at least a header row, a JSON file at least one object.",
        )


class CorruptInputError(TerminalError):
    """An input that is not valid in its format."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"input '{path}' is damaged: {reason}", hint="Create or copy the file again.")


class UnknownSheetError(UsageError):
    """A sheet that a workbook does not have."""

    def __init__(self, path: str, sheet: str, sheets: Sequence[str]) -> None:
        super().__init__(
            f"input '{path}' has no sheet '{sheet}'", hint=f"Its sheets are {listed(sheets, limit=20) or 'none'}."
        )


class BlankHeaderError(TerminalError):
    """A sheet whose header row contains no column name."""

    def __init__(self, location: str, row: int) -> None:
        super().__init__(
            f"{location}: row {row} contains no column names",
            hint="Specify the row that contains them, for example --header-row 3.",
        )


class PasswordProtectedInputError(TerminalError):
    """A file that is protected by a password."""

    def __init__(self, path: str) -> None:
        super().__init__(f"input '{path}' is protected by a password", hint="Save the file without a password.")


class OversizedInputError(TerminalError):
    """A file that must be loaded into memory as a whole and is too large."""

    def __init__(self, path: str, size: str) -> None:
        super().__init__(f"input '{path}' is too large to load: {size}", hint="Save the sheet as CSV.")


class UnsupportedInputSchemaError(TerminalError):
    """A file whose schema has a type that no table can store."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"input '{path}': {reason}", hint="Use another type, or convert the file, for example to Parquet."
        )


class InvalidValuesError(ValuesError):
    """A column with values that are invalid for its type."""

    def __init__(self, location: str, column: str, reason: str) -> None:
        super().__init__(
            f"{location}: column '{column}' contains an invalid value: ",
            reason,
            columns=[column],
            hint=f"Correct '{column}' at the source, or leave the column out.",
        )


class UnsupportedInputError(TerminalError):
    """A file with an encoding or compression that Arrow does not support."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"input '{path}' uses an unsupported feature: {reason}",
            hint="Rewrite the file without it, for example with pyarrow, polars or DuckDB.",
        )


class UndecodableInputError(TerminalError):
    """Bytes that are invalid in the given text encoding."""

    def __init__(self, path: str, offset: int, value: int, encoding: str) -> None:
        super().__init__(
            f"input '{path}': byte {value:#04x} at offset {offset} is not valid {encoding}",
            hint="Specify the file's encoding, for example --encoding latin-1, cp1252 or utf-16.",
        )


class WrongDelimiterError(TerminalError):
    """A CSV file with a single column whose header contains another common delimiter."""

    def __init__(self, path: str, delimiter: str, likely: str) -> None:
        super().__init__(
            f"input '{path}': csv_delimiter {delimiter!r} yields a single column, but the header contains {likely!r}",
            hint=f"Use --csv-delimiter {likely!r}, or quote the header if the file has a single column.",
        )


class RepeatedColumnError(TerminalError):
    """A column name that occurs more than once in an input."""

    def __init__(self, path: str, column: str) -> None:
        super().__init__(f"{path}: column '{column}' occurs more than once", hint="Rename one of the columns.")


class RaggedRowError(TerminalError):
    """A CSV row with more or fewer fields than the header."""

    def __init__(self, path: str, line: int, expected: int, found: int) -> None:
        super().__init__(
            f"input '{path}', line {line}: expected {counted(expected, 'column')}, found {found}",
            hint="Correct the row: a field that contains the delimiter must be quoted. "
            "Use --comment and --skip-rows to skip lines that are not rows.",
        )


class LongLineError(TerminalError):
    """A line of fixed-width text with characters after the last column."""

    def __init__(self, path: str, line: int, length: int, end: int) -> None:
        super().__init__(
            f"input '{path}', line {line}: the line has {length} characters, but the last column ends at {end}",
            hint="Correct the widths, or add a column for the remaining characters.",
        )


class UnclosedQuoteError(TerminalError):
    """A quoted CSV field without a closing quote."""

    def __init__(self, path: str, line: int, limit: str) -> None:
        super().__init__(
            f"input '{path}', line {line}: the quoted field is not closed {limit}",
            hint='Close the quote. A quote inside a quoted field must be doubled ("") or escaped (--escape). '
            'If the file does not use quotes, use --quote "".',
        )


class OversizedRowError(TerminalError):
    """A row that exceeds the maximum size held in memory."""

    def __init__(self, path: str, line: int, limit: str, unit: str = "line") -> None:
        super().__init__(
            f"input '{path}', {unit} {line}: the row does not end {limit}", hint="Check the line breaks of the file."
        )


class InvalidJsonLineError(TerminalError):
    """A row of a JSON file that is not a single JSON object."""

    def __init__(self, location: str, reason: str) -> None:
        super().__init__(f"{location}: {reason}", hint='Each row must be one JSON object: {"name": value, ...}.')


class DeclaredTypeError(ValuesError):
    """A value that does not fit the type declared for its column."""

    def __init__(self, location: str, column: str, value: str, declared: str) -> None:
        super().__init__(
            f"{location}: column '{column}' is declared as {declared}, but contains ",
            f"'{value}'",
            columns=[column],
            hint="Correct the value, or the type in the table file. Options such as --date-format, "
            "--decimal-mark and --null-value describe how values are written in text files.",
        )


class ConflictingInputTypesError(TerminalError):
    """A column whose types in two files have no common type."""

    def __init__(self, column: str, first: tuple[str, str], second: tuple[str, str]) -> None:
        super().__init__(
            f"column '{column}' is {first[1]} in {first[0]} and {second[1]} in {second[0]}",
            hint="Write both files with the same type, or ingest them separately.",
        )


class UnsupportedDataframeError(UsageError):
    """An object that is not a supported dataframe."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"a dataframe was expected, got {given}",
            hint="Pass a pandas, polars or pyarrow table, a DuckDB relation, or an object with __arrow_c_stream__.",
        )


class UnreadableColumnTypeError(TerminalError):
    """A dataframe column whose type has no Arrow equivalent."""

    def __init__(self, column: str, data_type: str, advice: str) -> None:
        super().__init__(
            f"column '{column}' of the dataframe has type {data_type}, which has no Arrow equivalent",
            hint=f"Convert '{column}' first: {advice}.",
        )


class MixedColumnError(TerminalError):
    """A dataframe column whose values have no common type."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(
            f"column '{column}' mixes values of several types: {reason}",
            hint=f"Convert the column first, for example with dataframe['{column}'].astype(str).",
        )


class UnsplittableInputError(UsageError):
    """An input that Spark cannot split between processes, such as a pipe."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"input '{path}' cannot be read by several processes, as Spark requires",
            hint="Write the input to a file first, or ingest it without Spark.",
        )


def _folder_of_bucket(path: str) -> str:
    bucket = path.removeprefix("s3://").partition("/")[0]
    return f"With --local, the objects are read from the folder '{bucket}' of the lake, if it exists."
