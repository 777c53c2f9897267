# Violations of the limits of Lambda, as in errors_tasks.tf.
locals {
  lambda_tasks = { for name, task in var.tasks_configuration : name => task if task.infra_type == "Lambda" }

  lambda_errors = concat(
    [
      for name, task in local.lambda_tasks : join(" ", [
        "tasks_configuration.${name}.timeout_minutes is ${local.timeouts[name]}; it must be at most",
        "${local.max_lambda_minutes} on Lambda. For a longer task set infra_type = \"ECS\".",
      ])
      if local.timeouts[name] > local.max_lambda_minutes
    ],
    [
      for name, task in local.lambda_tasks : join(" ", [
        "tasks_configuration.${name}.heartbeat_seconds has no effect on Lambda, which reports the end of every task.",
      ])
      if task.heartbeat_seconds != null
    ],
    [
      for name in keys(local.lambda_tasks) : join(" ", [
        "tasks_configuration.${name}.infra_config.memory is ${local.infra_configs[name].memory}; on Lambda it must be",
        "a whole number from ${local.lambda_memory.min} to ${local.lambda_memory.max} MB. The default is 1769 MB, one",
        "vCPU. For a larger task set infra_type = \"ECS\".",
      ])
      if(
        local.infra_configs[name].memory < local.lambda_memory.min
        || local.infra_configs[name].memory > local.lambda_memory.max
        || floor(local.infra_configs[name].memory) != local.infra_configs[name].memory
      )
    ],
    [
      for name, task in local.lambda_tasks : join(" ", [
        "tasks_configuration.${name}.infra_config.ephemeral_storage is ${task.infra_config.ephemeral_storage}; on",
        "Lambda it must be a whole number from 1 to ${local.max_lambda_storage} GiB. The default is 0.5 GiB.",
      ])
      if !contains(range(1, local.max_lambda_storage + 1), coalesce(task.infra_config.ephemeral_storage, 1))
    ],
    [
      for name, task in local.lambda_tasks : join(" ", [
        "tasks_configuration.${name}.infra_config.reserved_concurrency is",
        "${task.infra_config.reserved_concurrency}; it must be a whole number, 1 or more.",
      ])
      if task.infra_config.reserved_concurrency == null ? false : (
        task.infra_config.reserved_concurrency < 1
        || floor(task.infra_config.reserved_concurrency) != task.infra_config.reserved_concurrency
      )
    ],
  )
}
