"""Runs tests on Spark 3.5, by default all that use Spark: `python -m test.spark_3_5 [arguments of pytest]`.

Their environment, in ~/.cache, has Python 3.11, like Glue 5.1, and the packages pinned in poetry.lock, except for
pyspark.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from test.terraform.tools import uv

PYSPARK = ("pyspark==3.5.6", "py4j==0.10.9.7")
"""https://docs.aws.amazon.com/glue/latest/dg/release-notes.html"""
EXTRAS = ("local", "aws", "dlt", "bench", "dev")
DEFAULT_TESTS = ("-q", "-m", "java", "test/spark", "test/behavior")
REPOSITORY = Path(__file__).parents[1]
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


class MissingPythonError(Exception):
    """Python 3.11 is not installed."""


def python_with_spark_3_5() -> Path:
    """Returns the interpreter of the environment, which is created if it does not exist.

    Raises:
        MissingPythonError: Python 3.11 is not installed.
    """
    interpreter = _python_3_11()
    command = [interpreter, REPOSITORY / ".ci/locked_requirements.py", *EXTRAS]
    requirements = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    digest = hashlib.sha1("\n".join([requirements, *PYSPARK]).encode()).hexdigest()
    environment = _CACHE / f"datalake_sdk_spark_3_5-{digest[:9]}"
    environment.mkdir(parents=True, exist_ok=True)
    with (environment / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not (environment / "complete").exists():
            _create(environment, interpreter, requirements)
    return environment / "bin/python"


def _create(environment: Path, interpreter: str, requirements: str) -> None:
    (environment / "requirements.txt").write_text(requirements, encoding="utf-8")
    subprocess.run([uv(), "venv", "--quiet", "--allow-existing", "--python", interpreter, environment], check=True)
    variables = os.environ | {"VIRTUAL_ENV": str(environment)}
    for pinned in (["--require-hashes", "-r", environment / "requirements.txt"], PYSPARK):
        subprocess.run([uv(), "pip", "install", "--quiet", "--no-deps", *pinned], env=variables, check=True)
    (environment / "complete").touch()


def _python_3_11() -> str:
    for program in _candidates():
        done = subprocess.run([program, "-c", "import ensurepip, venv"], capture_output=True, check=False)
        if done.returncode == 0:
            return program
    raise MissingPythonError("Spark 3.5 needs Python 3.11, which was not found: install it, with its venv module.")


def _candidates() -> Iterator[str]:
    if sys.version_info[:2] == (3, 11):
        yield sys.executable
    on_path = shutil.which("python3.11")
    if on_path:
        yield on_path
    yield from map(str, sorted(Path.home().glob(".pyenv/versions/3.11.*/bin/python")))


def main(arguments: Sequence[str]) -> int:
    """Runs pytest and returns its exit code."""
    try:
        python = python_with_spark_3_5()
    except MissingPythonError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    command = [python, "-m", "pytest", *(arguments or DEFAULT_TESTS)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
