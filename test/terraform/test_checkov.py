"""checkov finds nothing but what .checkov.yaml gives a reason for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

VERSION = "3.3.30"
# Of its own, since checkov's parser of HCL and its boto3 are not those of the other tools.
ENVIRONMENT = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / f"datalake_sdk_checkov_{VERSION}"
CONFIGURATION = Path(__file__).parents[2] / ".checkov.yaml"


@pytest.fixture(scope="module")
def checkov():
    """The program; installed at the first time."""
    complete = ENVIRONMENT / "complete"
    if not complete.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        pip = [ENVIRONMENT / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", f"checkov=={VERSION}"], check=True)
        complete.touch()
    return ENVIRONMENT / "bin/checkov"


def test_the_modules_have_no_finding(checkov, repository):
    arguments = ["--config-file", CONFIGURATION, "--skip-download"]
    environment = {**os.environ, "LOG_LEVEL": "ERROR"}
    scanned = subprocess.run([checkov, *arguments], cwd=repository, env=environment, capture_output=True, text=True)
    assert scanned.returncode == 0, scanned.stdout + scanned.stderr
    assert scanned.stdout.count("Failed checks: 0") == 2, scanned.stdout
