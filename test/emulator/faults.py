"""Errors on demand: throttles and outages that a service answers with before it works again."""

from __future__ import annotations

import threading
from typing import Any

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.responses import ActionResult, BaseResponse

from test.emulator.iam import refusal
from test.emulator.iam_resources import needs
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("faults")

_due: list[dict[str, Any]] = []
_counting = threading.Lock()


@PATCHES.command
def fail_next(action: str, code: str, message: str, status: int, times: int) -> None:
    """Lets the next calls fail; see `Emulator.fail_next`."""
    _due.append({"action": action, "code": code, "message": message, "status": status, "times": times})


PATCHES.on_reset(_due.clear)


@PATCHES.replace(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", "f8cfc0296ca0")
def _fail(stock: Any, self: BaseResponse, iam_request_cls: type, resource: str = "*") -> None:
    """Every request comes through here."""
    fault = _take({action for action, _ in needs(self, resource)}) if _due else None
    if not fault:
        stock(self, iam_request_cls, resource)
        return
    error = refusal(self, fault["message"], dict.fromkeys(("s3", "xml", "json"), fault["code"]), fault["status"])
    vars(error)["emulated_status"] = fault["status"]
    raise error


@PATCHES.replace(BaseResponse, "serialized", "af486a0ef132")
def _serialized(stock: Any, self: BaseResponse, action_result: ActionResult) -> Any:
    """Answers with the status that was asked for; moto has one for each code of S3 that it knows."""
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
