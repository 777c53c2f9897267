"""Rules that AWS documents and applies, but that botocore's models do not have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.responses import BaseResponse

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
    return next((refusal for rule in rules for refusal in rule(request, parameters)), None)


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
