"""Terraform as the tests use it: a folder, an account of the emulator, and one method for each command."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from test.terraform.provider import running_provider
from test.terraform.provider_mirror import write_cli_configuration

_PROVIDER_SETTINGS = """
provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  max_retries                 = 2
}
"""


class TerraformError(Exception):
    """A command failed; with what it printed."""


class Terraform:
    """A root module.

    Args:
        folder: Of the module; what terraform writes goes there as well.
        environment: Variables for terraform and what it starts; `Emulator.environment` leads to the emulator.

    Attributes:
        environment: All variables.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {
            **_without_aws(os.environ),
            **environment,
            "TF_CLI_CONFIG_FILE": str(write_cli_configuration(folder)),
            "TF_IN_AUTOMATION": "true",
            "TF_INPUT": "false",
        }

    def use_emulator(self) -> None:
        """Gives the module's provider the settings that no environment variable has; merged into its own block."""
        (self.folder / "emulator_override.tf").write_text(_PROVIDER_SETTINGS)

    def init(self) -> None:
        self.run("init")

    @contextmanager
    def kept_provider(self) -> Iterator[None]:
        """Has all commands of the block, which comes after `init`, use one process of the provider."""
        own = self.environment
        with running_provider(self.folder, own) as variables:
            self.environment = {**own, **variables}
            yield
        self.environment = own

    def validate(self) -> None:
        self.run("validate")

    def apply(self) -> None:
        self.run("apply", "-auto-approve")

    def apply_plan(self) -> None:
        """Does what `changes` returned."""
        self.run("apply", "plan.bin")

    def destroy(self) -> None:
        self.run("destroy", "-auto-approve")

    def changes(self) -> dict[str, str]:
        """Plans, and returns what is to do: addresses of resources with create, update, delete or replace."""
        messages = [json.loads(line) for line in self.run("plan", "-json", "-out=plan.bin").splitlines()]
        planned = [message["change"] for message in messages if message["type"] == "planned_change"]
        return {change["resource"]["addr"]: change["action"] for change in planned if change["action"] != "read"}

    def drift(self) -> str:
        """What `plan -detailed-exitcode` still finds to do, in resources or outputs; empty where it answers 0."""
        ran = self._ran("plan", "-detailed-exitcode", "-out=plan.bin", codes=(0, 2))
        return ran.stdout.partition("Terraform will perform")[2] or ran.stdout if ran.returncode else ""

    def resources(self) -> list[str]:
        """Addresses of what is in the state, data sources excepted."""
        listed = self.run("state", "list").split("\n")
        return [address for address in listed if address and "data." not in address]

    def output(self) -> dict[str, Any]:
        """The module's outputs by name."""
        return {name: output["value"] for name, output in json.loads(self.run("output", "-json")).items()}

    def run(self, *arguments: str) -> str:
        """Runs any command; returns what it printed.

        Raises:
            TerraformError: It failed; with its errors.
        """
        return self._ran(*arguments, codes=(0,)).stdout

    def _ran(self, command: str, *arguments: str, codes: tuple[int, ...]) -> subprocess.CompletedProcess[str]:
        words = ["terraform", f"-chdir={self.folder}", command, *_PLAIN.get(command, ()), *arguments]
        ran = subprocess.run(words, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if ran.returncode not in codes:
            raise TerraformError(f"terraform {command} in {self.folder}:\n{ran.stdout[-4000:]}\n{ran.stderr}")
        return ran


_PLAIN = dict.fromkeys(("init", "validate", "plan", "apply", "destroy", "test"), ("-no-color",))


def _without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(("AWS_", "TF_"))}
