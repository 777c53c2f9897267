"""Terraform for tests: a root module, an environment, and one method per command."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from test.terraform.provider import LOW_OVERHEAD, installed_provider, running_provider
from test.terraform.provider_mirror import write_cli_configuration
from test.terraform.state import Resource, read_state, resources

EMULATOR_SETTINGS = """\
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  max_retries                 = 2
"""
"""Provider settings for the emulator that environment variables cannot set."""


TESTS_OF_DEFINITIONS = (
    "tests/control_flow.tftest.hcl",
    "tests/lambda.tftest.hcl",
    "tests/orchestration.tftest.hcl",
)
"""Module tests of pipeline_factory that test_control_flow.py runs, because it also needs their plans."""


class TerraformError(Exception):
    """A command failed. The message contains its output."""


def is_data_source(address: str) -> bool:
    """Whether an address is that of a data source, such as `module.domain.data.aws_region.current`."""
    return re.search(r"(^|\.)data\.", address) is not None


class Terraform:
    """A root module.

    Args:
        folder: Folder of the module, to which terraform also writes its files.
        environment: Environment variables, such as `Emulator.environment`.

    Attributes:
        environment: All environment variables of terraform.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {
            **_without_aws(os.environ),
            **environment,
            **LOW_OVERHEAD,
            "TF_CLI_CONFIG_FILE": str(write_cli_configuration(folder)),
            "TF_IN_AUTOMATION": "true",
            "TF_INPUT": "false",
        }

    def override_provider(self, name: str, settings: str) -> None:
        """Adds settings to the provider block, in an override file.

        https://developer.hashicorp.com/terraform/language/files/override
        """
        (self.folder / f"{name}_override.tf").write_text(f'provider "aws" {{\n{settings}}}\n')

    def init(self) -> None:
        self.run("init")

    def validate(self) -> None:
        self.run("validate")

    def apply(self, *options: str) -> None:
        self.run("apply", "-auto-approve", *options)

    def apply_plan(self) -> None:
        """Applies the plan of `changes`."""
        self.run("apply", "plan.bin")

    def destroy(self, *options: str) -> None:
        self.run("destroy", "-auto-approve", *options)

    def changes(self, *options: str) -> dict[str, str]:
        """Plans, and returns the action for each resource: create, update, delete or replace."""
        messages = [json.loads(line) for line in self.run("plan", "-json", "-out=plan.bin", *options).splitlines()]
        planned = [message["change"] for message in messages if message["type"] == "planned_change"]
        return {change["resource"]["addr"]: change["action"] for change in planned if change["action"] != "read"}

    def drift(self) -> str:
        """Returns the changes that `plan -detailed-exitcode` reports for resources and outputs, or an empty string."""
        ran = self._ran("plan", "-detailed-exitcode", "-out=plan.bin", codes=(0, 2))
        return ran.stdout.partition("Terraform will perform")[2] or ran.stdout if ran.returncode else ""

    def state(self) -> list[Resource]:
        """The resources and data sources in the state, with their values."""
        return list(resources(read_state(self.folder)))

    def resources(self) -> list[str]:
        """Addresses of the resources in the state, without data sources."""
        return [resource.address for resource in self.state() if resource.mode == "managed"]

    def output(self) -> dict[str, Any]:
        """Outputs of the module by name."""
        return {name: output["value"] for name, output in read_state(self.folder)["outputs"].items()}

    def run(self, *arguments: str) -> str:
        """Runs a command and returns its output.

        Raises:
            TerraformError: The command failed.
        """
        return self._ran(*arguments, codes=(0,)).stdout

    def _ran(self, command: str, *arguments: str, codes: tuple[int, ...]) -> subprocess.CompletedProcess[str]:
        words = ["terraform", f"-chdir={self.folder}", command, *_PLAIN.get(command, ()), *arguments]
        ran = subprocess.run(words, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if ran.returncode not in codes:
            raise TerraformError(f"terraform {command} in {self.folder}:\n{ran.stdout[-4000:]}\n{ran.stderr}")
        return ran


@contextmanager
def shared_provider(*roots: Terraform, program: Path | None = None) -> Iterator[None]:
    """Uses a single provider process for all commands of root modules, also for concurrent ones.

    A process needs half a gigabyte. The modules must configure the provider in the same way.

    Args:
        roots: The root modules; the folder of the first is the working directory of the provider.
        program: The program of the provider; by default the one installed in the first module.
    """
    own = [root.environment for root in roots]
    folder = roots[0].folder
    with running_provider(program or installed_provider(folder), folder, own[0]) as variables:
        for root in roots:
            root.environment = {**root.environment, **variables}
        yield
    for root, environment in zip(roots, own, strict=True):
        root.environment = environment


_PLAIN = dict.fromkeys(("init", "validate", "plan", "apply", "destroy", "test"), ("-no-color",))


def _without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(("AWS_", "TF_"))}
