"""The AWS emulator that the tests run against: moto, patched where its behavior differs from AWS."""

from __future__ import annotations

from test.emulator.process import Emulator

__all__ = ["Emulator"]
