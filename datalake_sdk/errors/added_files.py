"""Errors of registering existing files in a table."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError

_LIMIT = 20


class UnregistrableFilesError(TerminalError):
    """Files cannot be registered in a table without copying their rows.

    Args:
        table: Name in queries.
        count: Number of files.
        problems: One message for each file with a problem.
    """

    def __init__(self, table: str, count: int, problems: Sequence[str]) -> None:
        shown = [f"- {problem}" for problem in problems[:_LIMIT]]
        more = [f"- and {len(problems) - _LIMIT} more"] if len(problems) > _LIMIT else []
        super().__init__(
            "\n".join(
                [f"{table}: {len(problems)} of {count} files cannot be registered; nothing was changed:", *shown, *more]
            ),
            hint="Leave these files out, or write their rows with `ingest`, which copies and converts them.",
        )
