"""Queries without an exact counterpart on Spark; these tests need no Spark."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import UnsupportedSparkSqlError
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.spark.translate import translate


@pytest.mark.parametrize(
    ("statement", "line", "column", "feature", "hint"),
    [
        ("SELECT a,\n  hamming_distance(a, b) FROM x.t", 2, 3, "hamming_distance()", ""),
        ("SELECT 1 FROM x.t WHERE max_by(a, b, 2) = 1", 1, 25, "max_by() with 3 arguments", ""),
        ("SELECT date_format(a, b) FROM x.t", 1, 8, "not a literal", "as a literal"),
        ("SELECT date_parse(a, '%j') FROM x.t", 1, 8, "'%j'", "%Y"),
        ("SELECT date_trunc('decade', a) FROM x.t", 1, 8, "'decade'", "quarter"),
        ("SELECT CAST(a AS time) FROM x.t", 1, 13, "type time", "varchar"),
        ("SELECT try(1 / 0)", 1, 8, "try()", "CASE"),
        ("SELECT * FROM x.t CROSS JOIN UNNEST(m, a) AS u(k, v, x)", 1, 37, "UNNEST of maps or rows", "one UNNEST"),
        ("SELECT * FROM x.t LEFT JOIN UNNEST(m) AS u(k, v) ON true", 1, 36, "LEFT JOIN UNNEST of a map", "CROSS JOIN"),
        ("SELECT json_value(a, 'lax $') FROM x.t", 1, 19, "json_value()", "counterpart"),
        ("SELECT j FROM (SELECT json_parse(a) AS j FROM x.t) AS u", 1, 23, "JSON as an intermediate result", "CAST"),
        ("SELECT a FROM x.t ORDER BY a FETCH FIRST 3 ROWS WITH TIES", 1, 42, "WITH TIES", "rank()"),
        ("SELECT array_agg(DISTINCT a ORDER BY a) FROM x.t", 1, 8, "both DISTINCT and ORDER BY", "subquery"),
        ("SELECT json_extract(a, '$..b') FROM x.t", 1, 8, "JSON path '$..b'", "wildcards"),
    ],
)
def test_a_query_without_a_counterpart_on_spark_fails_with_its_position(statement, line, column, feature, hint):
    with pytest.raises(UnsupportedSparkSqlError) as caught:
        translate(parse_query(statement), statement)
    message, shown, caret = caught.value.message.split("\n")
    assert feature in message
    assert hint in caught.value.hint
    assert (caught.value.line, caught.value.column) == (line, column)
    assert len(caret) <= len(shown) + 1
