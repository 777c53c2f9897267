"""SQS: returns redrive policies without spaces; follows the emulator's clock."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import moto.sqs.models
from moto.sqs.models import Queue

from test.emulator import clock
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("sqs")


@PATCHES.replace(Queue, "attributes", "40cb990b1216")
def _attributes(stock: Callable[[Queue], dict[str, Any]], self: Queue) -> dict[str, Any]:
    """See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html."""
    attributes = stock(self)
    if attributes.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(json.loads(attributes["RedrivePolicy"]), separators=(",", ":"))
    return attributes


@PATCHES.replace(moto.sqs.models, "unix_time", "f0576ec9e5f5")
@PATCHES.replace(moto.sqs.models, "unix_time_millis", "7a37e1337d02")
def _time(stock: Callable[[datetime.datetime], float], moment: datetime.datetime | None = None) -> float:
    """Advances visibility timeouts, delays and retention together with the clock of the tests."""
    return stock((moment or clock.now()).replace(tzinfo=None))
