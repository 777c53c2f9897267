"""The role with which the agent of a lake queries its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datalake_sdk.platforms.base import Platform


def agent_role(platform: Platform) -> str | None:
    """Returns the ARN of the role that runs the queries of the agent.

    On AWS, a warning is printed to stderr if there is none.
    """
    role = platform.agent_role
    if role is None and platform.capabilities.remote:
        click.echo(
            "Queries run with your permissions, because the domain has no role for Datalfred: set datalfred_user_arns "
            "in domain_factory.",
            err=True,
        )
    return role
