"""SQS: returns redrive policies without spaces."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.sqs.models import Queue

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("sqs")


@PATCHES.replace(Queue, "attributes", "40cb990b1216")
def _attributes(stock: Callable[[Queue], dict[str, Any]], self: Queue) -> dict[str, Any]:
    """See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html."""
    attributes = stock(self)
    if attributes.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(json.loads(attributes["RedrivePolicy"]), separators=(",", ":"))
    return attributes
