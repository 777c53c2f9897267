"""Opens files as a stream of batches: the entry to everything that reads CSV, JSON Lines and Parquet."""

from __future__ import annotations

from typing import Protocol

from datalake_sdk.batches import BatchStream
from datalake_sdk.errors import EmptyInputError
from datalake_sdk.inputs.blocks import BLOCK_SIZE
from datalake_sdk.inputs.csv_files import CsvFile
from datalake_sdk.inputs.formats import CSV, PARQUET, common_format
from datalake_sdk.inputs.json_files import JsonFile
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.parquet_files import ParquetStream
from datalake_sdk.inputs.paths import input_files
from datalake_sdk.inputs.remote_files import OpenFilesystem
from datalake_sdk.inputs.text_stream import TextStream


class FileStream(BatchStream, Protocol):
    """A stream over files, which knows how far it is."""

    @property
    def total_bytes(self) -> int | None:
        """Size of all files as they lie on disk; None when unknown."""

    @property
    def bytes_read(self) -> int:
        """Bytes read since the last start; of the same kind as `total_bytes`."""


def open_input(
    path: str,
    options: InputOptions,
    block_size: int = BLOCK_SIZE,
    open_filesystem: OpenFilesystem | None = None,
) -> FileStream:
    """Finds files, recognises their format and compression, and looks at their beginnings for types.

    Args:
        path: One file, a glob, a folder, an `s3://` path, or `-` for standard input.
        options: How to read them.
        block_size: Bytes of text that are decoded at once.
        open_filesystem: Opens the storage of `s3://` paths; None knows no such paths.

    Returns:
        A stream of all their rows, united by column name: a column that a file lacks is null in its rows.

    Raises:
        UsageError: There are no such files, or an option is wrong.
        TerminalError: The files are empty, damaged or not what their names say.
    """
    found = input_files(path, open_filesystem)
    files = [file for file in found if file.size]
    if not files:
        raise EmptyInputError(path)
    sizes = [file.size for file in files]
    input_format = common_format(path, files, options)
    if input_format == PARQUET:
        return ParquetStream(files, options)
    text_file = CsvFile if input_format == CSV else JsonFile
    return TextStream([text_file(file, options, block_size) for file in files], sizes, options)
