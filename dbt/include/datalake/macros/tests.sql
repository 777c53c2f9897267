{# Failing rows are stored in one commit; a unit test reads the columns of its query without a temporary table. #}

{% materialization test, adapter='datalake' %}
  {%- set rows = get_limit_subquery_sql(sql, config.get('limit')) -%}
  {%- set relations = [] -%}
  {% if should_store_failures() %}
    {% if config.get('store_failures_as') == 'view' %}{{ datalake__refuse('view') }}{% endif %}
    {% do adapter.write(this, rows, 'table', model) %}
    {% do relations.append(this.incorporate(type='table')) %}
    {%- set rows = 'select * from ' ~ this -%}
  {% endif %}
  {% call statement('main', fetch_result=True) %}
    {{ get_test_sql(rows, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
  {% endcall %}
  {{ return({'relations': relations}) }}
{% endmaterialization %}

{% materialization unit, adapter='datalake' %}
  {%- set expected_rows = config.get('expected_rows') -%}
  {%- set types, quoted = {}, {} -%}
  {%- for column in get_column_schema_from_query(sql) -%}
    {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- do quoted.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}
  {%- set tested = (expected_rows[0].keys() if expected_rows else types.keys()) | map('lower') | list -%}
  {%- set names = [] -%}
  {%- for name in tested -%}
    {%- do names.append(quoted.get(name, adapter.quote(name))) -%}
  {%- endfor -%}
  {%- set expected_sql = config.get('expected_sql') or get_expected_sql(expected_rows, types, quoted) -%}
  {% call statement('main', fetch_result=True) %}
    {{ get_unit_test_sql(sql, expected_sql, names) }}
  {% endcall %}
  {{ return({'relations': []}) }}
{% endmaterialization %}
