"""Converts errors of Spark to errors of the SDK, which are either terminal or transient."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from datalake_sdk.engine.types import format_type, iceberg_type
from datalake_sdk.errors import (
    AccessDeniedError,
    DatalakeError,
    DateOutOfRangeError,
    IncompatibleColumnError,
    RequiredColumnError,
    SparkConflictError,
    SparkJobError,
    SparkLostError,
    SparkMemoryError,
    StorageError,
)
from datalake_sdk.platforms.aws.library_denials import library_denial

if TYPE_CHECKING:
    from pyspark.sql.types import DataType

BEFORE_FIRST_YEAR, AFTER_LAST_YEAR = "before the year 1", "after the year 9999"

_VALUE = re.compile(
    r"incompatible value\|(?P<column>[^|]*)\|(?P<stored>[^|]*)\|(?P<given>[^|]*)\|(?P<value>[^\n]*?)"
    r"(?: SQLSTATE: \w+)?$",
    re.MULTILINE,
)
_DATE = re.compile(rf"date out of range\|(?P<column>[^|]*)\|(?P<when>{BEFORE_FIRST_YEAR}|{AFTER_LAST_YEAR})")
_NULL = re.compile(r"NULL value appeared in non-nullable field:\s*(?P<column>\S+)")
_RAISED_IN_PYTHON = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Interrupt|Exit|Warning)\b.*)", re.MULTILINE)
_ErrorClass: TypeAlias = Callable[[str, str], DatalakeError]
_ERROR_CLASSES: Sequence[tuple[re.Pattern[str], _ErrorClass]] = (
    (re.compile(r"CommitFailedException|ValidationException|CommitStateUnknown"), SparkConflictError),
    (re.compile(r"OutOfMemoryError|SparkOutOfMemoryError"), SparkMemoryError),
    (re.compile(r"No space left|Disk quota exceeded|File too large|Read-only file system"), StorageError),
    (
        re.compile(
            r"FetchFailedException|ExecutorLostFailure|Connection refused|Connection reset|UnknownHostException"
            r"|SocketTimeout|SparkContext was shut down|SdkClientException|SlowDown|Throttl|Status Code: 5\d\d"
        ),
        SparkLostError,
    ),
    (re.compile(r"java\.io\.(UncheckedIO|IO|FileNotFound)Exception|RuntimeIOException"), StorageError),
)
"""Error class by pattern; the first pattern found in the causes applies. All other failures are terminal."""


@contextmanager
def spark_errors(table: str) -> Iterator[None]:
    """Raises errors of Spark as errors of the SDK; other exceptions pass through.

    Args:
        table: Table name for messages.

    Raises:
        DatalakeError: A `TransientError` if a retry may succeed.
    """
    from py4j.protocol import Py4JError, Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        raise failure(table, _causes(error)) from error
    except (Py4JError, ConnectionError) as error:
        # Raised by Py4J itself: the Java process has exited.
        raise SparkLostError(table, str(error) or type(error).__name__) from error


def denial(error: Exception) -> AccessDeniedError | None:
    """Returns the error for a denied request that caused an exception of Spark; None for other exceptions."""
    return library_denial("\n".join(_causes(error.__cause__ or error)))


def value_message(column: str, given: DataType, stored: DataType) -> str:
    """Returns the message with which a job rejects a value that its column cannot store; the value is appended."""
    from pyspark.sql.pandas.types import to_arrow_type

    stored_type, given_type = (format_type(iceberg_type("", column, to_arrow_type(each))) for each in (stored, given))
    return f"incompatible value|{column}|{stored_type}|{given_type}|"


def date_message(column: str, when: str) -> str:
    """Returns the message with which a job rejects a date or timestamp.

    Args:
        column: Column of the table, or a field of it: `column.field`.
        when: `BEFORE_FIRST_YEAR` or `AFTER_LAST_YEAR`.
    """
    return f"date out of range|{column}|{when}"


def failure(table: str, causes: Sequence[str]) -> DatalakeError:
    """Returns the error for a chain of causes.

    Args:
        table: Table name for messages.
        causes: `class: message` of each cause, outermost first.
    """
    messages = "\n".join(causes)
    known = _contract_violation(table, messages) or library_denial(messages)
    if known is not None:
        return known
    error_class = next((make for pattern, make in _ERROR_CLASSES if pattern.search(messages)), SparkJobError)
    return error_class(table, _reason(causes))


def _contract_violation(table: str, messages: str) -> DatalakeError | None:
    """The native engine's error for a value that the table cannot store."""
    if date := _DATE.search(messages):
        return DateOutOfRangeError(table, date["column"], date["when"])
    if value := _VALUE.search(messages):
        values = [value["value"]] if value["value"] else []
        return IncompatibleColumnError(table, value["column"], value["stored"], value["given"], values)
    if null := _NULL.search(messages):
        return RequiredColumnError(table, null["column"])
    return None


def _reason(causes: Sequence[str]) -> str:
    """The message of the innermost cause, without its class and without Java and Python tracebacks."""
    message = causes[-1].partition(": ")[2] or causes[-1]
    raised = _RAISED_IN_PYTHON.findall(message)
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return (raised[-1] if raised else (lines or [causes[-1]])[0])[:1000]


def _causes(error: Any) -> list[str]:
    cause = getattr(error, "_origin", None) or getattr(error, "java_exception", None)
    if cause is None:
        return [f"{type(error).__name__}: {error}"]
    causes = []
    while cause is not None:
        causes.append(f"{cause.getClass().getName()}: {cause.getMessage()}")
        cause = cause.getCause()
    return causes
