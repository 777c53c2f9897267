SELECT customer, amount
FROM {database_prefix}bills.customers
WHERE bills >= {number}
    AND DATE '{logical_date}' >= DATE '2020-01-01'
ORDER BY amount DESC
