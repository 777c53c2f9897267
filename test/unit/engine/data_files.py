"""Entries of data files that do not exist."""

from __future__ import annotations

from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.typedef import Record


def data_file(
    path: str, content: DataFileContent = DataFileContent.DATA, *, spec_id: int = 0, partition: Record | None = None
) -> DataFile:
    file = DataFile.from_args(
        content=content,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=Record() if partition is None else partition,
        record_count=1,
        file_size_in_bytes=100,
    )
    file.spec_id = spec_id
    return file
