from __future__ import annotations

import pytest

from datalake_sdk.errors import UsageError
from datalake_sdk.ui.background import BackgroundRead


def test_a_read_is_complete_once_it_has_succeeded():
    outcomes = [UsageError("the ledger cannot be read", hint=""), None]

    def read() -> None:
        if error := outcomes.pop(0):
            raise error

    background = BackgroundRead("test", read, seconds_valid=-1)
    with pytest.raises(UsageError, match="the ledger"):
        background.refresh(10)
    assert not background.is_complete
    background.refresh(10)
    assert background.is_complete
