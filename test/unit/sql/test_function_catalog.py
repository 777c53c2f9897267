"""Every target translates exactly the functions and signatures that the catalog lists for it."""

from __future__ import annotations

import re

import pytest

from datalake_sdk.errors import FunctionArgumentsError, SqlUnsupportedError, UnsupportedSparkSqlError
from datalake_sdk.platforms.select import duckdb_condition
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.duckdb import functions as duckdb
from datalake_sdk.sql.duckdb.macros import macro_functions, parameter_counts
from datalake_sdk.sql.duckdb.python_functions import PYTHON_FUNCTIONS
from datalake_sdk.sql.duckdb.time_functions import TIME_FUNCTIONS
from datalake_sdk.sql.duckdb.translate import translate as duckdb_translate
from datalake_sdk.sql.function_catalog import (
    NEWER,
    Target,
    athena_functions,
    supported_functions,
    unsupported_reason,
)
from datalake_sdk.sql.spark import functions as spark
from datalake_sdk.sql.spark.functions import template_counts
from datalake_sdk.sql.spark.translate import translate as spark_translate

FUNCTIONS = athena_functions()
RULES = {Target.DUCKDB: duckdb.FUNCTIONS, Target.SPARK: spark.FUNCTIONS}
WITH_SYNTAX = {name for name, function in FUNCTIONS.items() if function.kind == "syntax"}


def supported_counts(name, target):
    function = FUNCTIONS[name]
    return {count for count in range(9) if function.accepts(count) and not function.unsupported_reason(target, count)}


@pytest.mark.parametrize("target", Target)
def test_a_target_translates_exactly_the_functions_that_the_catalog_lists_for_it(target):
    assert supported_functions(target) - WITH_SYNTAX == RULES[target].keys() - WITH_SYNTAX
    assert RULES[target].keys() <= supported_functions(target)


@pytest.mark.parametrize("name", sorted((macro_functions() & duckdb.FUNCTIONS.keys()) - TIME_FUNCTIONS.keys()))
def test_a_macro_has_the_parameter_counts_of_the_catalog(name):
    assert parameter_counts(name) == supported_counts(name, Target.DUCKDB)


@pytest.mark.parametrize("name", sorted(PYTHON_FUNCTIONS))
def test_a_python_function_has_the_parameter_count_of_the_catalog(name):
    assert {len(PYTHON_FUNCTIONS[name].parameters)} == supported_counts(name, Target.DUCKDB)


@pytest.mark.parametrize(("name", "counts"), template_counts().items())
def test_a_template_has_the_parameter_counts_of_the_catalog(name, counts):
    assert counts == supported_counts(name, Target.SPARK)


@pytest.mark.parametrize("target", Target)
def test_every_supported_signature_is_translated_or_rejected_with_a_reason(target):
    forms = [(name, count) for name in RULES[target] for count in supported_counts(name, target)]
    calls = [f"{name}({', '.join(f'c{number}' for number in range(count))})" for name, count in forms]
    assert [call for call in calls if failure(target, f"SELECT {call} FROM t")] == []


def failure(target, query):
    translate = {Target.DUCKDB: duckdb_translate, Target.SPARK: spark_translate}[target]
    try:
        translate(parse_query(query), query)
    except (SqlUnsupportedError, UnsupportedSparkSqlError):
        return None
    except Exception as error:
        return error
    return None


def test_no_newer_function_of_trino_is_listed():
    assert not NEWER & FUNCTIONS.keys()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT date_trunc('day')", "line 1, column 8: date_trunc takes 2 arguments, got 1: date_trunc(unit, x)"),
        ("SELECT 1,\n  round()", "line 2, column 3: round takes 1 or 2 arguments, got 0: round(x[, d])"),
        ("SELECT format('%s')", "format takes at least 2 arguments, got 1: format(format, value, ...)"),
        ("SELECT concat()", "concat takes at least 2 arguments, got 0"),
        ("SELECT url_encode('a', 'b')", "url_encode takes 1 argument, got 2: url_encode(value)"),
        ("SELECT upper()", "upper takes 1 argument, got 0: upper(string)"),
        ("SELECT now(1)", "now takes no arguments, got 1: now()"),
        ("SELECT coalesce(1)", "coalesce takes at least 2 arguments, got 1: coalesce(value1, value2, ...)"),
        ("SELECT width_bucket(1, 2, 3)", "got 3: width_bucket(x, bins) or width_bucket(x, bound1, bound2, n)"),
        ("SELECT count(DISTINCT a, b) FROM t", "count takes 0 or 1 arguments, got 2"),
        ("SELECT st_point(1)", "st_point takes 2 arguments, got 1: st_point(x, y)"),
        ("SELECT 1 WHERE EXISTS (SELECT lower('a', 'b'))", "lower takes 1 argument, got 2"),
    ],
)
def test_too_few_or_too_many_arguments_are_an_error_on_every_platform(query, message):
    with pytest.raises(FunctionArgumentsError, match=re.escape(message)):
        parse_query(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*), count(DISTINCT a), array_agg(DISTINCT a ORDER BY a), map_agg(a, b ORDER BY b) FROM t",
        "SELECT lag(a, 1) IGNORE NULLS OVER (ORDER BY b), substring(a FROM 2 FOR 3), trim(LEADING 'x' FROM a) FROM t",
        "SELECT current_timestamp, current_timestamp(6), json_array() FROM t",
    ],
)
def test_a_valid_number_of_arguments_is_accepted(query):
    parse_query(query)


def test_an_unsupported_function_has_a_reason(rows):
    with pytest.raises(SqlUnsupportedError) as caught:
        rows("SELECT ST_Area('x')")
    assert "geometry library" in caught.value.hint


def test_an_unsupported_signature_has_a_reason(rows):
    with pytest.raises(SqlUnsupportedError, match=r"line 1, column 8: approx_distinct\(\) with 2 arguments") as caught:
        rows("SELECT approx_distinct(1, 0.1)")
    assert "standard error" in caught.value.hint


def test_an_unknown_function_has_suggestions(rows):
    with pytest.raises(SqlUnsupportedError) as caught:
        rows("SELECT array_maxx(ARRAY[1])")
    assert caught.value.message.startswith("SQL, line 1, column 8: FUNCTION_NOT_FOUND")
    assert "Did you mean 'array_max'" in caught.value.hint


@pytest.mark.parametrize("name", sorted(NEWER))
def test_a_function_that_athena_does_not_document_is_unsupported(name):
    assert "does not document it" in unsupported_reason(name, Target.DUCKDB)


def test_a_condition_cannot_call_a_function_implemented_in_python():
    with pytest.raises(SqlUnsupportedError, match=r"function luhn_check\(\) in a condition"):
        duckdb_condition("luhn_check(card)")
