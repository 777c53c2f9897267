"""Condition keys of requests, by service: https://docs.aws.amazon.com/service-authorization/latest/reference/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.bedrock.models import bedrock_backends
from moto.emr.models import emr_backends
from moto.emrserverless.models import emrserverless_backends
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.kms.models import KmsBackend, kms_backends

from test.emulator.iam_calls import Call
from test.emulator.iam_resources import key_arn, key_of
from test.emulator.redshift_endpoints import owners

Keys = Mapping[str, str | list[str]]


def request_keys(call: Call) -> Keys:
    """Returns the condition keys of a call that its parameters determine."""
    find = _KEYS_OF_SERVICES.get(call.service)
    return {**tag_keys(call.tags), **(find(call) if find else {})}


def tag_keys(tags: Mapping[str, str]) -> Keys:
    """Returns the condition keys of the tags that a request sets.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
    """
    if not tags:
        return {}
    return {"aws:TagKeys": list(tags), **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}


def resource_tag_keys(tags: Mapping[str, str]) -> Keys:
    """Returns the condition keys of the tags of a resource."""
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def is_supplied(key: str) -> bool:
    """Returns whether the emulator has a value for a key, in lowercase, wherever AWS has one."""
    return key in _SUPPLIED or key.startswith(_SUPPLIED_PREFIXES)


def _present(**keys: Any) -> Keys:
    """Returns the keys with a value; the name of a key has `__` for the colon and `_` for a hyphen."""
    return {name.replace("__", ":").replace("_", "-"): value for name, value in keys.items() if value}


def _cloudwatch(call: Call) -> Keys:
    actions = [
        each for name in ("AlarmActions", "OKActions", "InsufficientDataActions") for each in call.get(name) or []
    ]
    return _present(cloudwatch__namespace=call.get("Namespace"), cloudwatch__AlarmActions=actions)


def _ecs(call: Call) -> Keys:
    # Only actions on tasks and container instances have the key.
    if call.action not in ("RunTask", "StopTask", "DescribeTasks", "ListTasks", "StartTask"):
        return {}
    cluster = call.get("cluster") or "default"
    return {"ecs:cluster": cluster if cluster.startswith("arn:") else call.arn(f"cluster/{cluster}")}


def _emr(call: Call) -> Keys:
    studios: Mapping[str, Any] = vars(emr_backends[call.account][call.region]).get("studios", {})
    tags = studios.get(call.get("StudioId", "ResourceId") or "", {}).get("Tags") or []
    return resource_tag_keys({tag["Key"]: tag["Value"] for tag in tags})


def _emr_serverless(call: Call) -> Keys:
    path = (call.get("resourceArn") or "").rpartition("/applications/")[2]
    named = call.get("applicationId") or path.partition("/")[0]
    application = emrserverless_backends[call.account][call.region].applications.get(named)
    return resource_tag_keys(application.tags) if application else {}


def _bedrock(call: Call) -> Keys:
    named = call.get("inferenceProfileIdentifier", "resourceARN") or ""
    if not named.startswith("arn:"):
        named = call.arn(f"application-inference-profile/{named}")
    tags = bedrock_backends[call.account][call.region].tagger.get_tag_dict_for_resource(named)
    return resource_tag_keys(tags)


def _events(call: Call) -> Keys:
    entries = call.get("Entries") or []
    targets = [target["Arn"] for target in call.get("Targets") or []]
    return _present(
        events__detail_type=[entry["DetailType"] for entry in entries if "DetailType" in entry],
        events__source=[entry["Source"] for entry in entries if "Source" in entry],
        events__TargetArn=targets,
    )


def _iam(call: Call) -> Keys:
    boundary = call.get("PermissionsBoundary") or _boundary_of_role(call)
    return {
        **({"iam:PermissionsBoundary": boundary} if boundary else {}),
        **({"iam:PolicyARN": call.get("PolicyArn")} if call.get("PolicyArn") else {}),
    }


def _boundary_of_role(call: Call) -> str | None:
    try:
        role = iam_backends[call.account]["aws"].get_role(call.get("RoleName") or "")
    except NotFoundException:
        return None
    return role.permissions_boundary_arn


def _kms(call: Call) -> Keys:
    backend = kms_backends[call.account][call.region]
    named = key_of(call)
    return {
        **encryption_context(call.get("EncryptionContext") or {}, call.account),
        **(key_tags(backend, named) if named else {}),
    }


def key_tags(backend: KmsBackend, named: str) -> Keys:
    """Returns the condition keys of the tags of a key, given by its ID, its ARN or an alias.

    https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html
    """
    key_id = key_arn(backend, named).rpartition("/")[2]
    return resource_tag_keys(backend.tagger.get_tag_dict_for_resource(key_id))


def encryption_context(context: Mapping[str, str], account: str) -> Keys:
    """Returns the condition keys of a cryptographic operation of KMS.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    pairs = {f"kms:EncryptionContext:{key}": value for key, value in context.items()}
    return {"kms:CallerAccount": account, **pairs, **({"kms:EncryptionContextKeys": list(context)} if context else {})}


def _lambda(call: Call) -> Keys:
    name = call.get("FunctionName")
    if not name or "EventSourceMapping" not in call.action:
        return {}
    return {"lambda:FunctionArn": name if name.startswith("arn:") else call.arn(f"function:{name}")}


def _redshift_data(call: Call) -> Keys:
    owner = owners.get(str(call.get("Id") or "").partition(":")[0])
    return {"redshift-data:statement-owner-iam-userid": owner} if owner else {}


def _sns(call: Call) -> Keys:
    return _present(sns__Protocol=call.get("Protocol"), sns__Endpoint=call.get("Endpoint"))


def _sts(call: Call) -> Keys:
    return _present(sts__ExternalId=call.get("ExternalId"), sts__RoleSessionName=call.get("RoleSessionName"))


_KEYS_OF_SERVICES: dict[str, Callable[[Call], Keys]] = {
    "bedrock": _bedrock,
    "cloudwatch": _cloudwatch,
    "ecs": _ecs,
    "elasticmapreduce": _emr,
    "emr-serverless": _emr_serverless,
    "events": _events,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "redshift-data": _redshift_data,
    "sns": _sns,
    "sts": _sts,
}

_SUPPLIED = {
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
        # Deprecated, and not set for the callers of the emulator: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
        "aws:SourceOwner",
        "aws:TagKeys",
        "aws:userid",
        "aws:username",
        "aws:ViaAWSService",
        "ec2:CreateAction",
        "cloudwatch:AlarmActions",
        "cloudwatch:namespace",
        "ecs:cluster",
        "ecs:CreateAction",
        "events:detail-type",
        "events:source",
        "events:TargetArn",
        "iam:PassedToService",
        "iam:PermissionsBoundary",
        "iam:PolicyARN",
        "kms:CallerAccount",
        "kms:EncryptionContextKeys",
        "kms:ViaService",
        "lambda:FunctionArn",
        "redshift-data:statement-owner-iam-userid",
        "s3:delimiter",
        "s3:max-keys",
        "s3:prefix",
        "s3:x-amz-acl",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "sns:Endpoint",
        "sns:Protocol",
        "sts:AWSServiceName",
        "sts:ExternalId",
        "sts:RoleSessionName",
    )
}
_SUPPLIED_PREFIXES = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "kms:encryptioncontext:")
