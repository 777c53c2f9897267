SELECT page, count(*) AS visits
FROM {database_prefix}web_visits.visits
GROUP BY page
