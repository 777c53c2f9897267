"""Entry point of tasks on Glue: runs the task of a job run, and fails the job run with the error of the task."""

from __future__ import annotations

import json
import logging
import os
import random
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from datalake_sdk.errors import InvalidJobArgumentsError, MissingJobArgumentsError, TerminalError, TransientError
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.task_code import download_task_code
from datalake_sdk.platforms.local.task_reports import FileReporter, TaskFileReport, read_report
from datalake_sdk.runtime.environment import REGION, TASK_ATTEMPT
from datalake_sdk.runtime.reporting import TRANSIENT_ERROR, ReportLimits, TaskReport, reported_reason, task_label
from datalake_sdk.spark_processing_wrapper import SparkProcessingWrapper
from datalake_sdk.task_execution import execute_task

logger = logging.getLogger(__name__)

CODE, VARIABLES, EXECUTION, RETRIES = "task_code", "task_variables", "task_execution", "task_retries"
"""Arguments of a job: URI of the code, environment variables as JSON, those of the execution, number of retries."""
_LIMITS = ReportLimits(cause=4_000)
_FIRST_DELAY_SECONDS, _MAX_DELAY_SECONDS = 5, 300


@dataclass(frozen=True)
class JobArguments:
    """Arguments of a job run.

    Args:
        code: `s3://` URI of the folder with the task's code.
        variables: Environment variables of the task.
        retries: Number of times that a transient failure is retried.
    """

    code: str
    variables: Mapping[str, str]
    retries: int


class GlueProcessingWrapper(SparkProcessingWrapper):
    """The `job` object of a task on Glue, whose session ends with the job run."""

    def close(self) -> None:
        """Keeps the session, which a retry of the task uses again."""


def main(arguments: Sequence[str]) -> None:
    """Runs the task of a job run.

    Args:
        arguments: Arguments of the script.

    Raises:
        InvalidJobArgumentsError: The arguments are not those of a task.
        TerminalError: The task failed.
        TransientError: The task failed after all retries.
    """
    given = job_arguments(arguments)
    os.environ.update(given.variables)
    with tempfile.TemporaryDirectory(prefix="task-", ignore_cleanup_errors=True) as folder:
        download_task_code(AwsSession(os.environ.get(REGION)), given.code, Path(folder))
        run_task(Path(folder), given.retries)


def run_task(folder: Path, retries: int, wait: Callable[[float], None] = time.sleep) -> None:
    """Runs the task of a folder, configured by environment variables.

    A transient failure is retried in the same job run, since a state cannot distinguish the failures of a job.

    Args:
        folder: Folder with the task's code.
        retries: Number of times that a transient failure is retried.
        wait: Waits a number of seconds before a retry.

    Raises:
        TerminalError: The task failed. The message names the task, the class and the message of its error.
        TransientError: The task failed after all retries.
    """
    with chdir(folder):
        report = _run(folder, retries, wait)
    if report.error:
        logger.error("%s", report.cause)
        message, hint = reported_reason(report.cause)
        raise (TransientError if report.error == TRANSIENT_ERROR else TerminalError)(message, hint=hint)


def job_arguments(arguments: Sequence[str]) -> JobArguments:
    """Parses the arguments of the script; those of Glue itself are ignored.

    Raises:
        InvalidJobArgumentsError: An argument is missing or invalid.
    """
    parser = ArgumentParser(allow_abbrev=False, add_help=False)
    for name in (CODE, VARIABLES, EXECUTION, RETRIES):
        parser.add_argument(f"--{name}")
    given = vars(parser.parse_known_args(arguments)[0])
    missing = [f"--{name}" for name in (CODE, VARIABLES, RETRIES) if given[name] is None]
    if missing:
        raise MissingJobArgumentsError(missing)
    try:
        variables = {**json.loads(given[VARIABLES]), **json.loads(given[EXECUTION] or "{}")}
        return JobArguments(given[CODE], _strings(variables), int(given[RETRIES]))
    except (TypeError, ValueError) as error:
        raise InvalidJobArgumentsError(str(error)) from error


def _strings(variables: Mapping[str, object]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in variables.items()}


def _run(folder: Path, retries: int, wait: Callable[[float], None]) -> TaskFileReport:
    report = _attempt(folder / "report.json")
    for number in range(1, retries + 1):
        if report.error != TRANSIENT_ERROR:
            break
        seconds = random.uniform(0, min(_FIRST_DELAY_SECONDS * 2 ** (number - 1), _MAX_DELAY_SECONDS))
        logger.warning("retry %d of %d in %.0f seconds: %s", number, retries, seconds, report.cause)
        wait(seconds)
        report = _attempt(folder / f"report-{number}.json")
    return report


def _attempt(file: Path) -> TaskFileReport:
    os.environ[TASK_ATTEMPT] = str(uuid4())
    report = TaskReport(FileReporter(), str(file), task_label(os.environ), limits=_LIMITS)
    execute_task(GlueProcessingWrapper, report)
    return read_report(file) or TaskFileReport(error=TRANSIENT_ERROR, cause="the task was stopped")
