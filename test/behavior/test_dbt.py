"""Runs the tests of the dbt adapter in processes that can import dbt."""

from __future__ import annotations

import subprocess
import sys

from test.dbt.packages import REPOSITORY, dbt_environment

_OWN_WARNINGS = ("--override-ini", "filterwarnings=default")
"""dbt does not close its log files."""


def test_the_dbt_adapter_passes_its_tests():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *_OWN_WARNINGS, "test/dbt"]
    run = subprocess.run(command, cwd=REPOSITORY, env=dbt_environment(), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
