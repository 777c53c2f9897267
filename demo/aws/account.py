"""The emulated account and the root module that is applied to it, with the emulator and the tools of the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from test.emulator import Emulator
from test.terraform.terraform import EMULATOR_SETTINGS, Terraform, shared_provider
from test.terraform.workspace import container_engine, copy_repository

_USER_SETTINGS = ("AWS_", "DATALAKE_", "MOTO_", "TF_")
_LOOPBACK = "127.0.0.1"


@dataclass
class Account:
    """An account and the root module that deploys the platform to it.

    Attributes:
        aws: The emulator.
        root: The module in this folder.
    """

    aws: Emulator
    root: Terraform

    def provider(self) -> AbstractContextManager[None]:
        """Keeps the provider running, so that commands do not start it again."""
        return shared_provider(self.root)

    def drop(self, file: Path) -> str:
        """Uploads a file to the inbox and returns the ARN of the execution that it starts."""
        self.aws.client("s3").put_object(
            Bucket=self._outputs["inbox"], Key=f"inbox/{file.name}", Body=file.read_bytes()
        )
        machine = self._outputs["state_machine_arn"]
        executions = self.aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
        arn: str = max(executions, key=lambda execution: execution["startDate"])["executionArn"]
        return arn

    def kill(self, task: str) -> None:
        """Kills an ECS task as soon as it runs."""
        self.aws.wait_for(task, "RUNNING")
        self.aws.control("kill_task", task=task)

    def notification(self) -> str:
        """Waits for the next message to the operators."""
        queue = self._outputs["operators_queue_url"]
        (message,) = self.aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        text: str = message["Body"]
        return text

    @cached_property
    def _outputs(self) -> dict[str, Any]:
        return self.root.output()


@contextmanager
def emulated_account(folder: Path) -> Iterator[Account]:
    """Starts the emulator, and copies the modules to a folder for everything that Terraform writes.

    The root user, as which Terraform deploys, is the Lake Formation administrator.

    Args:
        folder: An empty folder.
    """
    with Emulator() as aws:
        images, repository, temporary = (folder / name for name in ("images", "repository", "tmp"))
        for each in (images, repository, temporary):
            each.mkdir()
        copy_repository(repository)
        root = Terraform(
            repository / "demo/aws", {**aws.environment, **container_engine(images), "TMPDIR": str(temporary)}
        )
        root.override_provider("emulator", EMULATOR_SETTINGS)
        administrator = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{aws.account}:root"}
        aws.client("lakeformation").put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [administrator]})
        aws.enforce_iam()
        yield Account(aws, root)


def without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns an environment without settings that select an account, a Terraform workspace or a local lake.

    Proxies must not intercept requests to the emulator.
    """
    remaining = {name: value for name, value in environment.items() if not name.startswith(_USER_SETTINGS)}
    for name in ("no_proxy", "NO_PROXY"):
        remaining[name] = ",".join(filter(None, [environment.get(name), _LOOPBACK]))
    return remaining
