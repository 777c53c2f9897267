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


def test_intervals_are_strings_as_in_the_results_of_athena(rows):
    expected = {
        "INTERVAL '1' DAY": "1 00:00:00.000",
        "INTERVAL '-90' SECOND": "-0 00:01:30.000",
        "TIMESTAMP '2020-01-03 10:00:00.250' - TIMESTAMP '2020-01-01 12:30:00'": "1 21:30:00.250",
        "INTERVAL '14' MONTH": "1-2",
        "INTERVAL '-14' MONTH": "-1-2",
        "IF(false, INTERVAL '1' DAY)": None,
    }
    assert rows(f"SELECT {', '.join(expected)}") == [tuple(expected.values())]


def test_nested_intervals_are_strings(rows):
    expected = {
        "ARRAY[INTERVAL '1' DAY, NULL]": ["1 00:00:00.000", None],
        "ARRAY[ARRAY[INTERVAL '14' MONTH]]": [["1-2"]],
        "MAP(ARRAY['a'], ARRAY[INTERVAL '2' HOUR])": [("a", "0 02:00:00.000")],
        "CAST(ROW(INTERVAL '1' DAY, 5) AS ROW(i interval day to second, n integer))": {"i": "1 00:00:00.000", "n": 5},
        "ARRAY[1]": [1],
    }
    assert rows(f"SELECT {', '.join(expected)}") == [tuple(expected.values())]
