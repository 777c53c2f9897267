{# Each node is written in one commit: no temporary tables, no renames. #}

{% macro datalake__write(relation, sql, strategy, keys=none) %}
  {{ run_hooks(pre_hooks) }}
  {% if model.resource_type == 'model' and config.get('contract') and config.get('contract').enforced %}
    {% do get_assert_columns_equivalent(sql) %}
  {% endif %}
  {%- set result = adapter.write(relation, sql, strategy, model, keys) -%}
  {%- set summary = 'SKIPPED' if result.skipped else 'INSERT ' ~ result.rows_inserted ~ ' UPDATE ' ~ result.rows_updated ~ ' DELETE ' ~ result.rows_deleted -%}
  {% call noop_statement('main', summary, rows_affected=result.rows_inserted + result.rows_updated) %}{{ sql }}{% endcall %}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [relation.incorporate(type='table')]}) }}
{% endmacro %}

{% materialization table, adapter='datalake' %}
  {{ return(datalake__write(this, sql, 'table')) }}
{% endmaterialization %}

{% materialization incremental, adapter='datalake' %}
  {%- set strategy = config.get('incremental_strategy') or ('merge' if config.get('unique_key') else 'append') -%}
  {{ return(datalake__write(this, sql, 'table' if should_full_refresh() else strategy)) }}
{% endmaterialization %}

{% materialization seed, adapter='datalake' %}
  {%- do store_result('agate_table', response='OK', agate_table=load_agate_table() if invocation_args_dict.get('show') else none) -%}
  {{ return(datalake__write(this, '-- ' ~ model.original_file_path, 'table')) }}
{% endmaterialization %}

{% macro datalake__refuse(materialization) %}
  {% do exceptions.raise_compiler_error(
    "materialized is '" ~ materialization ~ "', but the lake has no views. Set materialized to 'ephemeral', which"
    ~ " inlines the query into the models that refer to it, or to 'table', for example `+materialized: table` in"
    ~ " dbt_project.yml (dbt's default is 'view')."
  ) %}
{% endmacro %}

{% materialization view, adapter='datalake' %}{{ datalake__refuse('view') }}{% endmaterialization %}

{% materialization materialized_view, adapter='datalake' %}
  {{ datalake__refuse('materialized_view') }}
{% endmaterialization %}
