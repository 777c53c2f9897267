# Violations of the rules for when, for_each and catch, as in errors_tasks.tf.
locals {
  variables = {
    for name, tasks in local.result_names :
    name => join(", ", concat(["$input"], [for task in tasks : format("$%s", task)]))
  }
  read_results = toset(flatten([for tasks in values(local.condition_tasks) : tolist(tasks)]))

  when_errors = concat(
    [
      for name, task in local.tasks_by_name : join(" ", [
        "tasks_configuration.${name}.when is empty; it must be a JSONata expression, such as",
        "$input.detail.kind = 'orders'.",
      ])
      if task.when == null ? false : trimspace(task.when) == ""
    ],
    [
      for name in keys(local.conditions) : join(" ", [
        "tasks_configuration.${name}.when is '${local.tasks_by_name[name].when}'; write the expression without {%",
        "and %}.",
      ])
      if startswith(trimspace(local.tasks_by_name[name].when), "{%")
    ],
    [
      for name, names in local.free_names : join(" ", [
        "tasks_configuration.${name}.when is '${local.tasks_by_name[name].when}', which reads neither $input nor",
        "the result of a task. Fields of the input start with $input, as in $input.detail.kind = 'orders'.",
      ])
      if length(names) == 0 && trimspace(local.tasks_by_name[name].when) != ""
    ],
    flatten([
      for name, names in local.free_names : [
        for variable in setsubtract(names, concat(["input"], tolist(local.result_names[name]))) : join(" ", [
          "tasks_configuration.${name}.when contains '${format("$%s", variable)}'; its variables are",
          "${local.variables[name]}.",
        ])
      ]
    ]),
    [
      for name, functions in local.called_functions :
      "tasks_configuration.${name}.when calls $eval, which Step Functions does not support."
      if contains(functions, "eval")
    ],
    flatten([
      for name, functions in local.called_functions : [
        for function in setintersection(functions, local.read_results) : join(" ", [
          "tasks_configuration.${name}.when calls ${format("$%s", function)}, which is the result of the task",
          "${function} in conditions. Rename the task.",
        ])
      ]
    ]),
    [
      for name in setintersection(keys(local.tasks_by_name), ["input", "states"]) : join(" ", [
        "tasks_configuration has a task named '${name}', which is a variable of conditions (when). Choose another",
        "name.",
      ])
      if length(local.conditions) > 0
    ],
  )

  loop_errors = concat(
    flatten([
      for name, loop in local.loops : [
        for count in [length(compact([loop.items, loop.input, loop.tables]))] : join(" ", [
          "tasks_configuration.${name}.for_each sets ${count} of items, input and tables; it must set exactly one.",
        ])
        if count != 1
      ]
    ]),
    [
      for name, loop in local.loops : join(" ", [
        "tasks_configuration.${name}.for_each.input is '${coalesce(loop.input, "null")}'; it must be a path to a list",
        "in the input of the execution, such as $.detail.files or $.",
      ])
      if loop.input == null ? false : !can(regex(local.input_path_pattern, loop.input))
    ],
    [
      for name, loop in local.loops : join(" ", [
        "tasks_configuration.${name}.for_each.tables is '${coalesce(loop.tables, "null")}'; it must be a database in",
        "lowercase letters, digits and '_', without the stage's prefix.",
      ])
      if loop.tables == null ? false : !can(regex(local.database_pattern, loop.tables))
    ],
    [
      for name, loop in local.loops : join(" ", [
        "tasks_configuration.${name}.for_each.max_concurrency is ${loop.max_concurrency}; it must be a whole number",
        "from 1 to 40.",
      ])
      if loop.max_concurrency < 1 || loop.max_concurrency > 40 || floor(loop.max_concurrency) != loop.max_concurrency
    ],
    flatten([
      for name in keys(local.loops) : [
        for table, output in local.tasks_by_name[name].output_tables : join(" ", [
          "tasks_configuration.${name}.output_tables[\"${table}\"].ingestion_mode is 'overwrite'; with for_each, each",
          "iteration would replace the rows of the others. Use append, overwrite_partitions or upsert.",
        ])
        if output.ingestion_mode == "overwrite"
      ]
    ]),
  )

  item_errors = concat(
    [
      for name, loop in local.loops : join(" ", [
        "tasks_configuration.${name}.for_each.items is '${try(tostring(jsondecode(loop.items)), loop.items)}'; it must",
        "be a list.",
      ])
      if loop.items != null && !contains(keys(local.items), name)
    ],
    [
      for name, items in local.items : join(" ", [
        "tasks_configuration.${name}.for_each.items has ${length(items)} items; it must have 1 to",
        "${local.max_items}.",
      ])
      if length(items) < 1 || length(items) > local.max_items
    ],
    flatten([
      for name, items in local.items : [
        for index, item in items : join(" ", [
          "tasks_configuration.${name}.for_each.items[${index}] is '${jsonencode(item)}'; an item is a string, a",
          "number, a boolean or an object.",
        ])
        if item == null || !can(tostring(item)) && !can(keys(item))
      ]
    ]),
    flatten([
      for name, parameters in local.item_parameters : [
        for index, names in parameters : join(" ", [
          "tasks_configuration.${name}.for_each.items[${index}] sets the parameters ${join(", ", names)}, and the",
          "first item ${join(", ", try(parameters[0], []))}. All items must set the same parameters.",
        ])
        if join(" ", names) != join(" ", try(parameters[0], []))
      ]
    ]),
    flatten([
      for name, parameters in local.loop_parameters : [
        for parameter in parameters : join(" ", [
          "tasks_configuration.${name}.for_each.items sets the parameter '${parameter}'; a name must be letters,",
          "digits and '_'.",
        ])
        if !can(regex(local.parameter_pattern, parameter)) || endswith(parameter, ".$")
      ]
    ]),
    flatten([
      for name, parameters in local.loop_parameters : [
        for parameter in setintersection(parameters, local.parameter_names[name]) : join(" ", [
          "tasks_configuration.${name}.additional_parameters sets '${parameter}', which for_each sets as well. Rename",
          "one of them.",
        ])
      ]
    ]),
  )
}
