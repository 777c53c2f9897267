"""The notification about broken promises; does not call any service."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.operations.freshness import PromiseState, PromiseStatus

_SUBJECT_LIMIT = 100
"""https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""


def promise_key(state: PromiseState) -> str:
    """Identifies a promise of a table."""
    return " ".join(filter(None, (state.table, state.promise, state.element)))


def promises_to_remember(broken: Sequence[PromiseState], notified: Sequence[str]) -> list[str]:
    """Returns the keys of the promises that operators need not be notified of again, sorted.

    Args:
        broken: States of the promises that are not kept, or cannot be checked.
        notified: Keys of the promises that operators have been notified of. Those of a table that cannot be read now
            are remembered: it is unknown whether they are kept.
    """
    unreadable = {state.table for state in broken if not state.promise}
    unknown = {key for key in notified if key.partition(" ")[0] in unreadable}
    return sorted({*map(promise_key, broken), *unknown})


def subject(environment: str, states: Sequence[PromiseState]) -> str:
    """Returns the subject of a notification."""
    count = len({state.table for state in states})
    tables = f"{count} table breaks its promises" if count == 1 else f"{count} tables break their promises"
    return f"{environment}: {tables}"[:_SUBJECT_LIMIT]


def body(environment: str, states: Sequence[PromiseState]) -> str:
    """Returns the text of a notification, with a line for each promise."""
    lines = "\n".join(f"- {_line(state)}" for state in states)
    return (
        f"Tables of {environment} break the freshness or retention that their contracts promise:\n\n{lines}\n\n"
        "You are notified again when a promise is broken after it was kept. Current state: datalake_sdk freshness"
    )


def _line(state: PromiseState) -> str:
    promise = f"{state.table}: {state.promise}".removesuffix(": ")
    if state.element:
        promise += f" of {state.element}"
    if state.status is PromiseStatus.UNKNOWN:
        return f"{promise} cannot be checked: {state.reason}"
    if state.at is None:
        return f"{promise} of {state.limit}: the table has no rows"
    return f"{promise} of {state.limit}: the time is {state.at}"
