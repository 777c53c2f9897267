"""Condition keys that the emulator has values for, whenever AWS has.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations


def is_supplied(key: str) -> bool:
    """Returns whether requests have the key, given in lowercase, wherever AWS has a value for it."""
    return key in _KEYS or key.startswith(_PREFIXES)


_KEYS = {
    key.lower()
    for key in (
        "aws:CalledVia",
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalServiceName",
        "aws:PrincipalType",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:SecureTransport",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:ViaAWSService",
        "aws:username",
    )
}
_PREFIXES = ()
