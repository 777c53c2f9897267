"""Rules that AWS documents and applies, but that botocore's models do not have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.responses import BaseResponse
from moto.events.models import events_backends
from moto.iam.models import iam_backends

from test.emulator.access import AccessDeniedError, Principal, require
from test.emulator.iam_policy import parse

Parameters = Mapping[str, Any]
Rule = Callable[[BaseResponse, Parameters], Iterator["Refusal"]]


@dataclass(frozen=True)
class Refusal:
    """An error of a service, with its HTTP status."""

    code: str
    message: str
    status: int = 400


def first_refusal(service: str, operation: str, request: BaseResponse, parameters: Parameters) -> Refusal | None:
    """Returns the error with which a service refuses a request that its model allows, or None."""
    rules = _RULES.get((service, operation), [])
    refusals = (refusal for rule in rules for refusal in rule(request, parameters))
    return next(refusals, None) or _reserved_tags(service, operation, parameters)


_RULES: dict[tuple[str, str], list[Rule]] = {}


def _applies_to(service: str, *operations: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        for operation in operations:
            _RULES.setdefault((service, operation), []).append(rule)
        return rule

    return register


_EC2_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_EC2_CHARACTERS = "are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"


@_applies_to("ec2", "CreateSecurityGroup")
def _security_group_descriptions(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html."""
    if not _EC2_DESCRIPTION.fullmatch(parameters["Description"]):
        message = f"Invalid security group description. Valid descriptions {_EC2_CHARACTERS}"
        yield Refusal("InvalidParameterValue", message)


@_applies_to(
    "ec2",
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "ModifySecurityGroupRules",
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress",
)
def _rule_descriptions(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UserIdGroupPair.html."""
    if not all(map(_EC2_DESCRIPTION.fullmatch, _values(parameters, "Description"))):
        yield Refusal("InvalidParameterValue", f"Invalid rule description. Valid descriptions {_EC2_CHARACTERS}")


@_applies_to("iam", "PutRolePolicy")
def _inline_policies(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length."""
    name = parameters["RoleName"]
    role = _role(request, name)
    policies = {**(role.policies if role else {}), parameters["PolicyName"]: parameters["PolicyDocument"]}
    if sum(map(_length, policies.values())) > _INLINE_POLICIES:
        yield Refusal("LimitExceeded", f"Maximum policy size of {_INLINE_POLICIES} bytes exceeded for role {name}", 409)


@_applies_to("iam", "CreatePolicy", "CreatePolicyVersion")
def _managed_policy(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    if _length(parameters["PolicyDocument"]) > _MANAGED_POLICY:
        yield Refusal("LimitExceeded", f"Cannot exceed quota for PolicySize: {_MANAGED_POLICY}", 409)


@_applies_to("iam", "CreateRole", "UpdateAssumeRolePolicy")
def _trust_policy(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    document = parameters.get("AssumeRolePolicyDocument") or parameters["PolicyDocument"]
    if _length(document) > _TRUST_POLICY:
        yield Refusal("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_TRUST_POLICY}", 409)


@_applies_to("iam", "AttachRolePolicy")
def _attached_policies(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    role = _role(request, parameters["RoleName"])
    attached = {*(role.managed_policies if role else ()), parameters["PolicyArn"]}
    if len(attached) > _ATTACHED_POLICIES:
        yield Refusal("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {_ATTACHED_POLICIES}", 409)


_INLINE_POLICIES, _MANAGED_POLICY, _TRUST_POLICY, _ATTACHED_POLICIES = 10_240, 6_144, 2_048, 10


@_applies_to("ecr", "SetRepositoryPolicy")
@_applies_to("kms", "CreateKey", "PutKeyPolicy")
@_applies_to("s3", "PutBucketPolicy")
@_applies_to("sns", "CreateTopic", "SetTopicAttributes")
@_applies_to("sqs", "CreateQueue", "SetQueueAttributes")
def _resource_policy(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html."""
    attributes = parameters.get("Attributes") or {parameters.get("AttributeName"): parameters.get("AttributeValue")}
    document = parameters.get("policyText") or parameters.get("Policy") or attributes.get("Policy")
    if not document:
        return
    try:
        parse("new policy", document.decode() if isinstance(document, bytes) else document)
    except (KeyError, ValueError) as error:
        code, message = _INVALID_POLICIES[str(request.service_name)]
        yield Refusal(code, message.format(error=error))


_INVALID_POLICIES = {
    "ecr": (
        "InvalidParameterException",
        "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
    ),
    "kms": ("MalformedPolicyDocumentException", "{error}"),
    "s3": ("MalformedPolicy", "{error}"),
    "sns": ("InvalidParameter", "Invalid parameter: Policy Error: {error}"),
    "sqs": ("InvalidAttributeValue", "Invalid value for the parameter Policy."),
}


@_applies_to("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def _environment(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
    variables = json.dumps((parameters.get("Environment") or {}).get("Variables") or {}, separators=(",", ":"))
    if len(variables.encode()) > 4096:
        message = (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {variables}"
        )
        yield Refusal("InvalidParameterValueException", message)


@_applies_to("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def _function_size(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
    for name, most in (("MemorySize", 10_240), ("Timeout", 900)):
        if (value := parameters.get(name) or 0) > most:
            field = name[0].lower() + name[1:]
            message = (
                f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must "
                f"have value less than or equal to {most}"
            )
            yield Refusal("ValidationException", message)


@_applies_to("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def _network_of_function(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions."""
    if not (parameters.get("VpcConfig") or {}).get("SubnetIds") or "Role" not in parameters:
        return
    try:
        require(Principal.role(parameters["Role"]), "ec2:CreateNetworkInterface", "*")
    except AccessDeniedError:
        message = "The provided execution role does not have permissions to call CreateNetworkInterface on EC2"
        yield Refusal("InvalidParameterValueException", message)


@_applies_to("events", "PutTargets")
def _targets(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html."""
    bus = events_backends[request.current_account][request.region].event_buses.get(
        parameters.get("EventBusName", "default")
    )
    rule = bus.rules.get(parameters["Rule"]) if bus else None
    targets = {target["Id"] for target in (*(rule.targets if rule else ()), *parameters["Targets"])}
    if len(targets) > 5:
        yield Refusal("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


@_applies_to("ssm", "PutParameter")
def _standard_parameter(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html."""
    if parameters.get("Tier", "Standard") == "Standard" and len(parameters["Value"].encode()) > 4096:
        message = (
            "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger "
            "parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
            "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
        )
        yield Refusal("ValidationException", message)


@_applies_to("logs", "CreateLogGroup")
def _log_group(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html."""
    if parameters["logGroupName"].startswith("aws/"):
        yield Refusal("InvalidParameterException", "Log groups starting with AWS/ are reserved for AWS.")


@_applies_to("logs", "PutRetentionPolicy")
def _retention(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html."""
    days = parameters["retentionInDays"]
    if days not in _RETENTIONS:
        message = (
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: {list(_RETENTIONS)}"
        )
        yield Refusal("InvalidParameterException", message)


_RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


@_applies_to("sqs", "CreateQueue", "SetQueueAttributes")
def _queue_attributes(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html."""
    for name, value in (parameters.get("Attributes") or {}).items():
        least, most = _QUEUE_ATTRIBUTES.get(name, (None, None))
        if least is not None and not (value.isdigit() and least <= int(value) <= most):
            yield Refusal("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


_QUEUE_ATTRIBUTES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}


@_applies_to("s3", "PutObject", "CreateMultipartUpload", "CopyObject")
def _key(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html."""
    if len(parameters["Key"].encode()) > 1024:
        yield Refusal("KeyTooLongError", "Your key is too long")


@_applies_to("budgets", "CreateBudget", "UpdateBudget")
def _tag_filter(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html."""
    budget = parameters.get("Budget") or parameters["NewBudget"]
    for value in (budget.get("CostFilters") or {}).get("TagKeyValue", ()):
        if not re.fullmatch(r"(user|aws):[^$]+\$.*", value):
            yield Refusal("InvalidParameterException", f"Invalid tag filter: {value}")


@_applies_to("budgets", "CreateNotification")
def _subscribers(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_NotificationWithSubscribers.html."""
    kinds = [subscriber["SubscriptionType"] for subscriber in parameters.get("Subscribers") or ()]
    if kinds.count("SNS") > 1 or kinds.count("EMAIL") > 10:
        yield Refusal("CreationLimitExceededException", "A notification has at most 1 SNS and 10 email subscribers.")


@_applies_to("cloudwatch", "PutMetricAlarm")
def _alarm(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html."""
    period, count = int(parameters.get("Period") or 60), int(parameters["EvaluationPeriods"])
    if period not in (10, 20, 30) and period % 60:
        yield Refusal("ValidationError", "Period must be 10, 20, 30 or a multiple of 60")
    longest = 604_800 if period >= 3_600 else 86_400
    if period * count > longest:
        message = f"Metrics cannot be checked across more than {longest} seconds (EvaluationPeriods * Period)"
        yield Refusal("ValidationError", message)
    treatment = parameters.get("TreatMissingData", "missing")
    if treatment not in ("breaching", "ignore", "missing", "notBreaching"):
        yield Refusal("ValidationError", f"Option {treatment} is not supported for parameter TreatMissingData.")


@_applies_to("emr", "CreateStudio", "UpdateStudio")
def _subnets(request: BaseResponse, parameters: Parameters) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/emr/latest/APIReference/API_CreateStudio.html."""
    if len(parameters.get("SubnetIds") or ()) > 5:
        yield Refusal("InvalidRequestException", "A Studio can have a maximum of 5 subnets.")


def _reserved_tags(service: str, operation: str, parameters: Parameters) -> Refusal | None:
    """Returns the error for tags whose prefix is reserved for AWS, or for more tags than a resource can have.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    if operation.startswith(("Describe", "Get", "List", "Untag", "Remove")):
        return None
    keys = list(_tag_keys(parameters))
    if any(key.lower().startswith("aws:") for key in keys):
        code, message = _RESERVED_TAG.get(service, (_INVALID, _RESERVED))
        return Refusal(code, message)
    return Refusal(_INVALID, "A resource can have a maximum of 50 tags.") if len(keys) > 50 else None


_INVALID, _RESERVED = "ValidationException", "aws: prefixed tag key names are not allowed for external use."
_RESERVED_TAG = {
    "ec2": ("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"),
    "iam": ("InvalidInput", _RESERVED),
    "s3": ("InvalidTag", "System tags cannot be added/updated by requester"),
}


def _tag_keys(parameters: Any) -> Iterator[str]:
    """Yields the keys of members such as `Tags`, which are maps or lists of structures, at any depth."""
    if isinstance(parameters, list):
        for element in parameters:
            yield from _tag_keys(element)
    elif isinstance(parameters, Mapping):
        for name, value in parameters.items():
            if name.lower() not in ("tags", "taglist", "tagset"):
                yield from _tag_keys(value)
            elif isinstance(value, Mapping):
                yield from value
            elif isinstance(value, list):
                yield from (_tag_key(tag) for tag in value if isinstance(tag, Mapping))


def _tag_key(tag: Mapping[str, Any]) -> str:
    return str(next((value for name, value in tag.items() if name.lower() in ("key", "tagkey")), ""))


def _role(request: BaseResponse, name: str) -> Any:
    roles = iam_backends[request.current_account][request.partition].roles.values()
    return next((role for role in roles if role.name == name), None)


def _length(document: str) -> int:
    """Returns the size of a policy as IAM counts it: without white space."""
    return len(re.sub(r"\s", "", document))


def _values(parameters: Any, name: str) -> Iterator[str]:
    """Yields the values of all members with a name, at any depth."""
    if isinstance(parameters, list):
        for element in parameters:
            yield from _values(element, name)
    elif isinstance(parameters, Mapping):
        for key, value in parameters.items():
            if key == name and isinstance(value, str):
                yield value
            else:
                yield from _values(value, name)
