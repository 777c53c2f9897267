"""Runs the task of a container or a function, and returns the exit code of its process."""

from __future__ import annotations

import logging
import os
from contextlib import closing
from typing import Any

from datalake_sdk.base_processing_wrapper import BaseProcessingWrapper
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.operations.tables_configuration import DEFAULT_FOLDER
from datalake_sdk.operations.task_code import CODE_FOLDER
from datalake_sdk.runtime.environment import task_settings
from datalake_sdk.runtime.logs import show_debug_logs, start_logs
from datalake_sdk.runtime.reporting import TaskReport, task_report
from datalake_sdk.runtime.stopping import EXIT_CODE, TaskStopped

logger = logging.getLogger(__name__)

FAILED = 1
INTERRUPTED = 130
"""128 + SIGINT, the exit status of shells: https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html"""


def execute_task(wrapper: type[BaseProcessingWrapper], report: TaskReport | None = None) -> int:
    """Runs the task of this container: `code/main.py`, or `code/main.sql` if `IS_SQL_JOB` is true.

    Args:
        wrapper: Class of the `job` object passed to the task's function.
        report: Receives the result; None calls back the state that waits for the task, if there is one.

    Returns:
        Exit code of the process: 0 only on success, 143 after SIGTERM, 130 after Ctrl-C.
    """
    start_logs()
    try:
        result = (report or task_report(os.environ)).run(lambda: _run_code(wrapper))
    except TaskStopped as stopped:
        return FAILED if stopped.cause else EXIT_CODE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        # The service logs the report of a function, with the traceback.
        logger.error("the task failed", exc_info=report is None)
        return FAILED
    finally:
        flush()
    logger.info("the task succeeded: %s", result)
    return 0


def _run_code(wrapper: type[BaseProcessingWrapper]) -> dict[str, Any]:
    if task_settings(os.environ).is_debug:
        show_debug_logs()
    with closing(wrapper(tables_configuration=CODE_FOLDER / DEFAULT_FOLDER)) as job:
        return job._results()
