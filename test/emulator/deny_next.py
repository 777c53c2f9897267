"""`python -m test.emulator.deny_next ROLE ACTION RESOURCE`: a service control policy denies the next call of an action.

The emulator is that of `AWS_ENDPOINT_URL`; ROLE is the name of the caller's role.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request

from test.emulator.process import ACCOUNT, CONTROL

_MESSAGE = (
    "User: arn:aws:sts::{account}:assumed-role/{role}/session is not authorized to perform: {action} "
    "on resource: {resource} with an explicit deny in a service control policy"
)


def main(role: str, action: str, resource: str) -> None:
    message = _MESSAGE.format(account=ACCOUNT, role=role, action=action, resource=resource)
    failure = {"action": action, "code": "AccessDeniedException", "message": message, "status": 400, "times": 1}
    address = f"{os.environ['AWS_ENDPOINT_URL']}{CONTROL}fail_next"
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(failure).encode())):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
