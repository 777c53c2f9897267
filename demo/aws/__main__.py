"""The platform on an emulated AWS account: deploys it with Terraform, loads files, kills a task, redrives, destroys.

`make demo-aws` requires Terraform, but no account, credentials or container engine.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from demo.aws.account import Account, emulated_account, without_aws
from demo.aws.execution import Progress, follow
from demo.aws.timeline import Timeline
from test.terraform.terraform import TerraformError

PROGRAM = "datalake_sdk"
DOMAIN = ("--project-name", "shop", "--domain-name", "sales", "--stage-name", "dev")
ORDERS = Path(__file__).parents[2] / "pipeline_factory/examples/complete/orders.csv"
LATE_ORDERS = Path(__file__).with_name("late_orders.csv")
SALES = "SELECT day, orders, amount FROM dev_sales.sales_by_day ORDER BY day"
NO_TERRAFORM = """\
terraform is not on PATH. Install Terraform 1.11 or newer: https://developer.hashicorp.com/terraform/install
"""
ENDED = "The emulator has been stopped and the temporary files have been removed."
INTERRUPTED = 130


def main() -> int:
    """Runs the demonstration and returns the exit code."""
    if not shutil.which("terraform"):
        sys.stderr.write(NO_TERRAFORM)
        return 1
    signal.signal(signal.SIGINT, _interrupt_once)
    _remove_user_settings()
    with tempfile.TemporaryDirectory(prefix="demo_aws_", ignore_cleanup_errors=True) as folder:
        # An interrupt while another temporary folder is created would leave that behind.
        tempfile.tempdir = folder
        return _run(Path(folder))


def _run(folder: Path) -> int:
    timeline = Timeline()
    try:
        timeline.say("Start the emulator: an AWS account in a local process, which enforces IAM.")
        with emulated_account(folder) as account:
            os.environ |= account.aws.environment
            demonstrate(account, timeline)
    except KeyboardInterrupt:
        timeline.say(f"Interrupted. {ENDED}")
        return INTERRUPTED
    except (TerraformError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    timeline.say(f"Done. {ENDED}")
    return 0


def demonstrate(account: Account, timeline: Timeline) -> None:
    """Applies a domain and a pipeline, loads two files, kills the tasks of one of them, and destroys everything."""
    timeline.say("terraform apply: a domain with its network, and a pipeline of two tasks.")
    timeline.note("task images are unpacked to folders, since no container engine is required")
    account.root.init()
    with account.provider():
        account.root.apply()
        timeline.note(f"{len(account.root.resources())} resources created")
        load_orders(account, timeline)
        kill_attempts(account, timeline)
        timeline.say("terraform destroy")
        account.root.destroy()
        timeline.note(f"{len(account.root.resources())} resources left")


def load_orders(account: Account, timeline: Timeline) -> None:
    """Drops a file into the inbox, follows the execution that it starts, and queries the result."""
    timeline.say(f"Drop {ORDERS.name} into the inbox, which starts an execution.")
    watch(account, timeline, account.drop(ORDERS))
    timeline.say("Query the result with Athena.")
    run(PROGRAM, *DOMAIN, "query", SALES)


def kill_attempts(account: Account, timeline: Timeline) -> None:
    """Kills both attempts of a task, shows the notification of the operators, and redrives the execution."""
    timeline.say(f"Drop {LATE_ORDERS.name}, and kill each attempt of load_orders with SIGKILL.")
    execution = account.drop(LATE_ORDERS)
    last_event = watch(account, timeline, execution, kill_tasks=True)
    failed = account.aws.client("stepfunctions").describe_execution(executionArn=execution)
    timeline.note(f"status {failed['status']}, error {failed['error']}")
    notification = account.notification()
    timeline.say("The operators are notified:")
    timeline.quote(notification)
    timeline.say("The killed attempts wrote nothing. Run the command of the notification.")
    run(*redrive_command(notification), "--yes")
    watch(account, timeline, execution, after=last_event)
    timeline.say("One order was corrected, two were added.")
    run(PROGRAM, *DOMAIN, "query", SALES)


def watch(account: Account, timeline: Timeline, execution: str, after: int = 0, kill_tasks: bool = False) -> int:
    """Prints the progress of an execution until it ends.

    Args:
        account: The account of the execution.
        timeline: Where to print.
        execution: ARN of the execution.
        after: Number of the last event that is not printed.
        kill_tasks: Whether to kill each task that the execution starts.

    Returns:
        Number of the last event.
    """
    progress = Progress(after, "")
    for progress in follow(account.aws.client("stepfunctions"), execution, after):
        if progress.text:
            timeline.note(progress.text)
        if kill_tasks and progress.ecs_task:
            account.kill(progress.ecs_task)
    return progress.event


def redrive_command(notification: str) -> list[str]:
    """The words of the command in a notification."""
    (command,) = re.findall(rf"{PROGRAM} .* redrive [^\"\n]*", notification)
    return shlex.split(command)


def run(program: str, *arguments: str) -> None:
    """Prints a command as typed in a shell, and runs it.

    Raises:
        subprocess.CalledProcessError: The command failed.
    """
    print(f"\n$ {shlex.join([program, *arguments])}", flush=True)
    subprocess.run([Path(sys.executable).with_name(program), *arguments], check=True)


def _remove_user_settings() -> None:
    """Removes the user's settings for AWS and Terraform from this process and its child processes."""
    remaining = without_aws(os.environ)
    os.environ.clear()
    os.environ.update(remaining)


def _interrupt_once(*_: object) -> None:
    """Interrupts the demonstration; further signals do not interrupt the cleanup."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
