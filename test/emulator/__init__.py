"""The AWS emulator that the tests run against: moto, patched where it does not behave as AWS does."""

from __future__ import annotations

from test.emulator.process import Emulator

__all__ = ["Emulator"]
