# Violations of the rules for infra_config, as in errors_tasks.tf.
locals {
  infra_errors = concat(
    [
      for path, task in local.tasks :
      "${path}.infra_config.architecture is '${task.infra_config.architecture}'; it must be X86_64 or ARM64."
      if !contains(["X86_64", "ARM64"], task.infra_config.architecture)
    ],
    flatten([
      for path, task in local.tasks : [
        for attribute in lookup(local.unsupported_attributes, task.infra_type, []) : join(" ", [
          "${path}.infra_config.${attribute} has no effect on ${task.infra_type}, which supports architecture,",
          "${join(", ", local.infra_attributes[task.infra_type])}.",
        ])
        if task.infra_config[attribute] != null
      ]
    ]),
  )

  fargate_configs = {
    for name, task in local.tasks_by_name : name => local.infra_configs[name] if task.infra_type != "Lambda"
  }
  fargate_errors = concat(
    [
      for name, config in local.fargate_configs :
      "tasks_configuration.${name}.infra_config.cpu is ${config.cpu}; it must be ${local.fargate_cpus}."
      if !contains(keys(local.fargate_memory), tostring(config.cpu))
    ],
    [
      for name, config in local.fargate_configs : join(" ", [
        "tasks_configuration.${name}.infra_config.memory is ${config.memory}; with cpu ${config.cpu} it must be one",
        "of ${join(", ", local.fargate_memory[config.cpu])}.",
      ])
      if !contains(lookup(local.fargate_memory, config.cpu, [config.memory]), config.memory)
    ],
    [
      # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html
      for name, config in local.fargate_configs : join(" ", [
        "tasks_configuration.${name}.infra_config.ephemeral_storage is ${config.ephemeral_storage}; it must be 21 to",
        "200 GiB. The default is 20 GiB.",
      ])
      if coalesce(config.ephemeral_storage, 21) < 21 || coalesce(config.ephemeral_storage, 21) > 200
    ],
  )

  spark_errors = concat(
    flatten([
      for path, task in local.tasks : [
        for setting in keys(coalesce(task.infra_config.spark_configuration, {})) :
        "${path}.infra_config.spark_configuration contains '${setting}'; names of Spark settings start with 'spark.'."
        if !startswith(setting, "spark.")
      ]
    ]),
    flatten([
      for path, task in local.tasks : [
        for attribute, setting in local.spark_settings : join(" ", [
          "${path}.infra_config sets ${attribute} and spark_configuration[\"${setting}\"], which are the same",
          "setting. Remove one of them.",
        ])
        if task.infra_config[attribute] != null && can(task.infra_config.spark_configuration[setting])
      ]
    ]),
    flatten([
      for path, task in local.tasks : [
        for attribute in ["spark_driver_cores", "spark_executor_cores"] : join(" ", [
          "${path}.infra_config.${attribute} is ${task.infra_config[attribute]}; a worker of EMR Serverless has",
          "${join(", ", local.spark_worker_cores)} cores.",
        ])
        if !contains(local.spark_worker_cores, coalesce(task.infra_config[attribute], local.spark_worker_cores[0]))
      ]
    ]),
    flatten([
      for path, task in local.tasks : [
        for attribute in ["spark_driver_memory", "spark_executor_memory"] : join(" ", [
          "${path}.infra_config.${attribute} is '${task.infra_config[attribute]}'; it must be a whole number of GB,",
          "or a number with its unit such as 14g or 2048m.",
        ])
        if task.infra_config[attribute] != null && !can(regex(local.memory_pattern, task.infra_config[attribute]))
      ]
    ]),
    [
      for path, task in local.tasks : join(" ", [
        "${path}.infra_config sets one of maximum_capacity_cpu and maximum_capacity_memory; EMR Serverless requires",
        "both or neither.",
      ])
      if(task.infra_config.maximum_capacity_cpu == null) != (task.infra_config.maximum_capacity_memory == null)
    ],
    flatten([
      for path, task in local.tasks : [
        for attribute, rule in local.maximum_capacity : join(" ", [
          "${path}.infra_config.${attribute} is '${task.infra_config[attribute]}'; it must be a whole number of",
          "${rule.unit}, such as 16 or '16 ${rule.unit}'.",
        ])
        if task.infra_config[attribute] != null && !can(regex(rule.pattern, task.infra_config[attribute]))
      ]
    ]),
    [
      # https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_AutoStopConfig.html
      for name, config in local.infra_configs : join(" ", [
        "tasks_configuration.${name}.infra_config.idle_timeout_minutes is ${config.idle_timeout_minutes}; it must be",
        "from 1 to 10080.",
      ])
      if config.idle_timeout_minutes < 1 || config.idle_timeout_minutes > 10080
    ],
  )
}
