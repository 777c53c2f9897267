"""Storage that fails: pyiceberg's own, except that the n-th file cannot be written, as on a full disk."""

from __future__ import annotations

import errno

from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from datalake_sdk.platforms.aws.file_io import S3FileIO


class FullDisk:
    """When the disk is full, and for which files; shared by all writers of a test's process."""

    def __init__(self) -> None:
        self.suffix = ""
        self.writes_left: int | None = None

    def check(self, location: str) -> None:
        """Raises as the operating system does when there is no room for this file."""
        if self.writes_left is None or not location.endswith(self.suffix):
            return
        if self.writes_left == 0:
            raise OSError(errno.ENOSPC, "No space left on device", location)
        self.writes_left -= 1


DISK = FullDisk()


class FullDiskIO(PyArrowFileIO):
    """Storage on `DISK`."""

    def new_output(self, location: str) -> PyArrowFile:
        DISK.check(location)
        return super().new_output(location)


class FullDiskS3IO(FullDiskIO, S3FileIO):
    """Storage in S3 on `DISK`."""
