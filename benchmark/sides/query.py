"""Query of the read benchmark; its second column is the number of rows."""

from __future__ import annotations

COLUMNS = ("category", "amount", "score")
AGGREGATE = """
SELECT category, count(*) AS number, sum(amount) AS amount, avg(score) AS score, max(score) AS most
FROM {source} GROUP BY category ORDER BY category
"""
