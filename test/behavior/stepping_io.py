"""A `FileIO` that counts its operations, so that a test can stop a write at the n-th."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from pyiceberg.io import InputFile, OutputFile, OutputStream
from pyiceberg.io.pyarrow import PyArrowFileIO

from datalake_sdk.platforms.aws.file_io import S3FileIO

KINDS = {"-deletes.parquet": "delete file", ".parquet": "data file", ".metadata.json": "metadata"}


class Steps:
    """Recorded operations of a test process; `stop` is called before step `last`, a number or a name."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.stop_at(None, lambda: None)

    def stop_at(self, last: int | str | None, stop: Callable[[], object]) -> None:
        self.names: list[str] = []
        self._last, self._stop = last, stop

    def take(self, name: str) -> None:
        with self._lock:
            self.names.append(name)
            is_last = self._last in (name, len(self.names) - 1)
        if is_last:
            self._stop()


STEPS = Steps()


class SteppingStream:
    """A file that is being written."""

    def __init__(self, stream: Any, kind: str) -> None:
        self._stream = stream
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> SteppingStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if not self._stream.closed:
            try:
                STEPS.take(f"close {self._kind}")
            finally:
                self._stream.close()


class SteppingFile(OutputFile):
    """A file of another `FileIO`."""

    def __init__(self, file: OutputFile) -> None:
        super().__init__(file.location)
        self._file = file

    def __len__(self) -> int:
        return len(self._file)

    def exists(self) -> bool:
        return self._file.exists()

    def to_input_file(self) -> InputFile:
        return self._file.to_input_file()

    def create(self, overwrite: bool = False) -> OutputStream:
        kind = _kind(self.location)
        STEPS.take(f"create {kind}")
        return SteppingStream(self._file.create(overwrite), kind)


class SteppingIO(PyArrowFileIO):
    """Local storage that records its operations in `STEPS`."""

    def new_output(self, location: str) -> OutputFile:
        return SteppingFile(super().new_output(location))


class SteppingS3IO(SteppingIO, S3FileIO):
    """S3 storage that records its operations in `STEPS`."""


def _kind(location: str) -> str:
    if location.endswith(".avro"):
        return "manifest list" if "/snap-" in location else "manifest"
    return next(kind for suffix, kind in KINDS.items() if location.endswith(suffix))
