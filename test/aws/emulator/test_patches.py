"""Fails when moto changes what a patch replaces: read the change, then update or drop the patch."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from test.emulator import patches
from test.emulator.patches import SERVICES

README = Path(patches.__file__).with_name("README.md")


def test_the_version_is_the_one_whose_private_parts_we_know():
    assert version("moto") == "5.2.5"


def test_moto_has_what_every_patch_was_written_against(emulator):
    assert emulator.control("changed_by_moto") == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_patched_service_stands_in_the_readme(service):
    assert f"`{service}.py`" in README.read_text()
