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
    """An empty account; clients find it through the environment."""
    account.reset()
    return account


@pytest.fixture
def account(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The account as the previous test left it; clients find it. A failed test shows the server's output."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    printed = emulator.log_size()
    yield emulator
    sys.stdout.write(emulator.log(printed))
