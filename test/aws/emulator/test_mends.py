"""Fails when moto changes what a mend replaces: read the change, then mend anew or drop the mend."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from test.emulator import mends
from test.emulator.mends import SERVICES

README = Path(mends.__file__).with_name("README.md")


def test_the_version_is_the_one_whose_private_parts_we_know():
    assert version("moto") == "5.2.5"


def test_moto_has_what_every_mend_was_written_against(emulator):
    assert emulator.control("changed_by_moto") == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_mended_service_stands_in_the_readme(service):
    assert f"`{service}.py`" in README.read_text()
