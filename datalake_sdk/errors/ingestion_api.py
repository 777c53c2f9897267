"""Errors of the ingestion API: rejected requests, which have an HTTP status, and a service that cannot start."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from datalake_sdk.errors.base import TransientError, UsageError, counted, listed

_SHOWN_PROBLEMS = 5


class RejectedRequestError(UsageError):
    """A request that the API rejects.

    Attributes:
        status: HTTP status of the response.
    """

    status = 400


class InvalidBodyError(RejectedRequestError):
    """A body that is not a row or a list of rows."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the body {reason}", hint='Send a JSON object for one row, or an array of them: [{"id": 1}, {"id": 2}].'
        )


class InvalidRowsError(RejectedRequestError):
    """Rows that violate the contract of the table; none of the request is stored."""

    def __init__(self, table: str, problems: Sequence[str]) -> None:
        more = len(problems) - _SHOWN_PROBLEMS
        shown = "; ".join(problems[:_SHOWN_PROBLEMS]) + (f"; and {counted(more, 'more problem')}" if more > 0 else "")
        super().__init__(f"{table}: {shown}", hint="Correct the rows and send the request again; nothing was stored.")


class RequestTooLargeError(RejectedRequestError):
    """A body over the size limit."""

    status = 413

    def __init__(self, size: int, limit: int, what: str = "the body") -> None:
        super().__init__(f"{what} has {size:,} bytes; the limit is {limit:,}", hint="Split it into several requests.")


class MissingLengthError(RejectedRequestError):
    """A request without the length of its body."""

    status = 411

    def __init__(self) -> None:
        super().__init__("the header Content-Length is missing or not a number", hint="Send the length of the body.")


class InvalidIdempotencyKeyError(RejectedRequestError):
    """A malformed Idempotency-Key header."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            f"Idempotency-Key has {length:,} characters; it must be 1 to {limit} ASCII characters without spaces",
            hint="Use a new UUID for each request, and the same one for its retries.",
        )


class IdempotencyKeyReusedError(RejectedRequestError):
    """A key that an earlier request used with another body."""

    # https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07#section-2.7
    status = 422

    def __init__(self, key: str, request: str) -> None:
        super().__init__(
            f"Idempotency-Key '{key}' was used with another body, by request {request}",
            hint="Use a new key for other rows.",
        )


class UnauthorizedRequestError(RejectedRequestError):
    """A request without the token of the server."""

    status = 401

    def __init__(self) -> None:
        super().__init__("the bearer token is missing or wrong", hint="Send the header Authorization: Bearer TOKEN.")


class UnknownRequestError(RejectedRequestError):
    """A request id that is unknown or has expired."""

    status = 404

    def __init__(self, request: str, days: int) -> None:
        super().__init__(
            f"request '{request}' does not exist", hint=f"Requests are remembered for {days} days after the first one."
        )


class UnknownRouteError(RejectedRequestError):
    """A path or a method that the API does not have."""

    status = 404

    def __init__(self, method: str, path: str) -> None:
        super().__init__(
            f"{method} {path} does not exist",
            hint="Use POST /requests to send rows, or GET /requests/{id} for a status.",
        )


class UntypedContractError(UsageError):
    """A table whose column types are unknown, so that no row can be validated."""

    def __init__(self, table: str, columns: Collection[str]) -> None:
        reason = f"columns {listed(columns)} have no type" if columns else "the table does not exist"
        super().__init__(
            f"{table}: {reason}, so rows cannot be validated",
            hint=f"Declare the types of all columns in tables_configuration/{table}.yaml.",
        )


class UnknownKeyColumnsError(UsageError):
    """Upsert keys that are not columns of the contract."""

    def __init__(self, table: str, key: str, columns: Sequence[str]) -> None:
        near = get_close_matches(key, columns, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"The columns are {', '.join(columns)}."
        super().__init__(f"{table}: upsert key '{key}' is not a column", hint=hint)


class NoEmbeddedLakeError(UsageError):
    """A server on this machine without an embedded lake."""

    def __init__(self) -> None:
        super().__init__(
            "serve_ingestion serves a table of an embedded lake, but none is selected",
            hint="Select one: datalake_sdk --local ./lake serve_ingestion …\n"
            "On AWS, the Terraform module ingestion_api deploys the API.",
        )


class BufferInUseError(UsageError):
    """Requests that another process already buffers."""

    def __init__(self, path: object) -> None:
        super().__init__(
            f"another process already serves this table; it uses '{path}'",
            hint="Stop that process, or send the requests to it.",
        )


class PortInUseError(UsageError):
    """A port that cannot be opened."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(f"--port is {port}, which cannot be opened: {reason}", hint="Choose another port.")


class BatchTakenOverError(TransientError):
    """A batch that another writer has taken over."""

    def __init__(self, batch: str) -> None:
        super().__init__(
            f"batch {batch} was taken over by another writer",
            hint="Nothing is lost: the other writer writes its requests.",
        )
