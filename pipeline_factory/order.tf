# A task runs after every task that writes its input tables, and after the tasks in `after`.
locals {
  writers = transpose({ for name, task in local.tasks : name => keys(task.output_tables) })

  predecessors = {
    for name, task in local.tasks : name => setsubtract(
      concat(tolist(task.after), flatten([for table in task.input_tables : lookup(local.writers, table, [])])),
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
        "tasks in `after`. Remove one of these dependencies.",
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
