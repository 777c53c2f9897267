"""Fixtures for tests that need AWS: `emulator` runs for the session; `aws` is the same emulator, emptied."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from test.emulator import Emulator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """The emulator shared by all tests of the session."""
    with Emulator() as running:
        yield running


@pytest.fixture
def aws(account: Emulator) -> Emulator:
    """The emulator without any resources; environment variables configure clients to use it."""
    account.reset()
    return account


@pytest.fixture
def account(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The emulator with the resources of the previous test; pytest shows the server's output if the test fails."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    printed = emulator.log_size()
    yield emulator
    sys.stdout.write(emulator.log(printed))
