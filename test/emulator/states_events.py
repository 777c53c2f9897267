"""Events of executions, and whether an execution can be redriven."""

from __future__ import annotations

import datetime
from typing import Any

from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from test.emulator import clock, events

_REDRIVABLE_DAYS = 14
_MAX_EVENTS = 24_999


def emit(execution: Any, status: str) -> None:
    """Emits the event of an execution's status: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html."""
    if execution.sm_type == "EXPRESS" or getattr(execution, "forgotten", False):
        return
    output = to_json_str(execution.output, separators=(",", ":")) if status == "SUCCEEDED" else None
    redrives = redrive_details(execution)
    redrives["redriveDate"] = _milliseconds(redrives.get("redriveDate"))
    detail = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine.arn,
        "name": execution.name,
        "status": status,
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date),
        "input": execution.execution_input or "{}",
        "output": output,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True} if output else None,
        "error": execution.error,
        "cause": execution.cause,
        **redrives,
    }
    where = (execution.account_id, execution.region_name)
    events.emit(where, "aws.states", "Step Functions Execution Status Change", [execution.exec_arn], detail)


def _milliseconds(moment: datetime.datetime | None) -> int | None:
    return int(moment.timestamp() * 1000) if moment else None


def reason_against_redrive(execution: Any) -> str | None:
    """Returns why an execution cannot be redriven; None if it can.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
    """
    status = execution.status if execution.exec_status else "RUNNING"
    if status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {status} and cannot be redriven"
    if clock.now() - execution.stop_date > datetime.timedelta(days=_REDRIVABLE_DAYS):
        return "Execution redrivable period exceeded"
    if len(execution.exec_worker.env.event_manager.get_event_history()) >= _MAX_EVENTS:
        return "Execution history event limit exceeded"
    return None


def redrive_details(execution: Any) -> dict[str, Any]:
    """Returns what DescribeExecution and the events of an execution say about redrives."""
    reason = reason_against_redrive(execution)
    date = getattr(execution, "redrive_date", None)
    return {
        "redriveCount": getattr(execution, "redrive_count", 0),
        **({"redriveDate": date} if date else {}),
        "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        **({"redriveStatusReason": reason} if reason else {}),
    }
