"""A domain on the emulator, and the command line `datalake_sdk` to use it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from datalake_sdk.cli.main import cli
from datalake_sdk.settings import Environment
from test.aws.emulator.execution import Workshop
from test.emulator import Emulator
from test.emulator.domain import create_domain

ENVIRONMENT = Environment("shop", "sales", "dev")
NAMES = ("-p", "shop", "-d", "sales", "-s", "dev")
ORDERS = ("--database-name", "sales", "--table-name", "orders")
ROWS = "id,city\n1,Lyon\n2,\n3,Nîmes\n"
_REPOSITORY = Path(__file__).parents[2]


class Program:
    """Runs `datalake_sdk` against the emulator."""

    def __init__(self, aws: Emulator, folder: Path) -> None:
        self.aws = aws
        self.folder = folder

    def run(self, *arguments: str, **variables: str | None) -> Result:
        """Runs a command in this process; `variables` override the environment, None removes a variable."""
        return CliRunner().invoke(cli, [*NAMES, *arguments], env={**self.aws.environment, **variables})

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command as a separate process."""
        return subprocess.Popen(
            [sys.executable, "-m", "datalake_sdk.cli", *NAMES, *arguments],
            env={**os.environ, **self.aws.environment, "PYTHONPATH": str(_REPOSITORY)},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self, *arguments: str) -> tuple[int, str, str]:
        """Runs a command as a process; returns its exit code, stdout and stderr."""
        with self.process(*arguments) as process:
            out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def ingest(self, rows: str = ROWS, mode: str = "append", **variables: str | None) -> Result:
        """Writes rows to sales.orders."""
        file = self.folder / "orders.csv"
        file.write_text(rows, encoding="utf-8")
        arguments = ("--input-file-path", str(file), "--ingestion-mode", mode)
        return self.run("ingest", *ORDERS, *arguments, **variables)


@pytest.fixture
def program(aws: Emulator, tmp_path: Path) -> Iterator[Program]:
    """The command line, in an account with the domain shop/sales/dev and its database dev_sales."""
    create_domain(aws, ENVIRONMENT, ["sales"])
    root, ours = logging.getLogger(), logging.getLogger("datalake_sdk")
    before = root.level, root.handlers[:], ours.level
    yield Program(aws, tmp_path)
    # The command line configures logging, which is global to the process.
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    ours.setLevel(before[2])


@pytest.fixture
def shop(program: Program, tmp_path: Path) -> Workshop:
    """State machines and tasks in the account of the command line."""
    return Workshop(program.aws, tmp_path)


@pytest.fixture
def publish(shop: Workshop) -> Callable[..., str]:
    """`publish(states, pipeline)` creates the state machine of a pipeline and publishes it; returns its ARN."""

    def publish(
        states: dict[str, Any],
        pipeline: str = "daily",
        dead_letter_queue_urls: Sequence[str] = (),
        datasets: str = "",
        **more: Any,
    ) -> str:
        machine = shop.machine(states, name=f"{ENVIRONMENT.name}_{pipeline}", **more)
        value = json.dumps(
            {"state_machine_arn": machine, "dead_letter_queue_urls": dead_letter_queue_urls, "datasets": datasets}
        )
        name = f"/datalake/{ENVIRONMENT.name}/{pipeline}/operations"
        shop.client("ssm").put_parameter(Name=name, Value=value, Type="String")
        return machine

    return publish


@pytest.fixture
def role(aws: Emulator) -> Callable[..., dict[str, str]]:
    """`role("s3:GetObject", "arn…")` returns environment variables of a role with only this permission."""

    def role(action: str | list[str], *resources: str) -> dict[str, str]:
        trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"}}
        aws.client("iam").create_role(
            RoleName="analyst", AssumeRolePolicyDocument=_policy({**trusted, "Action": "sts:AssumeRole"})
        )
        may = {"Effect": "Allow", "Action": action, "Resource": resources or "*"}
        aws.client("iam").put_role_policy(RoleName="analyst", PolicyName="may", PolicyDocument=_policy(may))
        aws.enforce_iam()
        credentials = aws.assume_role(f"arn:aws:iam::{aws.account}:role/analyst", "ana")
        return {name.upper(): value for name, value in credentials.items()}

    return role


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
