from __future__ import annotations

import pytest

from datalake_sdk.ingestion_api.requests import _without_repetitions


class Name(str):
    """Counts the comparisons of all names."""

    comparisons = 0

    def __eq__(self, other):
        Name.comparisons += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_a_repeated_field_is_found_in_linear_time():
    names = [*map(str, range(5_000)), "4999"]
    with pytest.raises(ValueError, match="'4999' occurs twice in an object"):
        _without_repetitions([(Name(name), 0) for name in names])
    assert Name.comparisons < 2 * len(names)
