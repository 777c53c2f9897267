"""Lambda: the role of a function writes its log."""

from __future__ import annotations

from test.emulator.access import AccessDeniedError, Principal, require
from test.emulator.logs import LogStream


def may_log(role: str, account: str, log: LogStream) -> bool:
    """Returns whether the role of a function may write its log; without the permissions, a function runs without a log.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html

    Args:
        role: ARN of the role.
        account: Region and account.
        log: The stream.
    """
    stream = f"arn:aws:logs:{account}:log-group:{log.group}:log-stream:{log.stream}"
    try:
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            require(Principal.role(role), action, stream)
    except AccessDeniedError:
        return False
    return True
