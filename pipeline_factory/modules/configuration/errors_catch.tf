# Violations of the rules for catch, as in errors_tasks.tf.
locals {
  # Attributes that a task cannot set if it catches failures.
  attributes_of_catching_tasks = {
    for name, tasks in local.caught_tasks : name => {
      after    = length(local.tasks_by_name[name].after) > 0
      when     = local.tasks_by_name[name].when != null
      for_each = local.tasks_by_name[name].for_each != null
      catch    = local.tasks_by_name[name].catch != null
    } if contains(keys(local.tasks_by_name), name)
  }

  catch_errors = concat(
    [
      for name, task in local.tasks_by_name : join(" ", [
        "tasks_configuration.${name}.catch is '${coalesce(task.catch, "null")}'; it must be another task of the",
        "pipeline, which are ${join(", ", setsubtract(keys(local.tasks_by_name), [name]))}.",
      ])
      if task.catch == null ? false : !contains(setsubtract(keys(local.tasks_by_name), [name]), task.catch)
    ],
    flatten([
      for name, attributes in local.attributes_of_catching_tasks : [
        for attribute, is_set in attributes : join(" ", [
          "tasks_configuration.${name}.${attribute} is set, but the task only runs when",
          "${join(" or ", local.caught_tasks[name])} has failed. Remove it.",
        ])
        if is_set
      ]
    ]),
    flatten([
      for name, task in local.tasks_by_name : [
        for other in setintersection([for each in task.after : each if each != null], keys(local.caught_tasks)) :
        join(" ", [
          "tasks_configuration.${name}.after contains '${other}', which only runs when",
          "${join(" or ", local.caught_tasks[other])} has failed. Name ${join(" or ", local.caught_tasks[other])}",
          "instead.",
        ])
        if other != name
      ]
      if !contains(keys(local.caught_tasks), name)
    ]),
    flatten([
      for name in keys(local.attributes_of_catching_tasks) : [
        for parameter in setintersection(local.parameter_names[name], local.caught_parameters) : join(" ", [
          "tasks_configuration.${name}.additional_parameters sets '${parameter}', which catch sets as well. Rename one",
          "of them.",
        ])
      ]
    ]),
    [
      for name, task in local.tasks_by_name : join(" ", [
        "tasks_configuration.${name}.catch is '${coalesce(task.catch, "null")}', and the name of their state,",
        "'${task.catch} after ${name}', has ${length("${coalesce(task.catch, "null")} after ${name}")} characters; the",
        "limit of Step Functions is 80. Shorten the names.",
      ])
      if task.catch == null ? false : length("${task.catch} after ${name}") > 80
    ],
  )
}
