"""Expected content of the tables of the integration pipeline after an execution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

DEFAULT_FILES = ("integration_tests/data/orders.csv", "integration_tests/data/orders.jsonl")
"""Keys in the technical bucket of the files that an execution loads by default."""

SPARK_CHECK = "orders_by_customer"
"""Check of the table of the Spark task, which does not run in every execution."""

Row = tuple[str, ...]
RunQuery = Callable[[str], Iterable[Iterable[object]]]


@dataclass(frozen=True)
class Check:
    """A query and its rows.

    Attributes:
        name: Name of the table.
        query: Query with the placeholder `{database_prefix}`.
        expected: Rows, whose values are compared as strings.
    """

    name: str
    query: str
    expected: Sequence[Row]

    def difference(self, run_query: RunQuery) -> str:
        """Runs the query and returns how its rows differ, or an empty string."""
        found = [tuple(map(str, row)) for row in run_query(self.query)]
        return "" if found == list(self.expected) else f"expected {list(self.expected)}, found {found}"


def checks(execution_arn: str, files: Iterable[str]) -> list[Check]:
    """Returns the checks of an execution.

    Args:
        execution_arn: ARN of the execution.
        files: Keys of the files that it loaded.
    """
    return [
        Check(
            "orders",
            "SELECT order_id, customer_id, amount FROM {database_prefix}integration_tests.orders ORDER BY order_id",
            [("1", "7", "12.50"), ("2", "8", "30.50"), ("3", "7", "8.25"), ("4", "9", "99.00"), ("5", "8", "5.75")],
        ),
        Check(
            "orders_by_day",
            "SELECT day, orders, amount FROM {database_prefix}integration_tests.orders_by_day ORDER BY day",
            [
                ("2026-01-30", "1", "12.50"),
                ("2026-01-31", "1", "30.50"),
                ("2026-02-01", "2", "107.25"),
                ("2026-02-02", "1", "5.75"),
            ],
        ),
        Check(
            SPARK_CHECK,
            "SELECT customer_id, orders, amount FROM {database_prefix}integration_tests.orders_by_customer "
            "ORDER BY customer_id",
            [("7", "2", "20.75"), ("8", "2", "36.25"), ("9", "1", "99.00")],
        ),
        Check(
            "loads",
            "SELECT file, count(*) FROM {database_prefix}integration_tests.loads "
            f"WHERE execution_arn = '{execution_arn}' GROUP BY file ORDER BY file",
            [(file, "1") for file in sorted(set(files))],
        ),
    ]
