SELECT
  CAST(ordered_at AS DATE) AS day,
  count(*) AS orders,
  sum(amount) AS amount
FROM orders
WHERE ordered_at >= DATE '{first_day}'
GROUP BY CAST(ordered_at AS DATE)
