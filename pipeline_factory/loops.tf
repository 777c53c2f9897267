# States for `for_each`: an inline Map over the items, whose iterations receive the parameters of the task.
# https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
locals {
  loop_states = {
    for name, loop in local.loops : name => {
      Type           = "Map"
      QueryLanguage  = "JSONata"
      Items          = local.loop_items[name]
      ItemSelector   = { variables = "{% ${local.item_expressions[name]} %}" }
      MaxConcurrency = loop.max_concurrency
      ItemProcessor = {
        ProcessorConfig = { Mode = "INLINE" }
        StartAt         = name
        States          = { (name) = merge(local.states[name], { End = true }) }
      }
    }
  }

  loop_items = merge(
    { for name, loop in local.loops : name => jsondecode(loop.items) if loop.items != null },
    { for name, expression in local.input_expressions : name => "{% ${expression} %}" },
    { for name, loop in local.loops : name => "{% $tableItems %}" if loop.tables != null },
  )
  input_expressions = {
    for name, loop in local.loops : name => join(" ", [
      "($list := $states.context.Execution.Input${trimprefix(loop.input, "$")};",
      "$type($list) = 'array' ? $list : $error('${name}: for_each.input is ${loop.input}, which is not a list'))",
    ]) if loop.input != null
  }

  # An object of environment variables for the item of an iteration. The item itself is part of the cause of a failure.
  item_variables = "$states.input.variables"
  item_expressions = {
    for name, loop in local.loops : name => join(" ", [
      "($item := $states.context.Map.Item.Value; $item := $type($item) = 'object' ? $item : {'item': $item};",
      "$text := $join($each($item, function($value, $name) { $name & '=' & $string($value) }), ', ');",
      "$merge([{'step_function_map_item': $substring($text, 0, 100)}, $each($item, function($value, $name) {",
      loop.input == null ? "" : local.parameter_checks[name],
      "{'TASK_ADDITIONAL_PARAMETERS_' & $name: $string($value)} })]))",
    ])
  }
  # The keys of items in the input of the execution are only known when it runs.
  parameter_checks = {
    for name in keys(local.loops) : name => join(" ", [
      "$not($contains($name, /^[A-Za-z_][A-Za-z0-9_]*$/)) or $name in",
      "[${join(", ", [for parameter in local.parameter_names[name] : "'${parameter}'"])}]",
      "? $error('${name}: an item of for_each.input sets the parameter ' & $name & ', which is not a valid name, or is",
      "set by additional_parameters') :",
    ])
  }
  parameter_names = {
    for name, task in local.tasks :
    name => [for parameter in keys(task.additional_parameters) : trimsuffix(parameter, ".$")]
  }

  # The grants of a database that the pipeline creates depend on it.
  listed_databases = toset([
    for loop in local.loops : try(
      aws_glue_catalog_database.this["${local.domain.database_prefix}${loop.tables}"].name,
      "${local.domain.database_prefix}${loop.tables}",
    ) if loop.tables != null
  ])

  # The tables of a database are listed before the iterations, page by page.
  # https://docs.aws.amazon.com/glue/latest/webapi/API_GetTables.html
  table_states = {
    for name in keys(local.ordered_tasks) : name => merge([
      for database in compact([try(local.loops[name].tables, null)]) : {
        "${name} tables" = {
          Type          = "Pass"
          QueryLanguage = "JSONata"
          Assign        = { tableItems = [], nextToken = "" }
          Next          = "${name} page of tables"
        }
        "${name} page of tables" = merge(local.catches[name], {
          Type          = "Task"
          QueryLanguage = "JSONata"
          Resource      = "arn:${local.partition}:states:::aws-sdk:glue:getTables"
          Arguments = join(" ", [
            "{% $merge([{'DatabaseName': '${local.domain.database_prefix}${database}',",
            "'AttributesToGet': ['NAME', 'TABLE_TYPE']}, $nextToken = '' ? {} : {'NextToken': $nextToken}]) %}",
          ])
          Assign = {
            tableItems = join(" ", [
              "{% $append($tableItems, [$states.result.TableList[TableType != 'VIRTUAL_VIEW'].",
              "{'table_name': '${database}.' & Name}]) %}",
            ])
            nextToken = "{% $states.result.NextToken ? $states.result.NextToken : '' %}"
          }
          Output = "{% $states.input %}"
          Retry  = [{ ErrorEquals = ["States.TaskFailed"], MaxAttempts = 3, JitterStrategy = "FULL" }]
          Next   = "${name} more tables?"
        })
        "${name} more tables?" = {
          Type          = "Choice"
          QueryLanguage = "JSONata"
          Choices       = [{ Condition = "{% $nextToken != '' %}", Next = "${name} page of tables" }]
          Default       = "${name} for each"
        }
      }
    ]...)
  }
}
