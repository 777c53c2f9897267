"""Runs Spark jobs of EMR Serverless: spark-submit with the job's parameters, driver and executors in one process."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datalake_sdk.spark_engine.settings import packages
from datalake_sdk.spark_engine.versions import installed_line

RELEASE = "emr-spark-8."
"""Releases that contain the locally installed Spark version."""
LOCAL_SETTINGS = {
    "spark.master": "local[2]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.ui.enabled": "false",
}
"""Test jobs are short, so a simpler JIT compiler and garbage collector make them faster."""
_BUNDLED = "spark.jars=/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar"
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/using-iceberg.html"""


def spark_command(program: Path, submit: Mapping[str, Any], defaults: Mapping[str, str]) -> list[str]:
    """Returns the command line of a job.

    Args:
        program: Local path of the entry point.
        submit: `sparkSubmit` of the job's driver.
        defaults: Properties of the `spark-defaults` classification.
    """
    given = [f"{name}={value}" for name, value in {**LOCAL_SETTINGS, **defaults}.items()]
    parameters = shlex.split(submit.get("sparkSubmitParameters") or "")
    words = [*(word for setting in given for word in ("--conf", setting)), *parameters]
    downloaded = f"spark.jars.packages={','.join(packages(installed_line(), on_aws=True))}"
    started = [downloaded if word == _BUNDLED else word for word in words]
    return [str(_spark_home() / "bin/spark-submit"), *started, str(program), *submit.get("entryPointArguments", [])]


def spark_environment() -> dict[str, str]:
    """Returns variables that select the local Python interpreter, Java and Spark instead of those of the image."""
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    return {**python, **java_environment(), "SPARK_HOME": str(_spark_home())}


def java_environment() -> dict[str, str]:
    """Returns variables that select Java and its options."""
    return {name: os.environ[name] for name in ("JAVA_HOME", "JDK_JAVA_OPTIONS") if name in os.environ}


def _spark_home() -> Path:
    import pyspark

    return Path(pyspark.__file__).parent
