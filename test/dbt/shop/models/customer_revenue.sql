select c.customer_id, c.name, count(*) as orders, sum(o.amount) as revenue
from {{ ref('orders') }} o
join {{ ref('customers') }} c on c.customer_id = o.customer_id
where o.amount >= 10
group by 1, 2
