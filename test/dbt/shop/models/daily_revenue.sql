{{ config(
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='day',
    batch_size='day',
    begin='2026-01-01'
) }}
select date_trunc('day', ordered_at) as day, sum(amount) as revenue
from {{ ref('orders') }}
group by 1
