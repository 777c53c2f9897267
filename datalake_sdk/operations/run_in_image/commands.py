"""Programs that run in the image of a task."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.pipelines.definition import Task
from datalake_sdk.spark_engine.settings import ON_EMR
from datalake_sdk.spark_engine.versions import SQLITE_JDBC

NOTEBOOK = "sandbox.ipynb"
_NATIVE = ("python", "-m", "datalake_sdk.native_python_processing_wrapper")
_SPARK_FOLDER = "/opt/task"
# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/application-custom-image.html
_SPARK_SUBMIT = "/usr/lib/spark/bin/spark-submit"


def task_command(task: Task, on_aws: bool) -> Sequence[str]:
    """Returns the command that runs a task: that of its container on ECS, or spark-submit in local mode.

    Args:
        task: The task.
        on_aws: Whether the tables are on AWS; the base image contains the jars for that.
    """
    if not task.is_spark:
        return _NATIVE
    lake = {} if on_aws else {"spark.jars.packages": SQLITE_JDBC, "spark.jars.ivy": "/tmp/ivy"}
    settings = {
        "spark.master": "local[*]",
        **{setting.name: setting.value for setting in ON_EMR},
        **lake,
        **task.infra_config.spark_configuration,
    }
    options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    return (_SPARK_SUBMIT, *options, f"{_SPARK_FOLDER}/entry_point.py")


def shell_command() -> Sequence[str]:
    """Returns the command of a shell."""
    return ("bash",)


def jupyter_command(address: str, port: int) -> Sequence[str]:
    """Returns the command of a Jupyter server; it reads its token from `JUPYTER_TOKEN`.

    Args:
        address: Address on which it listens.
        port: Port on which it listens.
    """
    # The calling user may be root in the container.
    return ("jupyter", "notebook", "--no-browser", "--allow-root", f"--ip={address}", f"--port={port}")


def working_directory(task: Task) -> str | None:
    """Returns the folder that contains the code of a task; None if the image starts in it."""
    return _SPARK_FOLDER if task.is_spark else None


def home(task: Task) -> str:
    """Returns a home directory that any user of the container can write to."""
    return "/tmp" if task.is_spark else "/home/task"
