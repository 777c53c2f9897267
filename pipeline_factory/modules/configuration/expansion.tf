# Replaces each task with `expand` by the tasks of the nodes of its dbt project.
module "dbt_models" {
  source   = "../dbt_models"
  for_each = local.projects

  folder = "${each.value.path}/code"
}

locals {
  # Other rules report a missing path.
  projects = {
    for name, task in var.tasks_configuration : name => task if(task.expand == null ? false : task.path != null)
  }
  selection_parameter = "^dbt_(exclude|indirect_selection|select)(\\.\\$)?$"

  task_parts = {
    for name, project in module.dbt_models : name => [
      for part in project.tasks : merge(part, { task = replace("${name}_${part.name}", "/_+/", "_") })
    ]
  }
  # With errors, no task is expanded.
  expanded_tasks = {
    for name, parts in local.task_parts : name => parts
    if length(local.expand_errors) + length(local.expanded_name_errors) == 0
  }
  tasks_by_name = {
    for name, task in merge(
      { for name, task in var.tasks_configuration : name => task if !contains(keys(local.expanded_tasks), name) },
      merge([
        for project, parts in local.expanded_tasks : {
          for part in parts : part.task => merge(var.tasks_configuration[project], {
            expand       = null
            input_tables = toset(part.input_tables)
            output_tables = {
              for table, output in part.output_tables : table => merge(local.no_output_options, output)
            }
            additional_parameters = merge(var.tasks_configuration[project].additional_parameters, {
              dbt_select             = part.select
              dbt_indirect_selection = part.indirect_selection
            })
          })
        }
      ]...),
    ) :
    name => merge(task, {
      after = setunion(
        setsubtract(task.after, keys(local.expanded_tasks)),
        flatten([
          for project in setintersection(task.after, keys(local.expanded_tasks)) : local.expanded_tasks[project][*].task
        ]),
      )
    })
  }
  no_output_options = { partition_keys = null, empty = null, on_duplicate = null, order_by = null, delete_when = null }

  all_task_names = concat(
    [for name in keys(var.tasks_configuration) : name if !contains(keys(local.projects), name)],
    flatten([for parts in values(local.task_parts) : parts[*].task]),
  )
  expanded_name_errors = flatten([
    for project, parts in local.task_parts : [
      for name in distinct(parts[*].task) : join(" ", [
        "tasks_configuration.${project} expands to a task named ${name}, and another task has this name. Rename one",
        "of them.",
      ])
      if length([for other in local.all_task_names : other if other == name]) > 1
    ]
  ])
}
