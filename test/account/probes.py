"""Facts that only a real account shows, as far as a program can read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from test.account.sandbox import Sandbox

_QUOTAS = {
    "Fargate On-Demand vCPU": ("fargate", "L-3032A538"),
    "EMR Serverless vCPU": ("emr-serverless", "L-D05C8A75"),
}
"""https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html"""


def probe(sandbox: Sandbox) -> dict[str, str]:
    """Runs all probes while the examples are deployed and have been executed.

    Returns:
        Result of each probe by its name in README.md; one that fails reports its error.
    """
    return {name: _result(run, sandbox) for name, run in _PROBES.items()}


def _result(run: Callable[[Sandbox], object], sandbox: Sandbox) -> str:
    try:
        return json.dumps(run(sandbox), default=str).replace("|", "\\|")
    except (BotoCoreError, ClientError, LookupError) as error:
        return f"not available: {error}"


def _source_arn(sandbox: Sandbox) -> object:
    """The condition that was met when the state machine was created, since Step Functions then assumes its role."""
    states, iam = sandbox.client("stepfunctions"), sandbox.client("iam")
    machines = [
        machine["stateMachineArn"]
        for page in states.get_paginator("list_state_machines").paginate()
        for machine in page["stateMachines"]
        if machine["name"].startswith(sandbox.environment_name)
    ]
    roles = [states.describe_state_machine(stateMachineArn=arn)["roleArn"].rpartition("/")[2] for arn in machines]
    trusts = [iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] for role in roles]
    return {"state machines": machines, "conditions": [each["Statement"][0].get("Condition") for each in trusts]}


def _job_runs(sandbox: Sandbox) -> list[dict[str, Any]]:
    emr = sandbox.client("emr-serverless")
    return [
        emr.get_job_run(applicationId=application["id"], jobRunId=run["id"])["jobRun"]
        for application in emr.list_applications()["applications"]
        if application["name"].startswith(sandbox.environment_name)
        for run in emr.list_job_runs(applicationId=application["id"])["jobRuns"]
    ]


def _spark_parameters(sandbox: Sandbox) -> object:
    """Quotes in the parameters as EMR Serverless received them, and whether Spark accepted them."""
    return [(run["state"], run["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"]) for run in _job_runs(sandbox)]


def _spark_release(sandbox: Sandbox) -> object:
    """Release whose packages and JARs the image and the job found: a missing one fails the build or the job."""
    return [(run["state"], run.get("stateDetails", ""), run.get("releaseLabel")) for run in _job_runs(sandbox)]


def _listed_grants(sandbox: Sandbox) -> object:
    """Resource and permissions of each grant as Lake Formation lists it; differences to the grants cause drift."""
    databases = {f"{sandbox.stage_name}_sales", f"{sandbox.stage_name}_daily_sales"}
    listed = sandbox.client("lakeformation").list_permissions()["PrincipalResourcePermissions"]
    return [
        {"resource": each["Resource"], "permissions": each["Permissions"]}
        for each in listed
        if databases & {str(value) for part in each["Resource"].values() for value in part.values()}
    ]


def _zones(sandbox: Sandbox) -> object:
    """Zones of the subnets, and the states of the interface endpoints in them."""
    ec2 = sandbox.client("ec2")
    filters = [{"Name": "tag:stage_name", "Values": [sandbox.stage_name]}]
    subnets = ec2.describe_subnets(Filters=filters)["Subnets"]
    endpoints = ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]
    return {
        "zones": sorted({subnet.get("AvailabilityZoneId", subnet["AvailabilityZone"]) for subnet in subnets}),
        "endpoints": {endpoint["ServiceName"]: endpoint["State"] for endpoint in endpoints},
    }


def _quotas(sandbox: Sandbox) -> object:
    quotas = sandbox.client("service-quotas")
    return {
        name: quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
        for name, (service, code) in _QUOTAS.items()
    }


_PROBES: dict[str, Callable[[Sandbox], object]] = {
    "SourceArn at creation": _source_arn,
    "Spark parameters": _spark_parameters,
    "Spark release": _spark_release,
    "listed grants": _listed_grants,
    "zones": _zones,
    "quotas": _quotas,
}
