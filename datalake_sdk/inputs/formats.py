"""What is in a file: CSV, JSON Lines or Parquet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from datalake_sdk.errors import CorruptInputError, MixedInputFormatsError, UnknownInputFormatError
from datalake_sdk.inputs.options import DEFAULT_DELIMITER, InputOptions
from datalake_sdk.inputs.source import InputFile, TextSource

CSV, JSON, PARQUET = "csv", "json", "parquet"
FORMATS = (CSV, JSON, PARQUET)

_BY_SUFFIX = {
    ".csv": CSV,
    ".tsv": CSV,
    ".txt": CSV,
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".parquet": PARQUET,
}
_COMPRESSED_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd", ".bz2")
_TAB_SUFFIX = ".tsv"
_PARQUET_MAGIC = b"PAR1"
_JSON_START = re.compile(rb"\s*(\{|\[\s*[{\]])")
_SNIFFED_SIZE = 4096


def common_format(path: str, files: Sequence[InputFile], options: InputOptions) -> str:
    """The format of all files of an input: as the user says, as their names say, as their content looks.

    Args:
        path: The input, for messages.
        files: At least one.
        options: May name the format.

    Raises:
        UnknownInputFormatError: The user names a format that does not exist.
        MixedInputFormatsError: Two files differ.
    """
    if options.input_format is not None:
        if options.input_format not in FORMATS:
            raise UnknownInputFormatError(options.input_format, FORMATS)
        return options.input_format
    formats = [(file.name, _format(file, options)) for file in files]
    for name, found in formats:
        if found != formats[0][1]:
            raise MixedInputFormatsError(path, formats[0], (name, found))
    return formats[0][1]


def csv_delimiter(file: InputFile, options: InputOptions) -> str:
    """The delimiter that the user gives; a tab in .tsv files when none is given."""
    if options.csv_delimiter == DEFAULT_DELIMITER and _suffix(file.name) == _TAB_SUFFIX:
        return "\t"
    return options.csv_delimiter


def _format(file: InputFile, options: InputOptions) -> str:
    return _BY_SUFFIX.get(_suffix(file.name)) or _format_of_content(file, options)


def _suffix(name: str) -> str:
    path = PurePath(name.lower())
    return path.with_suffix("").suffix if path.suffix in _COMPRESSED_SUFFIXES else path.suffix


def _format_of_content(file: InputFile, options: InputOptions) -> str:
    with file.open() as raw:
        if raw.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC:
            return PARQUET
    with TextSource(file, options.encoding) as source:
        start = source.read(_SNIFFED_SIZE)
    if start.startswith(_PARQUET_MAGIC):
        raise CorruptInputError(file.name, "it is a Parquet file compressed as a whole")
    return JSON if _JSON_START.match(start) else CSV
