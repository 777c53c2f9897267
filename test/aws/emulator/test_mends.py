"""Fails when moto changes what a mend replaces: read the change, then mend anew or drop the mend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from test.emulator import mends
from test.emulator.mends import SERVICES

README = Path(mends.__file__).with_name("README.md")

# In a process of its own: moto's modules change botocore's handlers when they are imported.
CHANGED = """
import json
from test.emulator.mends import all_mends
changed = {}
for mends in all_mends():
    for patch in mends.patches:
        found = patch.stock_fingerprint()
        if found != patch.fingerprint:
            changed[f"{mends.service}: {patch.label}"] = f"expected {patch.fingerprint}, moto has {found}"
    mends.install()
print(json.dumps(changed))
"""


def test_the_version_is_the_one_whose_private_parts_we_know():
    assert version("moto") == "5.2.5"


def test_moto_has_what_every_mend_was_written_against():
    ran = subprocess.run([sys.executable, "-c", CHANGED], env=os.environ | {"MOTO_PORT": "1"}, capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
    assert json.loads(ran.stdout.splitlines()[-1]) == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_mended_service_stands_in_the_readme(service):
    assert f"`{service}.py`" in README.read_text()
