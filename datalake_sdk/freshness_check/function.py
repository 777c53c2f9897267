"""Handler of the Lambda function that a schedule invokes: notifies the failure topic once when a promise is broken."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from datalake_sdk.freshness_check.notification import body, promise_key, promises_to_remember, subject
from datalake_sdk.operations.freshness import PromiseStatus, check_freshness
from datalake_sdk.platforms.aws.conditional_writes import read_text, write_text
from datalake_sdk.platforms.aws.notifications import publish
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.lookup import names_of_lake
from datalake_sdk.platforms.select import open_platform, resolve_environment

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

BROKEN_PROMISES = "freshness/broken_promises.json"
"""Object in the technical bucket with the promises that operators have been notified of."""


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Checks the tables of the domain.

    If it raises, Lambda retries the invocation, and the next one checks again.

    Args:
        event: Event of the schedule; ignored.
        context: Context of the invocation; ignored.
    """
    project, domain, stage = (os.environ[name] for name in ("PROJECT_NAME", "DOMAIN_NAME", "STAGE_NAME"))
    storage = os.environ.get("TABLE_STORAGE")
    environment = resolve_environment(project, domain, stage, os.environ["AWS_REGION"], table_storage=storage)
    platform, session = open_platform(environment), AwsSession(environment.region)
    states = check_freshness(platform, names_of_lake(platform), is_strict=False)
    broken = [state for state in states if state.status is not PromiseStatus.KEPT]
    bucket = environment.technical_bucket
    write_text(session, bucket, BROKEN_PROMISES, "[]", IfNoneMatch="*")
    text, version = read_text(session, bucket, BROKEN_PROMISES)
    notified = json.loads(text)
    new = [state for state in broken if promise_key(state) not in notified]
    if new:
        publish(session, os.environ["FAILURE_TOPIC_ARN"], subject(environment.name, new), body(environment.name, new))
    remembered = promises_to_remember(broken, notified)
    if remembered != notified:
        # If the write fails, operators are notified again, rather than never.
        write_text(session, bucket, BROKEN_PROMISES, json.dumps(remembered), IfMatch=version)
    logger.info("%d promises, %d not kept, %d of them notified now", len(states), len(broken), len(new))
