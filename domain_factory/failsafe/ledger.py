"""Adds to the run ledger what tasks cannot record themselves: executions, and why tasks ended without calling back.

The events are those of `datalake_sdk.ledger`, from which the image does not install the package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_PRODUCER = "https://pypi.org/project/datalake-sdk"
_SPECIFICATION = "https://openlineage.io/spec"
_OWN_FACETS = f"{_PRODUCER}/openlineage/DatalakeSdkFacets.json#/$defs"
_RUN_IDS = uuid5(NAMESPACE_URL, "https://datalake-sdk/runs")
_EVENT_TYPES = {"RUNNING": "START", "SUCCEEDED": "COMPLETE", "FAILED": "FAIL", "TIMED_OUT": "FAIL", "ABORTED": "ABORT"}
"""By status of an execution."""


@dataclass(frozen=True)
class TaskOfExecution:
    """A task of an execution.

    Args:
        execution: ARN of the execution.
        start: Start of the execution in ISO 8601.
        task: Name of the task.
        token: Task token, which identifies the attempt.
        created: When the attempt was started.
    """

    execution: str
    start: str
    task: str
    token: str
    created: datetime


def failed_task(environment: str, task: TaskOfExecution, error: str, message: str, hint: str) -> dict[str, Any]:
    """Returns the event of a task that ended without calling back."""
    pipeline = _pipeline(environment, task.execution.split(":")[6])
    own = {"kind": "task", "pipeline": pipeline, "task": task.task, "startedAt": _time(task.created)}
    own |= {"groupTime": _time(datetime.fromisoformat(task.start)), "execution": task.execution}
    parent = {"run": {"runId": _run_id(task.execution)}, "job": {"namespace": environment, "name": pipeline}}
    facets = {
        "datalakeSdk_run": _own_facet("RunFacet", own),
        "parent": _facet("1-2-0/ParentRunFacet", parent),
        **_error_facets(error, message, hint),
    }
    run_id = _run_id(task.execution, task.task, task.token)
    return _event("FAIL", datetime.now(UTC), run_id, facets, (environment, f"{pipeline}.{task.task}", "TASK"))


def execution_event(environment: str, detail: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the event of a state change of an execution; None for a status that is no event.

    Args:
        environment: Name of the environment.
        detail: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    kind = _EVENT_TYPES.get(detail["status"])
    if kind is None:
        return None
    start = datetime.fromtimestamp(detail["startDate"] / 1000, UTC)
    pipeline = _pipeline(environment, detail["stateMachineArn"].split(":")[6])
    own = {"kind": "pipeline", "pipeline": pipeline, "startedAt": _time(start), "groupTime": _time(start)}
    facets = {"datalakeSdk_run": _own_facet("RunFacet", {**own, "execution": detail["executionArn"]})}
    time = start
    if kind != "START":
        time = datetime.fromtimestamp(detail["stopDate"] / 1000, UTC)
        facets["datalakeSdk_cost"] = _own_facet("CostRunFacet", {"seconds": (time - start).total_seconds()})
    if kind in ("FAIL", "ABORT"):
        reason, _, _ = (detail.get("cause") or f"The execution is {detail['status']}").partition("\n\nTraceback")
        message, _, hint = reason.partition("\nHint: ")
        facets |= _error_facets(detail.get("error") or detail["status"], message, hint.partition("\n")[0])
    return _event(kind, time, _run_id(detail["executionArn"]), facets, (environment, pipeline, "PIPELINE"))


def key_of(event: Mapping[str, Any]) -> str:
    """Returns the key of an event in the technical bucket."""
    run = event["run"]
    group = datetime.fromisoformat(run["facets"]["datalakeSdk_run"]["groupTime"])
    return f"runs/date={group:%Y-%m-%d}/{group:%Y%m%dT%H%M%S.%fZ}_{run['runId']}_{event['eventType']}.json"


def write(s3: Any, bucket: str, event: Mapping[str, Any]) -> bool:
    """Writes an event; returns False if the run has recorded it itself.

    Args:
        s3: boto3 client.
        bucket: Technical bucket of the environment.
        event: The event.
    """
    body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        s3.put_object(Bucket=bucket, Key=key_of(event), Body=body, IfNoneMatch="*")
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return False
    return True


def _event(
    kind: str, time: datetime, run_id: str, facets: Mapping[str, Any], job: tuple[str, str, str]
) -> dict[str, Any]:
    namespace, name, job_type = job
    description = {"processingType": "BATCH", "integration": "DATALAKE_SDK", "jobType": job_type}
    return {
        "eventType": kind,
        "eventTime": _time(time),
        "run": {"runId": run_id, "facets": facets},
        "job": {
            "namespace": namespace,
            "name": name,
            "facets": {"jobType": _facet("2-0-4/JobTypeJobFacet", description)},
        },
        "inputs": [],
        "outputs": [],
        "producer": _PRODUCER,
        "schemaURL": f"{_SPECIFICATION}/2-0-2/OpenLineage.json#/$defs/RunEvent",
    }


def _error_facets(error: str, message: str, hint: str) -> dict[str, Any]:
    own = {"name": error, "hint": hint, "isTransient": error == "TransientError"}
    return {
        "errorMessage": _facet("1-0-1/ErrorMessageRunFacet", {"message": message, "programmingLanguage": "PYTHON"}),
        "datalakeSdk_error": _own_facet("ErrorRunFacet", own),
    }


def _pipeline(environment: str, machine: str) -> str:
    return machine.removeprefix(f"{environment}_")


def _run_id(*identity: str) -> str:
    return str(uuid5(_RUN_IDS, "/".join(identity)))


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _facet(schema: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    name = schema.rpartition("/")[2]
    return {"_producer": _PRODUCER, "_schemaURL": f"{_SPECIFICATION}/facets/{schema}.json#/$defs/{name}", **fields}


def _own_facet(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"_producer": _PRODUCER, "_schemaURL": f"{_OWN_FACETS}/{name}", **fields}
