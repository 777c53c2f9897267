"""Fails when moto changes a patched function: read the change, then update or drop the patch."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from test.emulator import patches
from test.emulator.patches import SERVICES

README = Path(patches.__file__).with_name("README.md")


def test_moto_is_the_version_that_the_patches_are_written_for():
    assert version("moto") == "5.2.5"


def test_the_patched_functions_of_moto_are_unchanged(emulator):
    assert emulator.control("changed_by_moto") == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_patched_service_is_in_the_readme(service):
    assert f"`{service}.py`" in README.read_text()
