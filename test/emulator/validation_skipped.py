"""Constraints of botocore's models that a service does not apply, each with the reason."""

from __future__ import annotations

from fnmatch import fnmatchcase

from test.emulator.validation_constraints import Violation

SKIPPED = {
    "s3.*Object.checksumMode": "S3 accepts `enabled`, which the AWS SDK for C++ in PyArrow sends; "
    "https://github.com/aws/aws-sdk-cpp/blob/main/generated/src/aws-cpp-sdk-s3/source/model/GetObjectRequest.cpp",
}
"""Reasons by `service.Operation.path`; an asterisk matches any part."""


def is_skipped(service: str, operation: str, violation: Violation) -> bool:
    """Returns whether the service accepts the value although the model does not."""
    name = f"{service}.{operation}.{violation.path}"
    return any(fnmatchcase(name, pattern) for pattern in SKIPPED)
