# Users may write a value in several forms; everything else here reads one, with types and defaults.
locals {
  unknown_attributes = "${path.module}/../modules/attributes/unknown_attributes.tftpl"
  wrong_types        = "${path.module}/../modules/attributes/wrong_types.tftpl"

  # test/contract/test_terraform_attributes.py compares them with the types of modules/configuration.
  attributes = {
    task = [
      "additional_parameters", "additional_permissions", "additional_rebuild_trigger", "after", "heartbeat_seconds", "infra_config",
      "infra_type", "input_tables", "output_tables", "path", "retries", "timeout_minutes", "type",
    ]
    infra_config = [
      "architecture", "cpu", "ephemeral_storage", "idle_timeout_minutes", "job_timeout_minutes", "maximum_capacity_cpu",
      "maximum_capacity_memory", "memory", "spark_configuration", "spark_driver_cores", "spark_driver_memory", "spark_executor_cores",
      "spark_executor_memory",
    ]
    output_table = ["ingestion_mode", "partition_keys", "upsert_keys"]
    permission   = ["actions", "resources"]
    trigger = [
      "argument", "batch_size", "batch_window_seconds", "bucket", "event_pattern", "parameters", "prefix", "schedule", "start_disabled",
      "suffix", "time_zone", "type",
    ]
  }

  # Terraform's own error for these does not name the attribute.
  numbers = {
    task = ["heartbeat_seconds", "retries", "timeout_minutes"]
    infra_config = [
      "cpu", "ephemeral_storage", "idle_timeout_minutes", "job_timeout_minutes", "memory", "spark_driver_cores", "spark_executor_cores",
    ]
    trigger = ["batch_size", "batch_window_seconds"]
  }

  # The attributes that have two types, for which an object type has no word.
  given_tasks = {
    for name, task in var.tasks_configuration : name => merge(task, {
      additional_permissions     = try({ for permission, given in lookup(task, "additional_permissions", {}) : permission => given }, {})
      additional_policy          = try(tostring(lookup(task, "additional_permissions", null)), null)
      additional_rebuild_trigger = try(tostring(lookup(task, "additional_rebuild_trigger", "")), jsonencode(task.additional_rebuild_trigger))
    })
  }

  # What each type of trigger calls its `argument`.
  trigger_arguments = { schedule = "schedule", s3 = "bucket", event = "event_pattern" }
  given_trigger = merge(var.trigger, {
    for type, attribute in local.trigger_arguments :
    attribute => try(coalesce(lookup(var.trigger, attribute, null), lookup(var.trigger, "argument", null)), null)
    if lookup(var.trigger, "type", "none") == type
  })

  domain  = module.domain_object.domain_object
  tasks   = module.configuration.tasks
  trigger = module.configuration.trigger
}

module "domain_object" {
  source = "../modules/domain_object"

  domain_object = lookup(var.domain_object, "domain_object", var.domain_object)
}

module "configuration" {
  source = "./modules/configuration"

  pipeline_name       = var.pipeline_name
  domain              = local.domain
  has_database        = !var.skip_pipeline_database_creation
  tasks_configuration = local.given_tasks
  trigger             = local.given_trigger
}
