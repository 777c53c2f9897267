from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datalake_sdk.contracts.patterns import pattern_problem
from datalake_sdk.engine.checks.character_sets import character_set

ITEMS = st.sampled_from(
    ["a", "f", "0", "-", ".", " ", "^", "\\", "]", "[", "ä", "a-f", "A-Z", "0-9", "f-a", r"\-", "&"]
)
SETS = st.one_of(
    st.lists(ITEMS, max_size=4).map(lambda items: f"[{''.join(items)}]"), st.sampled_from([r"\d", r"\w", r"\s", "."])
)
REPETITIONS = st.sampled_from(
    ["+", "*", "?", "", "{2}", "{0}", "{1,}", "{1,2}", "{2,1}", "{,2}", "{02}", "{1,02}", "+?"]
)
PATTERNS = st.builds(
    "{}{}{}{}".format, st.sampled_from(["^", ""]), SETS, REPETITIONS, st.sampled_from(["$", "", "\n$", "$$"])
)
STRINGS = st.lists(st.one_of(st.none(), st.text("af0-. ^\\]Zä_\n/:", max_size=4)), max_size=6)


@given(PATTERNS, STRINGS, st.integers(0, 3))
@example("^[a-f]+$", ["a", "f" * 70_000 + "g"], 0)
@example("^[a-f]+$", ["g", "a"], 1)
@example("^[a-f]+$", ["a", ""], 0)
@example("^[a-f]{1,2}$", ["a", "aaa"], 0)
@example("^[a-f]+$", [None], 0)
@example("^[a-f]{02}$", ["aa"], 0)
@example("^[a-f]{1,02}$", ["aa"], 0)
def test_all_strings_match_a_set_only_if_each_matches_the_regular_expression(pattern, strings, start):
    allowed = character_set(pattern)
    if allowed is None or pattern_problem(pattern):
        return
    given_strings = pa.array(strings, pa.string()).slice(start)
    each_matches = pc.all(pc.match_substring_regex(given_strings, pattern)).as_py() in (True, None)
    assert allowed.matches_all(given_strings) == each_matches


@pytest.mark.parametrize(
    ("pattern", "ranges", "min_length", "max_length"),
    [
        ("^[0-9a-f]+$", ((48, 57), (97, 102)), 1, None),
        ("^[a-cb-z_.-]*$", ((45, 46), (95, 95), (97, 122)), 0, None),
        (r"^\d{5}$", ((48, 57),), 5, 5),
        (r"^\w{2,}$", ((48, 57), (65, 90), (95, 95), (97, 122)), 2, None),
        ("^[A-Z]{2,3}$", ((65, 90),), 2, 3),
    ],
)
def test_sets_of_ascii_characters_are_recognized(pattern, ranges, min_length, max_length):
    allowed = character_set(pattern)
    assert (allowed.ranges, allowed.min_length, allowed.max_length) == (ranges, min_length, max_length)


@pytest.mark.parametrize("pattern", ["[a-f]+", "^[^a]+$", "^[a][b]+$", "^[acegikmoq]+$", "^(?:[a-f])+$", "^[a-f]+\n$"])
def test_other_patterns_are_left_to_regular_expressions(pattern):
    assert character_set(pattern) is None
