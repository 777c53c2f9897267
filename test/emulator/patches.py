"""Every patched service, in the order in which they are installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from test.emulator.patching import ServicePatches

SERVICES = (
    "glue",
    "s3",
    "lakeformation",
    "iam",
    "faults",
    "events",
    "athena",
    "states",
    "states_callbacks",
    "states_casing",
    "states_definitions",
    "states_jobs",
    "states_jsonata",
    "states_stopping",
    "ecs",
    "emr_serverless",
    "emr_applications",
    "emr_studio",
    "bedrock",
    "codeartifact",
    "sqs",
    "ec2",
    "awslambda",
    "awslambda_configuration",
    "scheduler",
    "logs",
    "processes",
    "ecr",
    "clients",
    "emptying",
)
"""Modules of this package; each holds a `PATCHES`."""


def all_patches() -> Iterator[ServicePatches]:
    """The patches of every service; imports moto, which reads its settings then."""
    for service in SERVICES:
        yield importlib.import_module(f"test.emulator.{service}").PATCHES
