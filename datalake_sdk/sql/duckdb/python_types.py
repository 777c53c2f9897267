"""A function of Athena's that Python computes, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class InvalidArgumentError(ValueError):
    """An argument that the function does not take; the message is Athena's."""

    def __init__(self, message: str) -> None:
        super().__init__(f"INVALID_FUNCTION_ARGUMENT: {message}")


@dataclass(frozen=True)
class PythonFunction:
    """A function that is called where no argument is null.

    Args:
        body: Takes the arguments of one row; None is null.
        parameters: Their types in DuckDB.
        result: The type of the result in DuckDB.
    """

    body: Callable[..., Any]
    parameters: tuple[str, ...]
    result: str
