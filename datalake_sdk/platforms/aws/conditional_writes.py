"""Small objects in S3 that are written only if they are missing or unchanged: claims, answers and counters.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

from collections.abc import Callable

from datalake_sdk.errors import AwsRequestError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

_CONDITION_NOT_MET = "PreconditionFailed"
_COUNT_ATTEMPTS = 5


def answer_once(session: AwsSession, bucket: str, key: str, ask: Callable[[], str]) -> str:
    """Asks a question only once; later calls return the stored answer, or an empty one if the first call failed.

    Args:
        session: Account and region.
        bucket: Bucket of the object that stores the answer.
        key: Key of the object, which identifies the question.
        ask: Asks the question.
    """
    if not write_text(session, bucket, key, "", IfNoneMatch="*"):
        return read_text(session, bucket, key)[0]
    answer = ask()
    write_text(session, bucket, key, answer)
    return answer


def count_use(session: AwsSession, bucket: str, key: str, limit: int) -> bool:
    """Counts a use, unless the limit is reached.

    Args:
        session: Account and region.
        bucket: Bucket of the counter.
        key: Key of the counter.
        limit: Maximum number of uses.

    Returns:
        Whether the use was counted; False also if other writers kept changing the counter.
    """
    if write_text(session, bucket, key, "1", IfNoneMatch="*"):
        return True
    for _ in range(_COUNT_ATTEMPTS):
        count, version = read_text(session, bucket, key)
        if int(count) >= limit:
            return False
        if write_text(session, bucket, key, str(int(count) + 1), IfMatch=version):
            return True
    return False


def read_text(session: AwsSession, bucket: str, key: str) -> tuple[str, str]:
    """Returns the text and the ETag of an object."""
    with aws_errors():
        found = session.client("s3").get_object(Bucket=bucket, Key=key)
        return found["Body"].read().decode(), found["ETag"]


def write_text(session: AwsSession, bucket: str, key: str, text: str, **condition: str) -> bool:
    """Writes an object; returns whether the condition was met.

    Args:
        session: Account and region.
        bucket: Bucket of the object.
        key: Key of the object.
        text: Content.
        **condition: `IfNoneMatch` or `IfMatch`; none writes in any case.
    """
    return write_bytes(session, bucket, key, text.encode(), **condition)


def write_bytes(session: AwsSession, bucket: str, key: str, content: bytes, **condition: str) -> bool:
    """Writes an object; returns whether the condition was met. See `write_text`."""
    try:
        with aws_errors():
            session.client("s3").put_object(Bucket=bucket, Key=key, Body=content, **condition)
    except AwsRequestError as error:
        if error.code != _CONDITION_NOT_MET:
            raise
        return False
    return True
