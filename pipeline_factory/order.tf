# Who reads a table runs after everyone who writes it; `after` adds more.
locals {
  writers = transpose({ for name, task in local.tasks : name => keys(task.output_tables) })

  predecessors = {
    for name, task in local.tasks : name => setsubtract(
      concat(tolist(task.after), flatten([for table in task.input_tables : lookup(local.writers, table, [])])),
      [name],
    )
  }

  direct_ways = { for name, before in local.predecessors : name => { for task in before : task => 1 } }
  ways        = module.ways_of_128.ways
  cyclic      = [for name, ways in local.ways : name if contains(keys(ways), name)]

  tasks_by_level = {
    for name, ways in local.ways : format("%04d", max(0, values(ways)...)) => name...
  }
  levels = values(local.tasks_by_level)
}

module "ways_of_2" {
  source = "./modules/longer_ways"
  ways   = local.direct_ways
}

module "ways_of_4" {
  source = "./modules/longer_ways"
  ways   = module.ways_of_2.ways
}

module "ways_of_8" {
  source = "./modules/longer_ways"
  ways   = module.ways_of_4.ways
}

module "ways_of_16" {
  source = "./modules/longer_ways"
  ways   = module.ways_of_8.ways
}

module "ways_of_32" {
  source = "./modules/longer_ways"
  ways   = module.ways_of_16.ways
}

module "ways_of_64" {
  source = "./modules/longer_ways"
  ways   = module.ways_of_32.ways
}

module "ways_of_128" {
  source = "./modules/longer_ways"
  ways   = module.ways_of_64.ways
}
