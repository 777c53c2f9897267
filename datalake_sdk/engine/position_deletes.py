"""Reads and writes position delete files, which mark rows of data files as deleted.

https://iceberg.apache.org/spec/#position-delete-files
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.conversions import to_bytes
from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import FileScanTask
from pyiceberg.types import LongType, StringType

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.number_arrays import number_array
from datalake_sdk.engine.projection import FIELD_ID
from datalake_sdk.engine.staging import StagingArea

_PATH_ID, _POSITION_ID = 2147483546, 2147483545
"""Reserved field ids: https://iceberg.apache.org/spec/#reserved-field-ids"""
_LOCAL = "^file:/+"
_SCHEMA = pa.schema(
    [
        pa.field(
            "file_path", pa.dictionary(pa.int32(), pa.string()), nullable=False, metadata={FIELD_ID: str(_PATH_ID)}
        ),
        pa.field("pos", pa.int64(), nullable=False, metadata={FIELD_ID: str(_POSITION_ID)}),
    ]
)


def write_position_deletes(
    staging: StagingArea, layout: FileLayout, data_file: DataFile, positions: np.ndarray
) -> DataFile:
    """Marks rows of a data file as deleted.

    Args:
        staging: Owner of the delete file.
        layout: Settings for files of the table.
        data_file: File of the deleted rows.
        positions: Positions of the rows, ascending and unique; at least one.

    Returns:
        The delete file, in the data file's partition.
    """
    path = staging.new_path(layout, suffix="-deletes")
    indices = number_array(np.zeros(len(positions), np.int32))
    paths = pa.DictionaryArray.from_arrays(indices, pa.array([data_file.file_path]))
    rows = pa.Table.from_arrays([paths, number_array(positions)], schema=_SCHEMA)
    with layout.io.new_output(path).create(overwrite=True) as sink:
        pq.write_table(rows, sink, compression="zstd", store_schema=False, use_dictionary=["file_path"])
        size = sink.tell()
    return _data_file(path, data_file, positions, size)


def read_positions(io: FileIO, delete_file: DataFile, data_file: DataFile) -> np.ndarray:
    """Reads the positions of a data file's rows that a delete file marks as deleted.

    Args:
        io: The table's storage.
        delete_file: Delete file, possibly with rows of other data files.
        data_file: Data file whose rows to return.
    """
    with io.new_input(delete_file.file_path).open(seekable=True) as source:
        if is_file_scoped(delete_file, data_file):
            marked = pq.read_table(source, columns=["pos"], use_threads=False)
        else:
            columns = ["file_path", "pos"]
            rows = pq.read_table(source, columns=columns, read_dictionary=["file_path"], use_threads=False)
            marked = rows.filter(_are_equal_locations(rows["file_path"], data_file.file_path))
    positions: np.ndarray = marked["pos"].to_numpy()
    return positions


def is_file_scoped(delete_file: DataFile, data_file: DataFile) -> bool:
    """Whether a delete file applies to this data file only."""
    path = to_bytes(StringType(), data_file.file_path)
    lower, upper = delete_file.lower_bounds or {}, delete_file.upper_bounds or {}
    return lower.get(_PATH_ID) == path == upper.get(_PATH_ID)


def may_apply(delete_file: DataFile, data_file: DataFile) -> bool:
    """Whether a delete file can mark rows of a data file, according to its statistics."""
    lower, upper = delete_file.lower_bounds or {}, delete_file.upper_bounds or {}
    only = lower.get(_PATH_ID)
    return only is None or only != upper.get(_PATH_ID) or is_file_scoped(delete_file, data_file)


def deleted_rows(task: FileScanTask) -> int:
    """Upper bound of a file's deleted rows: its delete files may also apply to other files."""
    return min(sum(file.record_count for file in task.delete_files), task.file.record_count)


def _are_equal_locations(paths: pa.ChunkedArray, location: str) -> pa.ChunkedArray:
    # Position deletes contain the location of a file, which Spark writes as file:/… and pyiceberg as file:///….
    # https://iceberg.apache.org/spec/#position-delete-files
    wanted = re.sub(_LOCAL, "/", location)
    chunks = []
    for chunk in paths.chunks:
        spelled = pc.replace_substring_regex(chunk.dictionary, pattern=_LOCAL, replacement="/")
        chunks.append(pc.equal(spelled, wanted).take(chunk.indices))
    return pa.chunked_array(chunks, pa.bool_())


def _data_file(path: str, data_file: DataFile, positions: np.ndarray, size: int) -> DataFile:
    counts = {_PATH_ID: len(positions), _POSITION_ID: len(positions)}
    location = to_bytes(StringType(), data_file.file_path)
    first, last = (to_bytes(LongType(), int(positions[index])) for index in (0, -1))
    entry = DataFile.from_args(
        content=DataFileContent.POSITION_DELETES,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=data_file.partition,
        record_count=len(positions),
        file_size_in_bytes=size,
        value_counts=counts,
        null_value_counts=dict.fromkeys(counts, 0),
        lower_bounds={_PATH_ID: location, _POSITION_ID: first},
        upper_bounds={_PATH_ID: location, _POSITION_ID: last},
    )
    entry.spec_id = data_file.spec_id
    return entry
