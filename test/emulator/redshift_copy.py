"""COPY from Parquet files: https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from test.emulator.access import RoleNotAssumableError, ServiceRole
from test.emulator.clients import client
from test.emulator.process import REGION
from test.emulator.redshift_endpoints import Endpoint
from test.emulator.redshift_types import Declared, RedshiftError

_COPY = re.compile(
    r"""COPY \s+ (?P<table>[\w."]+) \s+ FROM \s+ '(?P<source>s3://(?P<bucket>[^/']+)/(?P<key>[^']+))' \s+
    IAM_ROLE \s+ (?:'(?P<role>[^']+)' | (?P<default>default)) \s+ FORMAT \s+ (?:AS \s+)? PARQUET (?P<options>.*)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_ARROW: dict[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "character varying": pa.string(),
    "binary varying": pa.binary(),
}
"""Types that a Parquet column must have; TIME, TIMESTAMPTZ and SUPER without SERIALIZETOJSON are rejected."""


@dataclass(frozen=True)
class Copy:
    """A COPY statement.

    Attributes:
        table: The target, as in the statement.
        bucket: Bucket of the manifest or of the files.
        key: Key of the manifest, or prefix of the files.
        role: ARN of the role; None for the default role.
        has_manifest: Whether `key` is a manifest.
    """

    table: str
    bucket: str
    key: str
    role: str | None
    has_manifest: bool


def parse_copy(sql: str) -> Copy:
    """Parses a statement.

    Raises:
        RedshiftError: It has a syntax, a format or an option that is not supported.
    """
    found = _COPY.fullmatch(sql.strip().rstrip(";").strip())
    if found is None:
        raise RedshiftError(f'syntax error at or near "{sql.strip().split()[-1]}"')
    options = found["options"].upper().split()
    for option in options:
        if option != "MANIFEST":
            raise RedshiftError(f"{option} argument is not supported for PARQUET based COPY")
    return Copy(found["table"], found["bucket"], found["key"], found["role"], "MANIFEST" in options)


def copied_rows(copy: Copy, endpoint: Endpoint, columns: Sequence[Declared]) -> Iterator[pa.Table]:
    """Reads the files with the permissions of the role.

    Raises:
        RedshiftError: The role cannot be assumed, a file cannot be read, or its columns differ from the table's.
    """
    s3 = _client(copy, endpoint)
    try:
        for bucket, key, size in _files(s3, copy):
            content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            if size is not None and size != len(content):
                raise RedshiftError(f"Spectrum Scan Error: the size of s3://{bucket}/{key} differs from the manifest")
            rows = pq.read_table(io.BytesIO(content), coerce_int96_timestamp_unit="us")
            yield _checked(rows, columns, f"s3://{bucket}/{key}")
    except ClientError as error:
        raise RedshiftError(f"S3ServiceException:{error},Status {_status(error)}") from error


def _client(copy: Copy, endpoint: Endpoint) -> Any:
    role = copy.role or endpoint.default_role
    if role is None:
        raise RedshiftError("The cluster or workgroup has no default IAM role")
    denied = RedshiftError(f"User {endpoint.arn} is not authorized to assume IAM Role {role}")
    if role not in endpoint.roles:
        raise denied
    try:
        return client("s3", REGION, ServiceRole(role, "redshift.amazonaws.com", endpoint.arn))
    except RoleNotAssumableError as error:
        raise denied from error


def _files(s3: Any, copy: Copy) -> Iterator[tuple[str, str, int | None]]:
    if not copy.has_manifest:
        for entry in _listed(s3, copy.bucket, copy.key):
            yield copy.bucket, entry["Key"], None
        return
    manifest = json.loads(s3.get_object(Bucket=copy.bucket, Key=copy.key)["Body"].read())
    for entry in manifest["entries"]:
        bucket, _, key = entry["url"].removeprefix("s3://").partition("/")
        size = entry.get("meta", {}).get("content_length")
        if size is None:
            raise RedshiftError("The manifest of a columnar COPY requires meta.content_length for each file")
        _listed(s3, bucket, key)
        yield bucket, key, size


def _listed(s3: Any, bucket: str, prefix: str) -> list[dict[str, Any]]:
    """COPY requires permission to list the bucket: https://docs.aws.amazon.com/redshift/latest/dg/r_COPY_usage_notes.html."""
    found = list(s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ()))
    if not found:
        raise RedshiftError(f"The specified S3 prefix '{prefix}' does not exist")
    return found


def _checked(rows: pa.Table, columns: Sequence[Declared], location: str) -> pa.Table:
    if rows.num_columns != len(columns):
        raise RedshiftError(
            f"Spectrum Scan Error: Number of columns in parquet file does not match number of columns in table. "
            f"Expected columns: {len(columns)}, found columns: {rows.num_columns}. {location}"
        )
    for position, column in enumerate(columns):
        expected = _ARROW.get(column.type)
        if column.type == "numeric":
            expected = pa.decimal128(column.precision or 18, column.scale or 0)
        if expected != rows.schema.field(position).type:
            raise RedshiftError(
                f"Spectrum Scan Error: File '{location}' has an incompatible Parquet schema for column "
                f"'{column.name}'. Column type: {column.type.upper()}, Parquet type: {rows.schema.field(position).type}"
            )
    return rows.rename_columns([column.name for column in columns])


def _status(error: ClientError) -> Any:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
