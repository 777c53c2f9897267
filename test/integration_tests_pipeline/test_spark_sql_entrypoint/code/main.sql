SELECT
  customer_id,
  count(*) AS orders,
  sum(amount) AS amount
FROM {database_prefix}integration_tests.orders
GROUP BY customer_id
