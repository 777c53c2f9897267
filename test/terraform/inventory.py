"""The resources of an account, to check that a destroy removes all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

# Service, operation, list in the response, field with the name, and fields of entries that are already removed.
_LISTS: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("athena", "list_work_groups", "WorkGroups", "Name", {}),
    ("bedrock", "list_inference_profiles", "inferenceProfileSummaries", "inferenceProfileArn", {}),
    ("codeartifact", "list_domains", "domains", "name", {}),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId", {}),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId", {}),
    ("ec2", "describe_subnets", "Subnets", "SubnetId", {}),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", {"State": "deleted"}),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId", {}),
    ("ecr", "describe_repositories", "repositories", "repositoryName", {}),
    ("ecs", "list_task_definitions", "taskDefinitionArns", "", {}),
    ("emr", "list_studios", "Studios", "StudioId", {}),
    ("emr-serverless", "list_applications", "applications", "arn", {"state": "TERMINATED"}),
    ("events", "list_rules", "Rules", "Name", {}),
    ("glue", "get_databases", "DatabaseList", "Name", {}),
    ("iam", "list_policies", "Policies", "Arn", {}),
    ("iam", "list_roles", "Roles", "RoleName", {}),
    ("lakeformation", "list_permissions", "PrincipalResourcePermissions", "Principal", {}),
    ("lakeformation", "list_resources", "ResourceInfoList", "ResourceArn", {}),
    ("lambda", "list_functions", "Functions", "FunctionName", {}),
    ("logs", "describe_log_groups", "logGroups", "logGroupName", {}),
    ("s3", "list_buckets", "Buckets", "Name", {}),
    ("scheduler", "list_schedules", "Schedules", "Name", {}),
    ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn", {}),
    ("sns", "list_topics", "Topics", "TopicArn", {}),
    ("sqs", "list_queues", "QueueUrls", "", {}),
    ("ssm", "describe_parameters", "Parameters", "Name", {}),
    ("stepfunctions", "list_state_machines", "stateMachines", "name", {}),
)
_FILTERS: Mapping[str, Mapping[str, Any]] = {
    "list_policies": {"Scope": "Local"},
    "describe_parameters": {"MaxResults": 50},
}


class Account(Protocol):
    """An account on AWS or on the emulator."""

    def client(self, service: str) -> Any:
        """Returns a boto3 client."""


def inventory(aws: Account) -> set[str]:
    """Returns the resources as 'service kind name'."""
    return {f"{service} {kind} {name}" for service, kind, name in [*_entries(aws), *_clusters(aws)]}


def _entries(aws: Account) -> Iterable[tuple[str, str, str]]:
    for service, operation, kind, name, gone in _LISTS:
        for page in _pages(aws.client(service), operation):
            for entry in page.get(kind, []):
                if not gone or not gone.items() <= entry.items():
                    yield service, kind, str(entry[name] if name else entry)


def _pages(client: Any, operation: str) -> Iterator[Mapping[str, Any]]:
    filters = _FILTERS.get(operation, {})
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate(**filters)
        return
    page = getattr(client, operation)(**filters)
    yield page
    while page.get("NextToken"):
        page = getattr(client, operation)(**filters, NextToken=page["NextToken"])
        yield page


def _clusters(aws: Account) -> Iterable[tuple[str, str, str]]:
    """Clusters of ECS, which lists removed clusters as INACTIVE for some time."""
    ecs = aws.client("ecs")
    described = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    return [("ecs", "clusters", one["clusterName"]) for one in described if one["status"] == "ACTIVE"]
