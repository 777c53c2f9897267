# What conditions, loops and catches refer to.
locals {
  # Expressions without comments, strings and quoted names.
  conditions = {
    for name, task in local.tasks_by_name : name => replace(task.when, "/${local.quoted_pattern}/", " ")
    if task.when != null
  }
  condition_names = {
    for name, condition in local.conditions : name => [
      for match in regexall("\\$([A-Za-z_]\\w*)(\\s*\\()?", condition) : { name = match[0], is_call = match[1] != null }
    ]
  }
  bound_names = {
    for name, condition in local.conditions : name => flatten(concat(
      regexall("\\$([A-Za-z_]\\w*)\\s*:=", condition),
      regexall("[@#]\\s*\\$([A-Za-z_]\\w*)", condition),
      [
        for parameters in flatten(regexall("(?:function|λ)\\s*\\(([^)]*)\\)", condition)) :
        flatten(regexall("\\$([A-Za-z_]\\w*)", parameters))
      ],
    ))
  }
  free_names = {
    for name, names in local.condition_names : name => setsubtract(
      [for each in names : each.name if !each.is_call],
      local.bound_names[name],
    )
  }
  called_functions = {
    for name, names in local.condition_names : name => toset([for each in names : each.name if each.is_call])
  }

  # Other tasks whose result the condition of a task reads.
  condition_tasks = {
    for name, task in local.tasks_by_name : name => setintersection(
      lookup(local.free_names, name, toset([])),
      local.result_names[name],
    )
  }
  result_names = {
    for name in keys(local.tasks_by_name) :
    name => setsubtract(keys(local.tasks_by_name), concat([name], keys(local.caught_tasks)))
  }

  # For each task that catches failures, the tasks whose failures it catches.
  caught_tasks = transpose({
    for name, task in local.tasks_by_name : name => setsubtract(compact([task.catch]), [name])
  })

  caught_parameters = ["caught_cause", "caught_error", "caught_task"]
  parameter_names = {
    for name, task in local.tasks_by_name : name => [
      for parameter in keys(task.additional_parameters) : trimsuffix(parameter, ".$")
    ]
  }

  loops = { for name, task in local.tasks_by_name : name => task.for_each if task.for_each != null }
  items = {
    for name, loop in local.loops : name => jsondecode(loop.items) if startswith(coalesce(loop.items, "{}"), "[")
  }

  # Parameters of the task that each item sets.
  item_parameters = {
    for name, items in local.items : name => [for item in items : try(sort(keys(item)), ["item"])]
  }
  loop_parameters = {
    for name, loop in local.loops : name => (
      loop.tables != null ? ["table_name"] : distinct(flatten(lookup(local.item_parameters, name, [])))
    )
  }

  # Tasks whose states use JSONata on ECS too, where only plain paths have the same meaning as in JSONPath.
  jsonata_reasons = merge(
    { for name in keys(local.tasks_by_name) : name => "with datasets" if var.for_each_dataset },
    { for name in keys(local.loops) : name => "with for_each" },
    {
      for name in keys(local.caught_tasks) : name => "in a task that catches failures"
      if contains(keys(local.tasks_by_name), name)
    },
  )
}
