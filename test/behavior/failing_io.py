"""A `FileIO` whose n-th file cannot be written, as on a full disk."""

from __future__ import annotations

import errno

from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from datalake_sdk.platforms.aws.file_io import S3FileIO


class FullDisk:
    """Selects the file that cannot be written; shared by all writers of a test process."""

    def __init__(self) -> None:
        self.suffix = ""
        self.writes_left: int | None = None

    def check(self, location: str) -> None:
        """Raises the operating system's error if this is the selected file."""
        if self.writes_left is None or not location.endswith(self.suffix):
            return
        if self.writes_left == 0:
            raise OSError(errno.ENOSPC, "No space left on device", location)
        self.writes_left -= 1


DISK = FullDisk()


class FullDiskIO(PyArrowFileIO):
    """Local storage that fails according to `DISK`."""

    def new_output(self, location: str) -> PyArrowFile:
        DISK.check(location)
        return super().new_output(location)


class FullDiskS3IO(FullDiskIO, S3FileIO):
    """S3 storage that fails according to `DISK`."""
