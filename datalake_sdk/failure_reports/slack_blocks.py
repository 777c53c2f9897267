"""Failure reports as Slack messages.

Text from executions and logs is escaped: it cannot become a link, a mention or formatting that hides other text.
https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from datalake_sdk.errors import counted
from datalake_sdk.operations.investigate.report import FailureReport, TaskReport

HEADER_LIMIT = 150
"""https://docs.slack.dev/reference/block-kit/blocks/header-block"""
TEXT_LIMIT = 3000
"""https://docs.slack.dev/reference/block-kit/blocks/section-block"""
_LONG_LIMIT, _SHORT_LIMIT = 1500, 300
_MAX_TASKS, _MAX_LOG_LINES = 3, 15
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def fallback_text(report: FailureReport) -> str:
    """Returns the text of notifications, which do not show blocks."""
    return _escaped(": ".join(filter(None, (report.title, report.error))), _SHORT_LIMIT)


def blocks(report: FailureReport) -> list[dict[str, Any]]:
    """Returns a report as Block Kit: the same blocks in the same order for every failure.

    Args:
        report: Report without secrets.
    """
    return [
        {"type": "header", "text": {"type": "plain_text", "text": report.title[:HEADER_LIMIT], "emoji": False}},
        _section(_facts(report)),
        _section(_lines("Error", [": ".join(filter(None, (report.error, report.message))) or "none reported"])),
        _section(_lines("Likely cause", [report.likely_cause])),
        _section(_lines("Next steps", report.next_steps)),
        *map(_section, _explanation(report)),
        *(_section(_task(task)) for task in report.tasks[:_MAX_TASKS]),
        *map(_section, _logs(report.tasks[:_MAX_TASKS])),
        _section(_links(report)),
    ]


def _section(text: str) -> dict[str, Any]:
    # `verbatim` turns off links for URLs and names in the text.
    # https://docs.slack.dev/reference/block-kit/composition-objects/text-object
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _facts(report: FailureReport) -> str:
    return "\n".join(
        [
            f"*Execution* {_escaped(report.execution, _SHORT_LIMIT)}",
            f"*Status* {_escaped(report.status, _SHORT_LIMIT)}",
            f"*Started* {_time(report.started)}",
            f"*Ended* {_time(report.ended) if report.ended else 'unknown'}",
        ]
    )


def _lines(label: str, lines: Iterable[str]) -> str:
    return "\n".join([f"*{label}*", _escaped("\n".join(lines), TEXT_LIMIT - len(label) - 3)])


def _explanation(report: FailureReport) -> Iterator[str]:
    if report.explanation:
        yield _lines("Explanation by a model, which may be wrong", [report.explanation])


def _task(task: TaskReport) -> str:
    attempts = f" after {counted(task.attempts, 'attempt')}" if task.attempts and task.error else ""
    outcome = _escaped(task.error or "did not succeed", _SHORT_LIMIT)
    heading = f"*Task {_escaped(task.task, _SHORT_LIMIT)}*: {outcome}{attempts}"
    where = f"Where: {_escaped(task.where, _SHORT_LIMIT)}" if task.where else ""
    return "\n".join(filter(None, [heading, _escaped(task.message, _LONG_LIMIT), where]))


def _logs(tasks: Iterable[TaskReport]) -> Iterator[str]:
    for task in tasks:
        heading = f"*Log of {_escaped(task.task, _SHORT_LIMIT)}*"
        if task.log_lines:
            end = "\n".join(task.log_lines[-_MAX_LOG_LINES:])
            yield f"{heading}\n```{_escaped_end(end, TEXT_LIMIT - _SHORT_LIMIT - 50)}```"
        elif task.log_problem:
            yield f"{heading}\n{_escaped(task.log_problem, _LONG_LIMIT)}"


def _links(report: FailureReport) -> str:
    links = [f"<{_url(report.link)}|Execution>"] if report.link else []
    links += [
        f"<{_url(task.log_link)}|Log of {_escaped(task.task, _SHORT_LIMIT)}>"
        for task in report.tasks[:_MAX_TASKS]
        if task.log_link
    ]
    return " · ".join(links) or "No links"


def _url(link: str) -> str:
    """Escapes a URL that the SDK has built, and the characters in it that separate a link from its label."""
    return _escaped(link.replace("|", "%7C").replace(">", "%3E").replace("<", "%3C"), len(link) * 5)


def _escaped(text: str, limit: int) -> str:
    """Escapes text and truncates the result without splitting an entity."""
    return _truncated([_ENTITIES.get(character, character) for character in _without_fences(text)], limit)


def _escaped_end(text: str, limit: int) -> str:
    """Escapes text and truncates the result at its start."""
    reversed_pieces = [_ENTITIES.get(character, character)[::-1] for character in reversed(_without_fences(text))]
    return _truncated(reversed_pieces, limit)[::-1]


def _without_fences(text: str) -> str:
    """Separates consecutive backticks, which would start or end a code block."""
    return text.replace("``", "` `").replace("``", "` `")


def _truncated(pieces: list[str], limit: int) -> str:
    whole = "".join(pieces)
    if len(whole) <= limit:
        return whole
    length, shown = 1, []
    for piece in pieces:
        length += len(piece)
        if length > limit:
            break
        shown.append(piece)
    return f"{''.join(shown)}…"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
