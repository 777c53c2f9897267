{# Athena's SQL. https://docs.aws.amazon.com/athena/latest/ug/functions.html #}

{# A schema is a database of the lake: a custom schema is not appended to that of the profile. #}
{% macro datalake__generate_schema_name(custom_schema_name, node) -%}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{% macro datalake__current_timestamp() -%}
  cast(current_timestamp at time zone 'UTC' as timestamp)
{%- endmacro %}

{% macro datalake__type_numeric() -%} decimal(28, 6) {%- endmacro %}

{% macro datalake__safe_cast(field, type) -%} try_cast({{ field }} as {{ type }}) {%- endmacro %}

{% macro datalake__hash(field) -%}
  lower(to_hex(md5(to_utf8(cast({{ field }} as varchar)))))
{%- endmacro %}

{% macro datalake__dateadd(datepart, interval, from_date_or_timestamp) -%}
  date_add('{{ datepart }}', {{ interval }}, {{ from_date_or_timestamp }})
{%- endmacro %}

{% macro datalake__datediff(first_date, second_date, datepart) -%}
  date_diff('{{ datepart }}', date_trunc('{{ datepart }}', cast({{ first_date }} as timestamp(6))), date_trunc('{{ datepart }}', cast({{ second_date }} as timestamp(6))))
{%- endmacro %}

{% macro datalake__date(year, month, day) -%}
  date '{{ modules.datetime.date(year, month, day).isoformat() }}'
{%- endmacro %}

{% macro datalake__right(string_text, length_expression) -%}
  case when {{ length_expression }} = 0 then '' else substr({{ string_text }}, -1 * ({{ length_expression }})) end
{%- endmacro %}

{% macro datalake__split_part(string_text, delimiter_text, part_number) -%}
  {%- if part_number >= 0 -%}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
  {%- else -%}
    {{ dbt._split_part_negative(string_text, delimiter_text, part_number) }}
  {%- endif -%}
{%- endmacro %}

{% macro datalake__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
  {%- set collected -%} array_agg({{ measure }}{{ ' ' ~ order_by_clause if order_by_clause }}) {%- endset -%}
  array_join({{ 'slice(' ~ collected ~ ', 1, ' ~ limit_num ~ ')' if limit_num else collected }}, {{ delimiter_text }})
{%- endmacro %}

{% macro datalake__array_construct(inputs, data_type) -%}
  {{ 'array[' ~ inputs | join(', ') ~ ']' if inputs else 'cast(array[] as array(' ~ data_type ~ '))' }}
{%- endmacro %}

{% macro datalake__array_append(array, new_element) -%} {{ array }} || array[{{ new_element }}] {%- endmacro %}

{% macro datalake__array_concat(array_1, array_2) -%} {{ array_1 }} || {{ array_2 }} {%- endmacro %}
