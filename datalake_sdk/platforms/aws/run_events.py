"""The run ledger on AWS: objects in the technical bucket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any

from datalake_sdk.errors import AwsRequestError
from datalake_sdk.platforms.aws.conditional_writes import write_bytes
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.run_events import DAY_PREFIX, FOLDER

_MAX_KEYS = 1000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
_THREADS = 10
"""Connections of a boto3 client: https://docs.aws.amazon.com/botocore/latest/reference/config.html"""
_IDENTITY_SECONDS = 1.0
"""Less than the time that the end of a process waits for its events."""
_UNITS = {len("yyyymmddT"): 24, len("yyyymmddThh"): 60, len("yyyymmddThhmm"): 60}
"""Number of hours, minutes or seconds, by the length of the part of a name before them."""


class AwsRunEvents:
    """Events of an environment.

    Args:
        session: Account and region.
        bucket: Technical bucket of the environment.
    """

    def __init__(self, session: AwsSession, bucket: str) -> None:
        self._session = session
        self._bucket = bucket

    @property
    def location(self) -> str:
        return f"s3://{self._bucket}/{FOLDER}"

    def table_identity(self, table: str) -> tuple[str, str]:
        return self._namespace, f"table/{table.replace('.', '/', 1)}"

    @cached_property
    def _namespace(self) -> str:
        return self._session.glue_namespace(_IDENTITY_SECONDS)

    def write(self, day: str, name: str, content: bytes) -> bool:
        return write_bytes(self._session, self._bucket, _key(day, name), content, IfNoneMatch="*")

    def days(self) -> list[str]:
        prefix = f"{FOLDER}/{DAY_PREFIX}"
        with aws_errors():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix, Delimiter="/"
            )
            found = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", ())]
        return sorted((each.removeprefix(prefix).rstrip("/") for each in found), reverse=True)

    def names(self, day: str, before: str = "") -> Iterator[str]:
        for name in self._descending(day, f"{day.replace('-', '')}T", before):
            if name.endswith(".json") and (not before or name < before):
                yield name

    def compacted(self, day: str) -> list[str]:
        return self._page(day, "compacted-")[0]

    def read(self, day: str, names: Sequence[str]) -> list[bytes | None]:
        with ThreadPoolExecutor(_THREADS, "ledger") as pool:
            return list(pool.map(partial(self._content, day), names))

    def remove(self, day: str, names: Sequence[str]) -> None:
        for start in range(0, len(names), _MAX_KEYS):
            objects = [{"Key": _key(day, name)} for name in names[start : start + _MAX_KEYS]]
            with aws_errors():
                self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})

    def _descending(self, day: str, prefix: str, before: str) -> Iterator[str]:
        """Lists names from the last one on. S3 lists them from the first one, so large prefixes are split by time."""
        names, is_complete = self._page(day, prefix)
        units = _UNITS.get(len(prefix))
        if is_complete:
            yield from reversed(names)
        elif units is None:
            yield from reversed(self._all(day, prefix))
        else:
            for unit in reversed(range(units)):
                narrower = f"{prefix}{unit:02}"
                if not before or narrower <= before:
                    yield from self._descending(day, narrower, before)

    def _page(self, day: str, prefix: str) -> tuple[list[str], bool]:
        with aws_errors():
            page = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=_key(day, prefix), MaxKeys=_MAX_KEYS)
        return _names(page), not page.get("IsTruncated")

    def _all(self, day: str, prefix: str) -> list[str]:
        with aws_errors():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=_key(day, prefix))
            return [name for page in pages for name in _names(page)]

    def _content(self, day: str, name: str) -> bytes | None:
        try:
            with aws_errors():
                content: bytes = self._s3.get_object(Bucket=self._bucket, Key=_key(day, name))["Body"].read()
        except AwsRequestError as error:
            if error.code != "NoSuchKey":
                raise
            return None
        return content

    @property
    def _s3(self) -> Any:
        return self._session.client("s3")


def _key(day: str, name: str) -> str:
    return f"{FOLDER}/{DAY_PREFIX}{day}/{name}"


def _names(page: Any) -> list[str]:
    return [each["Key"].rpartition("/")[2] for each in page.get("Contents", ())]
