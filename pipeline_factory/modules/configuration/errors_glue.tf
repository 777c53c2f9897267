# Violations of the limits of Glue, as in errors_tasks.tf.
locals {
  glue_tasks = { for name, task in local.tasks_by_name : name => task if task.infra_type == "Glue" }

  glue_errors = concat(
    [
      for name, task in local.glue_tasks : join(" ", [
        "tasks_configuration.${name}.infra_config.architecture is ${task.infra_config.architecture}; on Glue it must",
        "be X86_64.",
      ])
      if task.infra_config.architecture == "ARM64"
    ],
    [
      for name in keys(local.glue_tasks) : join(" ", [
        "tasks_configuration.${name}.infra_config.worker_type is '${local.infra_configs[name].worker_type}'; it must",
        "be one of ${join(", ", local.glue_worker_types)}.",
      ])
      if !contains(local.glue_worker_types, local.infra_configs[name].worker_type)
    ],
    [
      for name in keys(local.glue_tasks) : join(" ", [
        "tasks_configuration.${name}.infra_config.number_of_workers is",
        "${local.infra_configs[name].number_of_workers}; it must be a whole number, 2 or more. One of them is",
        "the driver.",
      ])
      if(
        local.infra_configs[name].number_of_workers < 2
        || floor(local.infra_configs[name].number_of_workers) != local.infra_configs[name].number_of_workers
      )
    ],
    [
      for name in keys(local.glue_tasks) : join(" ", [
        "tasks_configuration.${name}.infra_config.max_concurrent_runs is",
        "${local.infra_configs[name].max_concurrent_runs}; it must be a whole number, 1 or more.",
      ])
      if(
        local.infra_configs[name].max_concurrent_runs < 1
        || floor(local.infra_configs[name].max_concurrent_runs) != local.infra_configs[name].max_concurrent_runs
      )
    ],
    flatten([
      for name in keys(local.glue_tasks) : [
        for jar in local.infra_configs[name].extra_jars : join(" ", [
          "tasks_configuration.${name}.infra_config.extra_jars contains '${jar == null ? "null" : jar}'; it must be",
          "the URI of a jar, such as s3://bucket/jars/driver.jar.",
        ])
        if !can(regex(local.jar_pattern, jar))
      ]
    ]),
    flatten([
      for name, task in local.glue_tasks : [
        for setting, value in coalesce(task.infra_config.spark_configuration, {}) : join(" ", [
          "tasks_configuration.${name}.infra_config.spark_configuration has '${setting}' = '${value}'; Glue does not",
          "accept white space in the values of settings.",
        ])
        if value == null ? false : can(regex("\\s", value))
      ]
    ]),
    [
      for name in keys(local.glue_tasks) : join(" ", [
        "tasks_configuration.${name}.infra_type is Glue, whose jobs have one role, but with run_for_each each dataset",
        "has its own. Set infra_type = \"EMRServerless\".",
      ])
      if var.for_each_dataset
    ],
    [
      for name, task in local.glue_tasks : join(" ", [
        "tasks_configuration.${name}.heartbeat_seconds has no effect on Glue, which reports the end of every task.",
      ])
      if task.heartbeat_seconds != null
    ],
    flatten([
      for name, tasks in local.condition_tasks : [
        for other in setintersection(tasks, keys(local.glue_tasks)) : join(" ", [
          "tasks_configuration.${name}.when reads the result of ${other}, but Glue returns no results of tasks. Set",
          "infra_type = \"EMRServerless\" for ${other}.",
        ])
      ]
    ]),
  )
}
