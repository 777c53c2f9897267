"""EC2: returns the description of security group rules that reference another group."""

from __future__ import annotations

from collections.abc import Callable

from moto.ec2.models.security_groups import SecurityGroupRule

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("ec2")


@PATCHES.replace(SecurityGroupRule, "description", "d7622595c404")
def _description(stock: Callable[[SecurityGroupRule], str | None], self: SecurityGroupRule) -> str | None:
    """See https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html."""
    return stock(self) or self.source_group.get("Description")
