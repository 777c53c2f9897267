# A task runs after every task that writes its input tables, and after the tasks in `after` and `when`.
locals {
  # A task that catches failures runs in place of the failed task, so its tables count as tables of the failed task.
  catching_tasks = toset(compact([for task in local.tasks : task.catch]))
  ordered_tasks = {
    for name, task in local.tasks : name => {
      after = setunion(task.after, task.condition_tasks)
      input_tables = setunion(
        task.input_tables,
        flatten([for handler in compact([task.catch]) : tolist(local.tasks[handler].input_tables)]),
      )
      output_tables = setunion(
        keys(task.output_tables),
        flatten([for handler in compact([task.catch]) : keys(local.tasks[handler].output_tables)]),
      )
    } if !contains(local.catching_tasks, name)
  }

  writers = transpose({ for name, task in local.ordered_tasks : name => task.output_tables })

  predecessors = {
    for name, task in local.ordered_tasks : name => setsubtract(
      # A table is written under its own name or under the pattern for all tables of its database.
      concat(tolist(task.after), flatten([
        for table in task.input_tables : [
          for name in [table, "${split(".", table)[0]}.*"] : lookup(local.writers, name, [])
        ]
      ])),
      [name],
    )
  }

  direct_paths = { for name, before in local.predecessors : name => { for task in before : task => 1 } }
  path_lengths = module.paths_of_128.path_lengths
  cyclic_tasks = [for name, lengths in local.path_lengths : name if contains(keys(lengths), name)]

  cycle = [
    for name in local.cyclic_tasks :
    "${name} runs after ${join(" and ", setintersection(local.predecessors[name], local.cyclic_tasks))}"
  ]

  tasks_by_level = {
    for name, lengths in local.path_lengths : format("%04d", max(0, values(lengths)...)) => name...
  }
  levels       = values(local.tasks_by_level)
  longest_path = max(0, flatten([for lengths in values(local.path_lengths) : values(lengths)])...)

  order_errors = concat(
    [
      for cycle in [join("; ", local.cycle)] : join(" ", [
        "The tasks form a cycle: ${cycle}. A task runs after every task that writes its input tables, and after the",
        "tasks in `after` and `when`. Remove one of these dependencies.",
      ])
      if length(local.cyclic_tasks) > 0
    ],
    [
      # Longer paths are not computed.
      for length in [local.longest_path] : join(" ", [
        "The tasks form more than 128 levels, each after the previous one. Reduce the dependencies, or split the",
        "pipeline.",
      ])
      if length(local.cyclic_tasks) == 0 && length >= 128
    ],
  )
}

module "paths_of_2" {
  source       = "./modules/longest_paths"
  path_lengths = local.direct_paths
}

module "paths_of_4" {
  source       = "./modules/longest_paths"
  path_lengths = module.paths_of_2.path_lengths
}

module "paths_of_8" {
  source       = "./modules/longest_paths"
  path_lengths = module.paths_of_4.path_lengths
}

module "paths_of_16" {
  source       = "./modules/longest_paths"
  path_lengths = module.paths_of_8.path_lengths
}

module "paths_of_32" {
  source       = "./modules/longest_paths"
  path_lengths = module.paths_of_16.path_lengths
}

module "paths_of_64" {
  source       = "./modules/longest_paths"
  path_lengths = module.paths_of_32.path_lengths
}

module "paths_of_128" {
  source       = "./modules/longest_paths"
  path_lengths = module.paths_of_64.path_lengths
}
