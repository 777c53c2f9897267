SELECT
  CAST(ordered_at AS DATE) AS day,
  count(*) AS orders,
  sum(amount) AS amount
FROM {database_prefix}daily_sales.orders
GROUP BY CAST(ordered_at AS DATE)
