"""Lists and deletes the files of tables in S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from datalake_sdk.errors import LeftoverFilesError, OutsideLakeError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.base import RemovedFiles, TableFile


class TableStorage:
    """Objects under the locations of tables in one bucket.

    Args:
        s3: boto3 client.
        bucket: Data bucket of the environment; files elsewhere are never deleted.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def check(self, table: str, location: str) -> str:
        """Returns the prefix of a table's objects.

        Args:
            table: Name of the table, for messages.
            location: Location in the table's metadata.

        Raises:
            OutsideLakeError: The location is not a folder in the data bucket.
        """
        parts = urlsplit(location)
        prefix = _prefix(location)
        if parts.scheme not in ("s3", "s3a", "s3n") or parts.netloc != self._bucket or not prefix:
            raise OutsideLakeError(table, location, f"s3://{self._bucket}")
        return prefix

    def folders(self, location: str) -> list[str]:
        """Lists the names of the folders directly under a location, sorted."""
        prefix = _prefix(location)
        with aws_errors():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix, Delimiter="/"
            )
            found = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", ())]
        return sorted(folder.removeprefix(prefix).rstrip("/") for folder in found)

    def files(self, location: str) -> Iterator[TableFile]:
        """Lists all objects under a location; their paths start with the location as given."""
        prefix = _prefix(location)
        with aws_errors():
            for entry in (entry for page in self._pages(prefix) for entry in page):
                relative = entry["Key"].removeprefix(prefix)
                modified = entry["LastModified"].timestamp() * 1000
                yield TableFile(f"{location.rstrip('/')}/{relative}", entry["Size"], modified)

    def remove(self, table: str, location: str) -> RemovedFiles:
        """Deletes all objects under a table's location.

        Raises:
            LeftoverFilesError: S3 did not delete some of them.
        """
        prefix = self.check(table, location)
        files = size = 0
        with aws_errors():
            versioned = self._is_versioned()
            for page in self._pages(prefix):
                self._delete(table, location, [entry["Key"] for entry in page])
                files += len(page)
                size += sum(entry["Size"] for entry in page)
        return RemovedFiles(files, size, f"s3://{self._bucket}/{prefix}" if versioned and files else None)

    def _pages(self, prefix: str) -> Iterator[list[dict[str, Any]]]:
        """Yields pages of at most as many objects as one call can delete."""
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            if page.get("Contents"):
                yield page["Contents"]

    def _delete(self, table: str, location: str, keys: list[str]) -> None:
        objects = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        errors = self._s3.delete_objects(Bucket=self._bucket, Delete=objects).get("Errors", ())
        if errors:
            reason = f"{len(errors)} objects, the first '{errors[0]['Key']}': {errors[0]['Message']}"
            raise LeftoverFilesError(table, location, reason)

    def _is_versioned(self) -> bool:
        return bool(self._s3.get_bucket_versioning(Bucket=self._bucket).get("Status") == "Enabled")


def _prefix(location: str) -> str:
    """Prefix of the keys under a location; empty for a bucket."""
    path = urlsplit(location).path.strip("/")
    return f"{path}/" if path else ""
