"""Append of Parquet to a new table with a contract of 20 checks of rows, and without a contract."""

from __future__ import annotations

from typing import Any

from benchmark.harness import Side, argument_parser, call, compare, made

CATEGORIES = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
CONTRACT: dict[str, Any] = {
    "schema": {
        "id": {"required": True, "logicalTypeOptions": {"minimum": 0}},
        "uid": {
            "required": True,
            "logicalTypeOptions": {"minLength": 32, "maxLength": 32, "pattern": "^[0-9a-f]+$"},
        },
        "category": {"required": True, "enum": CATEGORIES},
        "name": {"required": True, "logicalTypeOptions": {"maxLength": 11, "pattern": "^name_"}},
        "amount": {"required": True, "logicalTypeOptions": {"minimum": 0, "maximum": 10000}},
        "score": {"logicalTypeOptions": {"exclusiveMaximum": 1000}},
        "ts": {"required": True, "logicalTypeOptions": {"minimum": "2024-01-01"}},
        "dt": {"required": True},
    },
    "quality": [{"expression": "amount >= 0 OR category = 'alpha'"}, {"expression": "ts >= dt - INTERVAL '400' DAY"}],
}
"""7 checks of required values, 10 that compare a column with constants, 1 of a set of values and 2 expressions."""


def main() -> None:
    """Prints a table for each size."""
    arguments = argument_parser(__doc__, 20_000_000).parse_args()
    for rows in arguments.rows:
        path = made("parquet_file", rows)
        violated = {**CONTRACT, "quality": [{"expression": f"id < {rows - 1}"}]}
        sides = [
            Side("20 checks", call("sides.datalake_sdk.append_with_contract", path, CONTRACT), "datalake_sdk"),
            Side("no contract", call("sides.datalake_sdk.append", path), "datalake_sdk"),
            Side(
                "violated in the last row",
                call("sides.datalake_sdk.rejected", path, violated),
                extra_rows=-rows,
                most_runs=1,
            ),
        ]
        compare(f"Parquet append, {rows:,} rows", sides, arguments, rows)


if __name__ == "__main__":
    main()
