from __future__ import annotations

import pytest

from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.duckdb.column_types import COLUMNS, annotate_columns
from datalake_sdk.sql.duckdb.translate import translate


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("day - INTERVAL '400' DAY", '"day" - 400'),
        ("INTERVAL '1' DAY + day", '"day" + 1'),
        ("moment + INTERVAL '1' DAY", 'CAST_TO_TYPE("moment" + INTERVAL \'1\' DAY, "moment")'),
        ("day + INTERVAL '1' MONTH", 'CAST_TO_TYPE("day" + INTERVAL \'1\' MONTH, "day")'),
        ("day + INTERVAL '-1' DAY", 'CAST_TO_TYPE("day" + INTERVAL \'-1\' DAY, "day")'),
        ("day + INTERVAL '1000000' DAY", 'CAST_TO_TYPE("day" + INTERVAL \'1000000\' DAY, "day")'),
        ("day + 2 * INTERVAL '1' DAY", 'CAST_TO_TYPE("day" + 2 * INTERVAL \'1\' DAY, "day")'),
    ],
)
def test_whole_days_are_added_to_dates_as_integers(expression, expected):
    tree = parse_query(f"SELECT {expression} FROM t")
    tree.args["from_"].this.meta[COLUMNS] = {"day": "DATE", "moment": "TIMESTAMP"}
    annotate_columns(tree)
    assert translate(tree).selects[0].sql("duckdb", identify=True) == expected
