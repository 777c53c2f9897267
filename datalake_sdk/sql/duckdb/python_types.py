"""Types of functions implemented in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class InvalidArgumentError(ValueError):
    """Raised for an invalid argument; the message is Trino's."""

    def __init__(self, message: str) -> None:
        super().__init__(f"INVALID_FUNCTION_ARGUMENT: {message}")


@dataclass(frozen=True)
class PythonFunction:
    """A scalar function, called for rows without null arguments.

    Args:
        body: Receives the arguments of one row; None is null.
        parameters: DuckDB types of the parameters.
        result: DuckDB type of the result.
    """

    body: Callable[..., Any]
    parameters: tuple[str, ...]
    result: str
