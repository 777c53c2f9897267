"""What `terraform destroy` requires and what it leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from test.account.sandbox import Sandbox


def stop_applications(sandbox: Sandbox) -> None:
    """Stops the applications of the stage: a started one cannot be deleted, and stops by itself only when idle."""
    emr = sandbox.client("emr-serverless")
    for application in _applications(sandbox, emr, ["STARTING", "STARTED"]):
        emr.stop_application(applicationId=application["id"])
    while any(_applications(sandbox, emr, ["STARTING", "STARTED", "STOPPING"])):
        time.sleep(sandbox.poll_interval)


def deregister_task_definitions(sandbox: Sandbox) -> None:
    """Deregisters the task definitions of the stage, which Terraform leaves for running executions."""
    ecs = sandbox.client("ecs")
    for page in ecs.get_paginator("list_task_definitions").paginate():
        for arn in page["taskDefinitionArns"]:
            if arn.rpartition("/")[2].startswith(f"{sandbox.environment_name}_"):
                ecs.deregister_task_definition(taskDefinition=arn)


def _applications(sandbox: Sandbox, emr: Any, states: list[str]) -> Iterator[dict[str, Any]]:
    for page in emr.get_paginator("list_applications").paginate(states=states):
        for application in page["applications"]:
            if application["name"].startswith(f"{sandbox.environment_name}_"):
                yield application
