"""Fault injection: lets a given number of calls fail, for example to simulate throttling or an outage."""

from __future__ import annotations

import threading
from typing import Any

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.responses import ActionResult, BaseResponse

from test.emulator.iam import service_error
from test.emulator.iam_requests import required_permissions
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("faults")

_due: list[dict[str, Any]] = []
_counting = threading.Lock()


@PATCHES.command
def fail_next(action: str, code: str, message: str, status: int, times: int) -> None:
    """Makes the next calls fail; see `Emulator.fail_next`."""
    _due.append({"action": action, "code": code, "message": message, "status": status, "times": times})


PATCHES.on_reset(_due.clear)


@PATCHES.replace(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", "f8cfc0296ca0")
def _fail(stock: Any, self: BaseResponse, iam_request_cls: type, resource: str = "*") -> None:
    """Runs for every request."""
    fault = _take({needed.action for needed in required_permissions(self, resource)}) if _due else None
    if not fault:
        stock(self, iam_request_cls, resource)
        return
    error = service_error(self, fault["message"], dict.fromkeys(("s3", "xml", "json"), fault["code"]), fault["status"])
    vars(error)["emulated_status"] = fault["status"]
    raise error


@PATCHES.replace(BaseResponse, "serialized", "af486a0ef132")
def _serialized(stock: Any, self: BaseResponse, action_result: ActionResult) -> Any:
    """Responds with the requested status; moto derives the status from the error code for known codes of S3."""
    status, headers, body = stock(self, action_result)
    return getattr(action_result.result, "emulated_status", status), headers, body


def _take(actions: set[str]) -> dict[str, Any] | None:
    with _counting:
        for fault in _due:
            if fault["action"] in actions:
                fault["times"] -= 1
                if not fault["times"]:
                    _due.remove(fault)
                return fault
    return None
