"""Patterns of contracts match the same strings in Spark as in the native engine."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.contracts.patterns import java_pattern
from test.unit.contracts.pattern_cases import PATTERNS, STRINGS


def test_a_translated_pattern_matches_what_re2_matches(lake):
    from pyspark.sql import functions as f

    strings = lake.session.createDataFrame([(each,) for each in STRINGS], "s string")
    (row,) = strings.agg(*(f.collect_list(f.rlike("s", f.lit(java_pattern(each)))) for each in PATTERNS)).collect()
    matched = {pattern: list(zip(STRINGS, found, strict=True)) for pattern, found in zip(PATTERNS, row, strict=True)}
    assert matched == {
        each: list(zip(STRINGS, pc.match_substring_regex(pa.array(STRINGS), each).to_pylist(), strict=True))
        for each in PATTERNS
    }
