"""Conditions of tasks, evaluated as Step Functions does."""

from __future__ import annotations

import re
import sys

import pytest

from datalake_sdk.errors import ConditionError, MissingExtraError
from datalake_sdk.pipelines.conditions import is_met, syntax_error, variables

INPUT = {"kind": "orders", "count": 0, "text": "0", "files": ["a"], "none": None, "empty": [], "nested": [{"a": 1}]}
LOAD = {"tables": {"sales.orders": {"rows_inserted": 3}}}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$input.kind = 'orders'", True),
        ("$input.kind = 'returns'", False),
        ("$input.missing.field", False),
        ("$input.text", True),
        ("$input.count", False),
        ("$input.files", True),
        ("$input.empty", False),
        ("$input.none = null", True),
        ("$exists($input.none)", True),
        ("$input.nested.a = 1", True),
        ("$load.tables.`sales.orders`.rows_inserted > 0", True),
        ("$exists($load.skipped) = false", True),
        ("$missing.tables", False),
        ("($limit := 2; $load.tables.*.rows_inserted > $limit) /* comment */", True),
        ("$count($each_region[error]) = 1", True),
        ("$parse('[1, 2]')[1] = 2", True),
        ("$count($range(1, 9, 2)) = 5 and $range(3, 1, -1)[2] = 1", True),
        ("$count($partition([1, 2, 3], 2)) = 2", True),
        ("$hash('a', 'SHA-256') = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'", True),
        ("$length($uuid()) = 36", True),
    ],
)
def test_a_condition_is_cast_to_a_boolean(expression, expected):
    each_region = [LOAD, {"error": "TerminalError", "cause": "load: ValueError"}]
    assert is_met(expression, {"input": INPUT, "load": LOAD, "each_region": each_region}) is expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("$input.kind + 1", "The left side of the + operator must evaluate to a number"),
        ("$error('no kind')", "no kind"),
        ("$unknown(1)", "Attempted to invoke a non-function"),
        ("$parse('{')", "Expecting property name"),
    ],
)
def test_a_condition_that_raises_names_the_expression(expression, reason):
    with pytest.raises(ConditionError, match=re.escape(f"when is '{expression}', which cannot be evaluated: {reason}")):
        is_met(expression, {"input": INPUT})


def test_a_syntax_error_has_a_position():
    assert syntax_error("$input.kind =") == "Unexpected end of expression at position 13"
    assert syntax_error("$input.kind = 'orders'") == ""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$count($load.tables) > 0 and $input.a", {"load", "input"}),
        ("/* $a */ \"$b\" & '$c' & `$d` & $e", {"e"}),
        ("($x := $load; $x.tables)", {"load"}),
        ("$map($input.files, function($file, $index) { $file & $suffix })", {"input", "suffix"}),
        ("$input.files@$file#$position[$position = 1]", {"input"}),
        ("'it is \"' & $load & '\"'", {"load"}),
        ("$ and $$ and $.kind", set()),
    ],
)
def test_variables_are_those_that_the_expression_does_not_define(expression, expected):
    assert variables(expression) == expected


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonata", None)
    with pytest.raises(MissingExtraError, match="package 'jsonata' is not installed"):
        is_met("true", {})
