# Some values are accepted in several forms. All other files use the outputs of modules/configuration, in which each
# value has a single form.
locals {
  attribute_errors = "${path.module}/../modules/attributes/errors.tftpl"

  # test/contract/test_terraform_attributes.py compares these with the types in modules/configuration.
  attributes = {
    "alarms" = {
      number = ["execution_minutes", "failed_executions", "queue_age_minutes", "throttled_transitions"]
      bool   = ["enabled"]
    }
    "datasets.*" = {
      other = [
        "failure_notification_receivers", "parameters", "pipeline", "source_prefix", "tables", "team",
      ]
    }
    "datasets.*.tables.*" = {
      other = ["delete_when", "name", "on_duplicate", "order_by", "partition_keys", "upsert_keys"]
    }
    "tasks_configuration.*" = {
      number = ["heartbeat_seconds", "retries", "timeout_minutes"]
      other = [
        "additional_parameters", "additional_permissions", "additional_rebuild_trigger", "after", "catch", "expand",
        "for_each", "infra_config", "infra_type", "input_paths", "input_tables", "output_paths", "output_tables",
        "path", "redshift", "secrets", "shared_modules", "type", "when",
      ]
    }
    "tasks_configuration.*.for_each" = {
      number = ["max_concurrency"]
      other  = ["input", "items", "tables"]
    }
    "tasks_configuration.*.infra_config" = {
      number = [
        "cpu", "ephemeral_storage", "idle_timeout_minutes", "job_timeout_minutes", "max_concurrent_runs", "memory",
        "number_of_workers", "reserved_concurrency", "spark_driver_cores", "spark_executor_cores",
      ]
      bool = ["use_spot"]
      other = [
        "architecture", "extra_jars", "maximum_capacity_cpu", "maximum_capacity_memory", "spark_configuration",
        "spark_driver_memory", "spark_executor_memory", "worker_type",
      ]
    }
    "tasks_configuration.*.output_tables.*" = {
      other = [
        "delete_when", "empty", "ingestion_mode", "on_duplicate", "order_by", "partition_keys", "upsert_keys",
      ]
    }
    "tasks_configuration.*.redshift" = {
      other = ["cluster", "copy_role_arn", "database", "db_user", "secret_arn", "workgroup"]
    }
    "triggers.*" = {
      number = ["batch_size", "batch_window_seconds"]
      bool   = ["start_disabled"]
      other = [
        "argument", "bucket", "event_pattern", "parameters", "prefix", "schedule", "suffix", "time_zone", "type",
      ]
    }
  }

  # Checked separately, since additional_permissions may be the JSON of a policy that is unknown during the plan.
  permission_attributes = {
    "tasks_configuration.*.additional_permissions.*" = {
      other = ["actions", "resources"]
    }
  }

  # Attributes with several types, which an object type cannot express.
  single_typed_tasks = {
    for name, task in var.tasks_configuration : name => merge(task, {
      additional_permissions = try(
        { for key, permission in lookup(task, "additional_permissions", {}) : key => permission },
        {},
      )
      additional_policy = try(tostring(lookup(task, "additional_permissions", null)), null)
      additional_rebuild_trigger = try(
        tostring(lookup(task, "additional_rebuild_trigger", "")), jsonencode(task.additional_rebuild_trigger),
      )
      for_each = try(
        merge(task.for_each, { items = task.for_each.items == null ? null : jsonencode(task.for_each.items) }),
        lookup(task, "for_each", null),
      )
    })
  }

  # The attribute that `argument` is an alias of, by type of trigger.
  trigger_arguments = { schedule = "schedule", s3 = "bucket", event = "event_pattern" }
  triggers_without_alias = {
    for name, trigger in merge({ this = var.trigger }, var.triggers) : name => merge(trigger, {
      for type, attribute in local.trigger_arguments :
      attribute => try(coalesce(lookup(trigger, attribute, null), lookup(trigger, "argument", null)), null)
      if lookup(trigger, "type", "none") == type
    })
  }

  domain = module.domain_object.domain_object
  tasks  = module.configuration.tasks
  triggers = merge(
    { for name, trigger in module.configuration.triggers : name => trigger if !local.serves_datasets },
    local.dataset_triggers,
  )
  alarms = module.configuration.alarms
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
  tasks_configuration = local.single_typed_tasks
  triggers            = local.triggers_without_alias
  alarms              = var.alarms
  for_each_dataset    = local.serves_datasets
  datasets            = local.datasets
}
