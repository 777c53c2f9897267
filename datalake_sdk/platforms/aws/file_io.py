"""pyiceberg's file access to S3: few requests, and deletions that leave no empty objects."""

from __future__ import annotations

import io
from functools import cached_property
from typing import Any

from pyarrow.fs import FileSystem
from pyiceberg.io import InputFile, InputStream, OutputFile, OutputStream

from datalake_sdk.engine.iceberg_internals import ArrowFileIO
from datalake_sdk.platforms.aws.object_reader import ObjectReader
from datalake_sdk.platforms.aws.objects import S3Objects
from datalake_sdk.platforms.aws.session import s3_client, s3_filesystem

FILE_IO = f"{__name__}.S3FileIO"
_METADATA_SUFFIXES = (".json", ".avro")
"""Small files that are read and written at once: metadata files, manifest lists and manifests."""


class S3FileIO(ArrowFileIO):
    """pyiceberg's `FileIO` for S3: metadata with boto3 in one request each, data files with Arrow."""

    def new_input(self, location: str) -> S3InputFile:  # type: ignore[override]
        """Returns an object to read; no request is made."""
        return S3InputFile(location, self.objects)

    def new_output(self, location: str) -> OutputFile:  # type: ignore[override]
        """Returns an object to write; no request is made."""
        if location.endswith(_METADATA_SUFFIXES):
            return S3OutputFile(location, self.objects)
        return super().new_output(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Deletes an object; does nothing if it does not exist."""
        # Arrow creates an empty object with the name of the folder after the last file in it is deleted.
        # https://github.com/apache/arrow/issues/36275
        self.objects.delete(location if isinstance(location, str) else location.location)

    def s3_filesystem(self) -> FileSystem:
        return s3_filesystem(self.properties)

    @cached_property
    def objects(self) -> S3Objects:
        """Objects of the client, with their cache; a catalog sets it, to share it among its tables."""
        return S3Objects(s3_client(self.properties))


class S3InputFile(InputFile):
    """An object to read.

    Args:
        location: Location with a scheme.
        objects: Objects of the client to read with.
    """

    def __init__(self, location: str, objects: S3Objects) -> None:
        super().__init__(location)
        self._objects = objects

    def __len__(self) -> int:
        return self._objects.tail(self.location).size

    def exists(self) -> bool:
        """Whether the object exists in storage."""
        return self._objects.size(self.location) is not None

    def open(self, seekable: bool = True) -> InputStream:
        """Opens the object: metadata are read at once, data files as needed."""
        if self.location.endswith(_METADATA_SUFFIXES):
            return io.BytesIO(self._objects.whole(self.location))
        return ObjectReader(self.location, self._objects)


class S3OutputFile(OutputFile):
    """A small object to write.

    Args:
        location: Location with a scheme.
        objects: Objects of the client to write with.
    """

    def __init__(self, location: str, objects: S3Objects) -> None:
        super().__init__(location)
        self._objects = objects
        self._written: int | None = None

    def __len__(self) -> int:
        """Size of the object; without a request if this instance has written it."""
        if self._written is None:
            return len(self.to_input_file())
        return self._written

    def exists(self) -> bool:
        """Whether the object exists in storage."""
        return self.to_input_file().exists()

    def to_input_file(self) -> S3InputFile:
        """Returns the same object to read."""
        return S3InputFile(self.location, self._objects)

    def create(self, overwrite: bool = False) -> OutputStream:
        """Opens a stream that writes the object when it is closed.

        Raises:
            FileExistsError: The object exists and `overwrite` is False.
        """
        if not overwrite and self.exists():
            raise FileExistsError(f"{self.location} already exists")
        return _ObjectWriter(self)

    def write(self, content: bytes) -> None:
        """Writes the object."""
        self._objects.write(self.location, content)
        self._written = len(content)


class _ObjectWriter(io.BytesIO):
    """Buffers an object; writes it when it is closed, unless the block that writes it fails."""

    def __init__(self, file: S3OutputFile) -> None:
        super().__init__()
        self._file = file

    def close(self) -> None:
        if not self.closed:
            content = self.getvalue()
            super().close()
            self._file.write(content)

    def __exit__(self, kind: Any, *error: object) -> None:
        if kind is not None:
            super().close()
        self.close()
