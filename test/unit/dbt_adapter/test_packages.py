"""Tests that need dbt share one installation of it."""

from __future__ import annotations

import os
import subprocess
import sys

from test.dbt.packages import REPOSITORY

PIP = """
import os, sys, time
with open(os.environ["PIP_CALLS"], "a") as calls:
    calls.write("install\\n")
time.sleep(1)
os.makedirs(sys.argv[sys.argv.index("--target") + 1])
"""
INSTALL = "from test.dbt.packages import dbt_packages; print(dbt_packages())"


def test_processes_that_need_dbt_at_the_same_time_install_it_once(tmp_path):
    (tmp_path / "pip.py").write_text(PIP, encoding="utf-8")
    calls = tmp_path / "calls"
    path = os.pathsep.join([str(tmp_path), str(REPOSITORY)])
    variables = {**os.environ, "PYTHONPATH": path, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PIP_CALLS": str(calls)}
    command = [sys.executable, "-c", INSTALL]
    processes = [subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    folders = [process.communicate(timeout=60)[0] for process in processes]
    assert len(set(folders)) == 1
    assert calls.read_text(encoding="utf-8").splitlines() == ["install"]
