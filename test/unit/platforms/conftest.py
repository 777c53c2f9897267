"""Fixtures of the platforms' tests."""

from __future__ import annotations

import pytest


@pytest.fixture
def unreachable_sts(monkeypatch):
    """STS, which returns the caller, cannot be reached."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
