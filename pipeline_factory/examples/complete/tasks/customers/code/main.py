"""Figures per customer, computed with Spark."""

CUSTOMERS = """
SELECT customer_id, count(*) AS orders, sum(amount) AS amount, max(ordered_at) AS last_ordered_at
FROM {database_prefix}daily_sales.orders
GROUP BY customer_id
"""


def main(job):
    return {"sales.customers": job.ProcessingResponse(dataframe=job.query(CUSTOMERS))}
