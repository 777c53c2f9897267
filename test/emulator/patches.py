"""All patched services, in the order of installation."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from test.emulator.patching import ServicePatches

SERVICES = (
    "glue",
    "glue_jobs",
    "s3",
    "s3_tables",
    "s3_table_buckets",
    "lakeformation",
    "lakeformation_catalog",
    "lakeformation_opt_ins",
    "access",
    "iam",
    "web_identity",
    "validation",
    "faults",
    "request_trace",
    "events",
    "athena",
    "states",
    "states_callbacks",
    "states_casing",
    "states_definitions",
    "states_jobs",
    "states_lambda",
    "states_redrive",
    "states_roles",
    "states_jsonata",
    "states_stopping",
    "ecs",
    "ecs_definitions",
    "emr_serverless",
    "emr_applications",
    "emr_permissions",
    "emr_studio",
    "bedrock",
    "codeartifact",
    "codeartifact_packages",
    "sqs",
    "ec2",
    "awslambda",
    "awslambda_configuration",
    "event_sources",
    "http_apis",
    "clock",
    "pass_role",
    "scheduler",
    "pipes",
    "budgets",
    "kms",
    "cloudwatch",
    "cloudwatch_dashboards",
    "cloudwatch_metrics",
    "logs",
    "processes",
    "ecr",
    "redshift_data",
    "clients",
    "emptying",
)
"""Modules of this package; each has a `PATCHES`."""


def all_patches() -> Iterator[ServicePatches]:
    """Yields the patches of all services; imports moto, which reads its settings on import."""
    for service in SERVICES:
        yield importlib.import_module(f"test.emulator.{service}").PATCHES
