{# A snapshot is an upsert by the id of a version: new versions are inserted, and ended versions get their end. #}

{% materialization snapshot, adapter='datalake' %}
  {%- set exists = load_relation(this) is not none -%}
  {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set strategy = strategy_dispatch(config.get('strategy'))(
    model, 'snapshotted_data', 'source_data', model['config'], exists
  ) -%}
  {% if exists %}
    {{ adapter.assert_valid_snapshot_target_given_strategy(this, columns, strategy) }}
    {%- set rows = datalake__snapshot_rows(columns, snapshot_staging_table(strategy, sql, this)) -%}
  {% else %}
    {%- set rows = build_snapshot_table(strategy, sql) -%}
  {% endif %}
  {{ return(datalake__write(this, rows, 'merge', columns.dbt_scd_id)) }}
{% endmaterialization %}

{% macro datalake__snapshot_rows(columns, staging_sql) %}
  {%- set stored = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
  {%- set written = [] -%}
  {%- for name in get_columns_in_query(staging_sql) if name != 'dbt_change_type' and not name.startswith('dbt_unique_key') -%}
    {%- do written.append(name) -%}
  {%- endfor -%}
  with dbt_versions as (
    select * from ({{ staging_sql }})
  )
  select {% for name in written %}{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %}
  from dbt_versions
  where dbt_change_type = 'insert'
  union all
  select
  {% for name in written -%}
    {%- if name == columns.dbt_valid_to -%} ended.{{ adapter.quote(name) }}
    {%- elif name in stored -%} stored.{{ adapter.quote(name) }}
    {%- else -%} null as {{ adapter.quote(name) }}
    {%- endif -%}
    {{ ', ' if not loop.last }}
  {%- endfor %}
  from {{ this }} as stored
  join dbt_versions as ended on stored.{{ columns.dbt_scd_id }} = ended.{{ columns.dbt_scd_id }}
  where ended.dbt_change_type in ('update', 'delete')
{% endmacro %}

{% macro datalake__snapshot_hash_arguments(args) -%}
  lower(to_hex(md5(to_utf8(
    {%- for arg in args -%}
      coalesce(cast({{ arg }} as varchar), '') {%- if not loop.last %} || '|' || {% endif -%}
    {%- endfor -%}
  ))))
{%- endmacro %}

{% macro datalake__snapshot_string_as_time(timestamp) -%}
  timestamp '{{ timestamp }}'
{%- endmacro %}
