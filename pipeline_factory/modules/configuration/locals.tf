locals {
  timeouts = {
    for name, task in local.tasks_by_name :
    name => coalesce(
      task.timeout_minutes,
      task.infra_config.job_timeout_minutes,
      task.infra_type == "Lambda" ? local.max_lambda_minutes : 60,
    )
  }

  infra_configs = {
    for name, task in local.tasks_by_name : name => {
      architecture         = task.infra_config.architecture
      cpu                  = coalesce(task.infra_config.cpu, 1024)
      memory               = coalesce(task.infra_config.memory, task.infra_type == "Lambda" ? 1769 : 2048)
      ephemeral_storage    = task.infra_config.ephemeral_storage
      use_spot             = coalesce(task.infra_config.use_spot, false)
      reserved_concurrency = task.infra_config.reserved_concurrency
      worker_type          = coalesce(task.infra_config.worker_type, "G.1X")
      number_of_workers    = coalesce(task.infra_config.number_of_workers, 2)
      max_concurrent_runs  = coalesce(task.infra_config.max_concurrent_runs, 10)
      extra_jars           = task.infra_config.extra_jars == null ? toset([]) : task.infra_config.extra_jars
      idle_timeout_minutes = coalesce(task.infra_config.idle_timeout_minutes, 5)
      spark_configuration  = merge(coalesce(task.infra_config.spark_configuration, {}), local.spark_sizes[name])
      maximum_capacity = try({
        cpu    = "${regex("^[0-9]+", task.infra_config.maximum_capacity_cpu)} vCPU"
        memory = "${regex("^[0-9]+", task.infra_config.maximum_capacity_memory)} GB"
      }, var.domain.emr_serverless.maximum_capacity, null)
    }
  }

  # Spark interprets a memory size without a unit as MiB; here it is in GB.
  spark_sizes = {
    for name, task in local.tasks_by_name : name => {
      for attribute, setting in local.spark_settings : setting => (
        !endswith(attribute, "_memory") || can(regex("[a-zA-Z]$", task.infra_config[attribute]))
        ? lower(replace(task.infra_config[attribute], " ", ""))
        : "${task.infra_config[attribute]}g"
      )
      if task.infra_config[attribute] != null
    }
  }
}
