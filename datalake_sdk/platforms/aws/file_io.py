"""pyiceberg's file access to S3: few requests, and deletions that leave no empty objects."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from pyarrow.fs import FileSystem
from pyiceberg.io import InputFile, OutputFile

from datalake_sdk.engine.iceberg_internals import ArrowFileIO
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession, s3_filesystem

FILE_IO = f"{__name__}.S3FileIO"


class S3FileIO(ArrowFileIO):
    """pyiceberg's `FileIO` for S3, based on the SDK's file system and session."""

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Deletes an object; does nothing if it does not exist."""
        # Arrow creates an empty object with the name of the folder after the last file in it is deleted.
        # https://github.com/apache/arrow/issues/36275
        parts = urlsplit(location if isinstance(location, str) else location.location)
        with aws_errors():
            self._s3.delete_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))

    def s3_filesystem(self) -> FileSystem:
        return s3_filesystem(self.properties)

    @cached_property
    def _s3(self) -> Any:
        return AwsSession(self.properties.get("s3.region")).client("s3")
