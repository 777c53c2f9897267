"""Policies of resources, as their services store them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.ecr.models import ecr_backends
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from test.emulator.iam_policy import Policy, parse


@dataclass(frozen=True)
class ResourcePolicy:
    """The policy of a resource.

    Attributes:
        policy: None if the resource has no policy or does not exist.
        account: Account that owns the resource.
        decides: Whether it must allow every request, if only by delegating to the account's identity-based policies.
    """

    policy: Policy | None
    account: str
    decides: bool = False


def resource_policy(action: str, resource: str | None) -> ResourcePolicy:
    """Returns the policy that applies to an action on a resource, given by its ARN."""
    if not resource or resource == "*":
        return ResourcePolicy(None, "")
    service, region, account = resource.split(":")[2:5]
    if service == "s3":
        return _of_bucket(resource)
    if service == "iam":
        trust = action.startswith("sts:AssumeRole")
        return ResourcePolicy(_trust_policy(resource) if trust else None, account, decides=trust)
    find = _DOCUMENTS.get(service)
    document = find(account, region, resource) if find else None
    # A key that is created with tags has no policy yet.
    decides = service == "kms" and not resource.endswith(":key/*")
    return ResourcePolicy(parse(resource, document) if document else None, account, decides)


def _of_bucket(arn: str) -> ResourcePolicy:
    name = arn.rpartition(":")[2].partition("/")[0]
    _, account = s3_backends.bucket_accounts.get(name, ("", ""))
    bucket = s3_backends[account]["aws"].buckets.get(name) if account else None
    document = bucket.policy if bucket else None
    text = document.decode() if isinstance(document, bytes) else document
    return ResourcePolicy(parse(f"bucket policy of {name}", text) if text else None, account)


def _trust_policy(arn: str) -> Policy | None:
    try:
        role = iam_backends[arn.split(":")[4]]["aws"].get_role(arn.rpartition("/")[2])
    except NotFoundException:
        return None
    return parse(f"trust policy of {role.name}", role.assume_role_policy_document) if role.arn == arn else None


def _of_topic(account: str, region: str, arn: str) -> str | None:
    topic = sns_backends[account][region].topics.get(arn)
    return topic.policy if topic else None


def _of_queue(account: str, region: str, arn: str) -> str | None:
    queue = sqs_backends[account][region].queues.get(arn.rpartition(":")[2])
    return queue.policy if queue else None


def _of_repository(account: str, region: str, arn: str) -> str | None:
    repository = ecr_backends[account][region].repositories.get(arn.partition("repository/")[2])
    return repository.policy if repository else None


def _of_key(account: str, region: str, arn: str) -> str | None:
    key = kms_backends[account][region].keys.get(arn.rpartition("/")[2])
    return key.policy if key else None


def _of_function(account: str, region: str, arn: str) -> str | None:
    try:
        function: Any = lambda_backends[account][region].get_function(arn)
    except UnknownFunctionException:
        return None
    return json.dumps(function.policy.get_policy()["Policy"]) if function.policy.statements else None


_DOCUMENTS: dict[str, Callable[[str, str, str], str | None]] = {
    "ecr": _of_repository,
    "kms": _of_key,
    "lambda": _of_function,
    "sns": _of_topic,
    "sqs": _of_queue,
}
