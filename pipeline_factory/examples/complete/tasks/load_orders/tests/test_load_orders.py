"""The file of the shop is loaded with its declared types."""

from decimal import Decimal
from pathlib import Path

ORDERS = Path(__file__).parents[3] / "orders.csv"


def test_amounts_are_decimals(lake, job):
    lake.add_file("s3://local-lake-dev-technical/inbox/orders.csv", ORDERS)
    job.execute()
    rows = lake.rows("daily_sales.orders")
    assert sum(row["amount"] for row in rows) == Decimal("156.00")
