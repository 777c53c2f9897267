{{ config(materialized='incremental', incremental_strategy='append') }}
select order_id, ordered_at, {{ dbt.current_timestamp() }} as loaded_at from {{ ref('orders') }}
{% if is_incremental() %}
where order_id not in (select order_id from {{ this }})
{% endif %}
