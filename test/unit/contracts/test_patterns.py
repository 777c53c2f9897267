"""Regular expressions of contracts: the syntax that all engines share, and its translation to Java."""

from __future__ import annotations

import pytest

from datalake_sdk.contracts.patterns import FORMATS, java_pattern, pattern_problem
from test.unit.contracts.pattern_cases import PATTERNS


@pytest.mark.parametrize("pattern", [*PATTERNS, *FORMATS.values()])
def test_shared_syntax_is_accepted(pattern):
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a{,5}", "engines disagree on '{,5}' at position 2"),
        ("a{", "engines disagree on '{' at position 2"),
        ("(?i)a", r"engines disagree on '(?i)' at position 1"),
        ("x(?<=a)b", "engines disagree on '(?<=' at position 2"),
        (r"\bword", r"engines disagree on '\bwo' at position 1"),
        ("a*+", "engines disagree on '+' at position 3"),
        ("[a[b]]", "engines disagree on '[a[b' at position 1"),
        ("[]a]", "engines disagree on '[]a]' at position 1"),
        ("[^]a]", "engines disagree on '[^]a' at position 1"),
        ("[a&&b]", "engines disagree on '[a&&' at position 1"),
        (r"\p{L}", r"engines disagree on '\p{L' at position 1"),
        (r"(a)\1", r"engines disagree on '\1' at position 4"),
        ("\\é", "engines disagree on '\\é' at position 1"),
        ("(", "not a regular expression: missing )"),
        ("*", "not a regular expression: nothing to repeat"),
        ("[z-a]", "not a regular expression: bad character range"),
        ("(a{500}){500}", "not a regular expression of RE2: invalid repetition size"),
    ],
)
def test_other_syntax_is_rejected_with_its_position(pattern, reason):
    assert reason in pattern_problem(pattern)


def test_java_patterns_match_what_re2_matches():
    assert java_pattern(r"^a.\s[\S.$]$") == r"^a[^\n][\t\n\f\r ][\x00-\x08\x0B\x0E-\x1F\x21-\x{10FFFF}.$]\z"
