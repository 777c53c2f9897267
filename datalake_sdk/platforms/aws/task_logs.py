"""Log of a running task in CloudWatch Logs, read incrementally."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from datalake_sdk.errors import AwsRequestError, listed
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

_STREAM_NOT_FOUND = "ResourceNotFoundException"
_MAX_PAGES = 10
"""Number of pages of one stream that a call reads, each of at most 1 MB."""


def driver_streams(application: str, job_run: str, types: Iterable[str]) -> list[str]:
    """Returns the log streams of the driver of a job run on EMR Serverless.

    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html

    Args:
        application: Id of the application.
        job_run: Id of the job run.
        types: `STDOUT` and `STDERR`, or one of them.
    """
    return [f"applications/{application}/jobs/{job_run}/SPARK_DRIVER/{each.lower()}" for each in types]


def job_log_group(task_group: str) -> str:
    """Returns the log group of the standard output of a job of Glue, with the log of its task.

    https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html

    Args:
        task_group: Prefix of the log groups of the task.
    """
    return f"{task_group}/output"


class CloudWatchLog:
    """The log streams of one task.

    Args:
        session: Account and region.
        group: Name of the log group.
        streams: Names of the streams; a stream may not exist before its first line.
        start: Time of the first line to read, in milliseconds since 1970; None reads the log from its start.
    """

    def __init__(self, session: AwsSession, group: str, streams: Sequence[str], start: int | None = None) -> None:
        self._session = session
        self._group = group
        self._tokens: dict[str, str | None] = dict.fromkeys(streams)
        self._start = {} if start is None else {"startTime": start}

    def __str__(self) -> str:
        return f"log group '{self._group}', stream {listed(self._tokens)}"

    def new_lines(self) -> list[str]:
        return [line for stream in self._tokens for line in self._lines(stream)]

    def _lines(self, stream: str) -> list[str]:
        lines: list[str] = []
        for _ in range(_MAX_PAGES):
            token = self._tokens[stream]
            page = self._page(stream, token)
            lines += [event["message"] for event in page["events"]]
            self._tokens[stream] = page["nextForwardToken"]
            # A page may be empty without being the last. At the end, the returned token equals the one sent.
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
            if page["nextForwardToken"] == token:
                break
        return lines

    def _page(self, stream: str, token: str | None) -> dict[str, Any]:
        paging = {**self._start, **({"nextToken": token} if token else {})}
        try:
            with aws_errors():
                return dict(
                    self._session.client("logs").get_log_events(
                        logGroupName=self._group, logStreamName=stream, startFromHead=True, **paging
                    )
                )
        except AwsRequestError as error:
            if error.code == _STREAM_NOT_FOUND:
                return {"events": [], "nextForwardToken": token}
            raise
