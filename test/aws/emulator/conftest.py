"""Fixtures of the emulator's own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from test.aws.emulator.execution import Workshop
from test.emulator import Emulator


@pytest.fixture
def shop(aws: Emulator, tmp_path: Path) -> Workshop:
    """A cluster with an image whose folder is `shop.folder`, and short ways to use it."""
    return Workshop(aws, tmp_path)
