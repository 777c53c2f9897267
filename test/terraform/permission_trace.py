"""`python -m test.terraform.permission_trace load_orders`: permissions that a role used or did not use.

Applies the complete example on the emulator, executes its pipeline and destroys it, with IAM enforced, which takes a
few minutes. The argument is the end of the name of a role or of several roles: a task, `-states`, `-execution`,
`failsafe`, or `deployment-shop_sales_dev` for the role that applies the example.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from test.emulator import Emulator
from test.terraform.deployment import Deployment, prepare_account
from test.terraform.permissions import DEPLOYMENT_REASONS, read_reasons, role_kinds, unused_permissions
from test.terraform.state import Resource

Decisions = list[dict[str, Any]]


def main(end_of_name: str) -> None:
    """Prints the trace of each role with a matching name."""
    with tempfile.TemporaryDirectory() as folder, Emulator() as aws:
        deployment = Deployment(aws, Path(folder))
        try:
            resources, decisions = _run(aws, deployment)
        finally:
            deployment.stop()
    roles = [arn for arn in role_kinds(resources) if arn.endswith(end_of_name)]
    sys.stdout.write("\n".join(line for role in roles for line in trace(role, resources, decisions)) + "\n")


def trace(role: str, resources: list[Resource], decisions: Decisions) -> Iterator[str]:
    """Yields lines with the requests of a role, and with the permissions that none of them used.

    Args:
        role: ARN of the role.
        resources: Resources in the states of root modules.
        decisions: What the emulator's command `access_decisions` returns.
    """
    yield f"{role}\n\n  Requests, with the statements that decided:"
    for decision in sorted(decisions, key=lambda one: (one["action"], one["resource"])):
        if decision["principal"] == role:
            yield f"  {decision['count']:5} {decision['action']:32} {_outcome(decision):24} {decision['resource']}"
    yield "\n  Permissions that were not used, with the reason:"
    reasons = {**read_reasons().all, **read_reasons(DEPLOYMENT_REASONS).all}
    for permission in sorted(unused_permissions(_of_role(role, resources), decisions)):
        reason = reasons.get(permission, "used by other roles of its kind")
        yield f"        {permission.action:32} {permission.statement:24} {reason}"


def _run(aws: Emulator, deployment: Deployment) -> tuple[list[Resource], Decisions]:
    prepare_account(aws)
    deployment.apply_roles()
    deployment.init(deployment.domain, deployment.pipeline)
    deployment.domain.apply()
    deployment.pipeline.apply()
    machine = deployment.pipeline.output()["state_machine_arn"]
    execution = aws.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]
    aws.wait_for(execution, "SUCCEEDED", "FAILED", seconds=300)
    roots = [deployment.roles, deployment.domain, deployment.pipeline]
    resources = [resource for root in roots for resource in root.state()]
    deployment.pipeline.destroy()
    deployment.domain.destroy()
    return resources, aws.control("access_decisions")


def _of_role(role: str, resources: list[Resource]) -> list[Resource]:
    """The resources without other roles."""
    return [one for one in resources if one.type != "aws_iam_role" or one.values["arn"] == role]


def _outcome(decision: Mapping[str, Any]) -> str:
    statements = ", ".join(statement["sid"] for statement in decision["statements"])
    return statements if decision["outcome"] == "ALLOWED" else decision["outcome"]


if __name__ == "__main__":
    main(sys.argv[1])
