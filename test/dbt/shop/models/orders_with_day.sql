{{ config(materialized='ephemeral') }}
select *, cast(ordered_at as date) as day from {{ ref('orders') }}
