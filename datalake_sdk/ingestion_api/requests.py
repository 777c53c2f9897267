"""Parses requests: bodies to rows, idempotency keys to identifiers."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from uuid import uuid4

from datalake_sdk.errors import InvalidBodyError, InvalidIdempotencyKeyError, RequestTooLargeError

MAX_BODY_BYTES = 1_000_000
"""On AWS, the compressed body must also fit into a message."""
_MAX_KEY_LENGTH = 255
_KEY = re.compile(rf"[\x21-\x7e]{{1,{_MAX_KEY_LENGTH}}}")


def request_id(key: str | None) -> str:
    """Derives the identifier of a request from its idempotency key; without a key, it is random.

    Raises:
        InvalidIdempotencyKeyError: The key is malformed.
    """
    if key is None:
        return uuid4().hex
    if not _KEY.fullmatch(key):
        raise InvalidIdempotencyKeyError(len(key), _MAX_KEY_LENGTH)
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def digest(body: bytes) -> str:
    """Returns the hash by which a repeated request is recognized."""
    return hashlib.sha256(body).hexdigest()


def parsed_rows(body: bytes) -> Sequence[object]:
    """Parses a body: an object is one row, an array contains rows. Fractional numbers keep all digits.

    Raises:
        RequestTooLargeError: The body is too large.
        InvalidBodyError: It is not JSON, or has no rows.
    """
    if len(body) > MAX_BODY_BYTES:
        raise RequestTooLargeError(len(body), MAX_BODY_BYTES)
    try:
        rows = json.loads(
            body.decode(), parse_float=_decimal, parse_constant=_constant, object_pairs_hook=_without_repetitions
        )
    except RecursionError:
        raise InvalidBodyError("is nested too deeply") from None
    except UnicodeDecodeError:
        raise InvalidBodyError("is not valid UTF-8") from None
    except ValueError as error:
        raise InvalidBodyError(f"is not valid JSON: {error}") from None
    if isinstance(rows, dict):
        return [rows]
    if not isinstance(rows, list):
        raise InvalidBodyError(f"is {rows!r:.60}")
    if not rows:
        raise InvalidBodyError("has no rows")
    return rows


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("the exponent of a number is too large") from None


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _without_repetitions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        repeated = next(name for name, count in counts.items() if count > 1)
        raise ValueError(f"'{repeated}' occurs twice in an object")
    return fields
