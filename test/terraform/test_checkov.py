"""checkov has no findings except those that .checkov.yaml excludes with a reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

VERSION = "3.3.30"
# A separate environment, since checkov requires other versions of boto3 and python-hcl2.
ENVIRONMENT = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / f"datalake_sdk_checkov_{VERSION}"
CONFIGURATION = Path(__file__).parents[2] / ".checkov.yaml"


@pytest.fixture(scope="module")
def checkov():
    """Path of checkov, which is installed on first use."""
    complete = ENVIRONMENT / "complete"
    if not complete.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        pip = [ENVIRONMENT / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", f"checkov=={VERSION}"], check=True)
        complete.touch()
    return ENVIRONMENT / "bin/checkov"


def test_the_modules_have_no_findings(checkov, repository):
    arguments = ["--config-file", CONFIGURATION, "--skip-download"]
    environment = {**os.environ, "LOG_LEVEL": "ERROR"}
    scanned = subprocess.run([checkov, *arguments], cwd=repository, env=environment, capture_output=True, text=True)
    assert scanned.returncode == 0, scanned.stdout + scanned.stderr
    assert scanned.stdout.count("Failed checks: 0") == 3, scanned.stdout
