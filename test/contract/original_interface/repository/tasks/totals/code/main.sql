-- One row for each country; {{braces}} in a comment are not replaced.
SELECT
    country,
    SUM(amount) AS total,
    COUNT(*) AS number_of_bills,
    DATE '{logical_date}' AS computed_on,
    '{{"minimum": {minimum}}}' AS settings
FROM bills
WHERE country <> '{excluded_country}'
    AND amount >= {minimum}
GROUP BY country
