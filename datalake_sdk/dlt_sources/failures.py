"""Translates exceptions of dlt and of sources."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dlt.common.configuration.exceptions import ConfigFieldMissingException, LookupTrace
from dlt.common.schema.exceptions import DataValidationError
from dlt.pipeline.exceptions import PipelineStepFailed

from datalake_sdk.errors import (
    DatalakeError,
    MissingSourceSettingError,
    SourceDataError,
    SourceReadError,
    SourceUnavailableError,
)
from datalake_sdk.masked_values import without_masked_values
from datalake_sdk.redaction import redacted

_VARIANT = "__v_"
"""Between the name of a column and the type of values that do not fit.
https://dlthub.com/docs/general-usage/schema#variant-columns"""
_TOO_MANY_REQUESTS, _SERVER_ERRORS = 429, 500


@contextmanager
def source_errors(source: str) -> Iterator[None]:
    """Raises errors of the SDK for those of dlt and of the source, without secrets in their messages."""
    try:
        yield
    except (PipelineStepFailed, ConfigFieldMissingException) as error:
        raise _translated(source, error) from error


@contextmanager
def build_errors(source: str) -> Iterator[None]:
    """Raises errors of the SDK for all exceptions while a source is configured, without secrets in their messages."""
    try:
        yield
    except DatalakeError:
        raise
    except Exception as error:
        raise _translated(source, error) from error


def _translated(source: str, error: BaseException) -> DatalakeError:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, DatalakeError):
            return cause
        if isinstance(cause, DataValidationError):
            column = str(cause.column_name or "").partition(_VARIANT)[0]
            return SourceDataError(str(cause.table_name), column, _reason(cause))
        if isinstance(cause, ConfigFieldMissingException):
            return MissingSourceSettingError(source, _variables(cause))
    root = causes[-1]
    kind = SourceUnavailableError if any(map(_is_transient, causes)) else SourceReadError
    return kind(source, without_masked_values(redacted(f"{type(root).__name__}: {root}")))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _is_transient(error: BaseException) -> bool:
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(status, int):
        return status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, ConnectionError | TimeoutError) or bool(names & _UNAVAILABLE)


_UNAVAILABLE = frozenset({"ConnectionError", "Timeout", "OperationalError"})
"""Classes of requests and SQLAlchemy: https://requests.readthedocs.io/en/latest/api/#exceptions."""


def _reason(error: DataValidationError) -> str:
    if error.schema_entity != "data_type":
        return f"new {error.schema_entity} are not allowed by schema_contract"
    _, _, given = str(error.column_name).partition(_VARIANT)
    return f"its values are not all of one type; one is {given}" if given else "its type differs from that of the table"


def _variables(error: ConfigFieldMissingException) -> list[str]:
    """The most specific environment variable that dlt looks up for each field."""
    return [
        next((_variable(trace.key) for trace in traces if isinstance(trace, LookupTrace)), field.upper())
        for field, traces in error.traces.items()
    ]


def _variable(key: str) -> str:
    # https://dlthub.com/docs/general-usage/credentials/setup#environment-variables
    return key.replace(".", "__").upper()
