{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_keys=['day']) }}
select day, sum(amount) as revenue from {{ ref('orders_with_day') }} group by 1
