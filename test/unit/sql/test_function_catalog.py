"""The list of Athena's functions: what runs is in it, and what does not has a reason."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.platforms.select import duckdb_condition
from datalake_sdk.sql.duckdb import functions as local
from datalake_sdk.sql.function_catalog import FUNCTIONS, NEWER, SYNTAX_FUNCTIONS, refusal_reason

LISTED = [name for names in FUNCTIONS.values() for name in names.split()]


def test_a_function_stands_in_one_family():
    assert len(LISTED) == len(set(LISTED))
    assert not NEWER.intersection(LISTED)


def test_only_functions_of_athena_are_supported():
    assert (local.supported_functions() | SYNTAX_FUNCTIONS) - set(LISTED) == {"row"}


def test_a_refusal_says_why(rows):
    with pytest.raises(SqlUnsupportedError, match="geometry library"):
        rows("SELECT ST_Area('x')")
    with pytest.raises(
        SqlUnsupportedError, match="(?s)line 1, column 8: FUNCTION_NOT_FOUND: .*Did you mean 'array_max'"
    ):
        rows("SELECT array_maxx(ARRAY[1])")


@pytest.mark.parametrize("name", sorted(NEWER))
def test_a_function_newer_than_athenas_engine_is_refused(name):
    assert "does not document it" in refusal_reason(name)


def test_a_condition_for_a_copy_has_no_function_of_pythons():
    with pytest.raises(SqlUnsupportedError, match="function luhn_check\\(\\) in a condition"):
        duckdb_condition("luhn_check(card)")
