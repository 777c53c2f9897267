"""The parts of a batch that are staged in parallel, and the locations of their rows in the input files."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.batches import BatchTask, FilesTask, FileTask


@dataclass(frozen=True)
class CountedTask:
    """Decodes one part of a batch, and records its number of rows.

    Args:
        part: Number of the part.
        decode: Returns its rows.
        rows: Numbers of rows by part.
    """

    part: int
    decode: BatchTask
    rows: list[int]

    def __call__(self) -> pa.RecordBatch:
        batch = self.decode()
        self.rows[self.part] = batch.num_rows
        return batch


class Parts:
    """The parts of a batch, in the order of their rows."""

    def __init__(self) -> None:
        self._files: list[str | None] = []
        self._file_groups: dict[int, FilesTask] = {}
        self._rows: list[int] = []

    def counted(self, task: BatchTask) -> CountedTask:
        """Wraps the task of the next part."""
        part = len(self._files)
        if isinstance(task, FilesTask):
            self._file_groups[part] = task
        self._files.append(task.file if isinstance(task, FileTask) else None)
        self._rows.append(0)
        return CountedTask(part, task, self._rows)

    def numbers(self, parts: pa.Array, positions: pa.Array) -> pa.Array:
        """The numbers of rows, from 0, in the files of their parts.

        Args:
            parts: Part of each row; null if unknown.
            positions: Position of each row in its part; null if unknown.
        """
        if not self._files:
            return pa.nulls(len(parts), pa.int64())
        return pc.add(pa.array(self._first_rows()).take(parts), positions)

    def located(self, parts: pa.Array, numbers: pa.Array) -> dict[str, pa.Array]:
        """The file and the number, from 1, of each row.

        Args:
            parts: Part of each row; null if unknown.
            numbers: What `numbers` returns.
        """
        files = pa.array(self._files, pa.string()).take(parts)
        for part in self._file_groups.keys() & set(pc.unique(parts).to_pylist()):
            files, numbers = _located_in(self._file_groups[part], pc.equal(parts, part), files, numbers)
        return {"input_file": files, "input_row": pc.add(numbers, 1)}

    def _first_rows(self) -> np.ndarray:
        """For each part, the number of rows before it in its file."""
        counts: dict[str | None, int] = {}
        first = []
        for part, (file, rows) in enumerate(zip(self._files, self._rows, strict=True)):
            if part in self._file_groups:
                first.append(0)
                continue
            first.append(counts.get(file, 0))
            counts[file] = first[-1] + rows
        return np.array(first, dtype=np.int64)


def _located_in(task: FilesTask, mask: pa.Array, files: pa.Array, numbers: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Replaces the files and numbers of the rows of a part that consists of several files."""
    found = numbers.filter(mask).to_numpy()
    ends = np.array([*accumulate(task.count_rows(), initial=0)])
    indices = np.searchsorted(ends, found, side="right") - 1
    names = pa.array([task.files[index] for index in indices], pa.string())
    return pc.replace_with_mask(files, mask, names), pc.replace_with_mask(
        numbers, mask, pa.array(found - ends[indices])
    )
