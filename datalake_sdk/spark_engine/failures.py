"""What Spark's Java process raises, as the SDK's errors: each with a verdict on whether another try may help."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from datalake_sdk.engine.types import format_type, iceberg_type
from datalake_sdk.errors import (
    DatalakeError,
    IncompatibleColumnError,
    SparkConflictError,
    SparkJobError,
    SparkLostError,
    SparkMemoryError,
    StorageError,
)
from datalake_sdk.platforms.aws.denials import access_denied

if TYPE_CHECKING:
    from pyspark.sql.types import DataType

_MISFIT = re.compile(
    r"misfit\|(?P<column>[^|]*)\|(?P<stored>[^|]*)\|(?P<given>[^|]*)\|(?P<value>[^\n]*?)(?: SQLSTATE: \w+)?$",
    re.MULTILINE,
)
_RAISED_IN_PYTHON = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Interrupt|Exit|Warning)\b.*)", re.MULTILINE)
_Verdict: TypeAlias = Callable[[str, str], DatalakeError]
_VERDICTS: Sequence[tuple[re.Pattern[str], _Verdict]] = (
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
"""The first that is found in a failure's causes; whatever else fails will fail again."""


@contextmanager
def spark_errors(table: str) -> Iterator[None]:
    """Raises what Spark raises within as errors of the SDK; everything else passes.

    Args:
        table: Name for messages.

    Raises:
        DatalakeError: A `TransientError` where the same call may succeed later.
    """
    from py4j.protocol import Py4JError, Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        raise failure(table, _causes(error)) from error
    except (Py4JError, ConnectionError) as error:
        # Py4J's own: there is no Java process to answer any more.
        raise SparkLostError(table, str(error) or type(error).__name__) from error


def misfit_message(column: str, given: DataType, stored: DataType) -> str:
    """What a job says that meets a value that its column cannot hold, up to the value."""
    from pyspark.sql.pandas.types import to_arrow_type

    stored_text, given_text = (format_type(iceberg_type("", column, to_arrow_type(each))) for each in (stored, given))
    return f"misfit|{column}|{stored_text}|{given_text}|"


def failure(table: str, causes: Sequence[str]) -> DatalakeError:
    """The error for a chain of causes.

    Args:
        table: Name for messages.
        causes: `class: message` of each, outermost first.
    """
    everything = "\n".join(causes)
    misfit = _MISFIT.search(everything)
    if misfit is not None:
        values = [misfit["value"]] if misfit["value"] else []
        return IncompatibleColumnError(table, misfit["column"], misfit["stored"], misfit["given"], values)
    denied = access_denied(everything)
    if denied is not None:
        return denied
    verdict = next((make for pattern, make in _VERDICTS if pattern.search(everything)), SparkJobError)
    return verdict(table, _reason(causes))


def _reason(causes: Sequence[str]) -> str:
    """The innermost cause, without its class and the traces of Java and Python."""
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
