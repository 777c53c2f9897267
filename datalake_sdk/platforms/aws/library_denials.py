"""Finds denied requests in exceptions of boto3, Arrow, s3fs, Polars, DuckDB and Hadoop that a task's code raises."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from datalake_sdk.errors import AccessDeniedError, DatalakeError
from datalake_sdk.platforms.aws.denials import access_denied, s3_denied
from datalake_sdk.platforms.aws.failures import arrow_failure, client_failure

_HTTP = re.compile(
    r"\b(?P<method>DELETE|GET|HEAD|POST|PUT)\b[^\n]{0,30}?(?P<url>(?:https?|s3)://[^\s'\"]+)[^\n]*?\b403\b"
)
"""https://github.com/duckdb/duckdb-httpfs/pull/46,
https://docs.rs/object_store/latest/object_store/client/enum.RetryError.html"""
_S3_HOST = re.compile(r"(?:(?P<bucket>.+?)\.)?(?:vpce-[\w-]+\.)?s3[.-][\w.-]*amazonaws\.com(?:\.cn)?")
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"""
_HADOOP = re.compile(
    r"AccessDeniedException: (?:s3a?://)?(?P<path>[^\s:]+): (?P<verb>[^\n]*?) (?:on|at) [^\n]*Status Code: 403"
)
"""https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/troubleshooting_s3a.html"""
_METHODS = {"DELETE": "DeleteObject", "GET": "GetObject", "HEAD": "HeadObject", "POST": "PutObject", "PUT": "PutObject"}
_HADOOP_VERBS = (
    (re.compile("delete", re.IGNORECASE), "DeleteObject"),
    (re.compile("list", re.IGNORECASE), "ListObjectsV2"),
    (re.compile("writ|put|upload|create|mkdir", re.IGNORECASE), "PutObject"),
)


def denial_behind(error: BaseException) -> AccessDeniedError | None:
    """Returns the error for the denial that caused an exception; None if AWS denied nothing.

    Args:
        error: An exception; its explicit causes are searched too, since libraries raise exceptions of their own.
    """
    from botocore.exceptions import ClientError

    causes = [cause for cause in _causes(error) if not isinstance(cause, DatalakeError)]
    # Errors of botocore come first, since they also contain the parameters of the request.
    failures = [client_failure(cause) for cause in causes if isinstance(cause, ClientError)]
    denials = [failure for failure in failures if isinstance(failure, AccessDeniedError)]
    return next(iter(denials), None) or next(filter(None, (library_denial(str(cause)) for cause in causes)), None)


def library_denial(message: str) -> AccessDeniedError | None:
    """Returns the error for a library's message about a denied request; None for other messages."""
    if denied := access_denied(message):
        return denied
    failure = arrow_failure(message)
    if isinstance(failure, AccessDeniedError):
        return failure
    if http := _HTTP.search(message):
        return _http_denial(http["method"], http["url"])
    hadoop = _HADOOP.search(message)
    return s3_denied(_hadoop_operation(hadoop["verb"]), hadoop["path"]) if hadoop else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _http_denial(method: str, url: str) -> AccessDeniedError | None:
    parts = urlsplit(url)
    key = unquote(parts.path.lstrip("/"))
    if parts.scheme == "s3":
        path = f"{parts.netloc}/{key}"
    elif host := _S3_HOST.fullmatch(parts.hostname or ""):
        path = f"{host['bucket']}/{key}" if host["bucket"] else key
    elif _is_configured(parts.netloc):
        path = key
    else:
        return None
    prefix = parse_qs(parts.query).get("prefix")
    listing = prefix is not None or "list-type" in parts.query
    if listing:
        return s3_denied("ListObjectsV2", path, {"Prefix": (prefix or [""])[0]})
    return s3_denied(_METHODS[method], path)


def _is_configured(host: str) -> bool:
    """Whether a host is an endpoint for S3 that the environment sets."""
    endpoints = (os.environ.get(name, "") for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
    return host in {urlsplit(endpoint).netloc for endpoint in endpoints if endpoint}


def _hadoop_operation(verb: str) -> str:
    return next((operation for pattern, operation in _HADOOP_VERBS if pattern.search(verb)), "GetObject")
