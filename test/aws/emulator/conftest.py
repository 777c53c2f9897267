"""Fixtures of the emulator's own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from test.aws.emulator.execution import Workshop
from test.emulator import Emulator


@pytest.fixture
def shop(aws: Emulator, tmp_path: Path) -> Workshop:
    """Helpers for the emulator, with an ECS cluster and an image whose folder is `shop.folder`."""
    return Workshop(aws, tmp_path)
