"""checkov has no findings except those that .checkov.yaml excludes with a reason."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from test.terraform.tools import python_tool

VERSION = "3.3.30"
CONFIGURATION = Path(__file__).parents[2] / ".checkov.yaml"


def test_the_modules_have_no_findings(repository):
    checkov = python_tool("checkov", VERSION) / "checkov"
    arguments = ["--config-file", CONFIGURATION, "--skip-download"]
    environment = {**os.environ, "LOG_LEVEL": "ERROR"}
    scanned = subprocess.run([checkov, *arguments], cwd=repository, env=environment, capture_output=True, text=True)
    assert scanned.returncode == 0, scanned.stdout + scanned.stderr
    assert scanned.stdout.count("Failed checks: 0") == 3, scanned.stdout
