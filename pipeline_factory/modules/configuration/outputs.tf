output "tasks" {
  description = "Tasks by name, with defaults and without aliases."
  value = {
    for name, task in local.tasks_by_name : name => merge(task, {
      infra_config    = local.infra_configs[name]
      condition_tasks = local.condition_tasks[name]
      set_parameters = concat(
        lookup(local.loop_parameters, name, []),
        contains(keys(local.caught_tasks), name) ? local.caught_parameters : [],
      )
      requirements = (
        fileexists(
          "${task.path}/requirements.txt"
        ) ? "${task.path}/requirements.txt" : "${path.module}/no_requirements.txt"
      )
      readable_objects = local.readable_objects[name]
      writable_objects = local.writable_objects[name]
      timeout_minutes  = local.timeouts[name]
      heartbeat_seconds = (
        contains(["Glue", "Lambda"], task.infra_type)
        ? null
        : coalesce(task.heartbeat_seconds, min(600, local.timeouts[name] * 60 - 1))
      )
    })
  }

  precondition {
    condition     = length(local.expand_errors) == 0
    error_message = join("\n", local.expand_errors)
  }

  precondition {
    condition     = length(local.expanded_name_errors) == 0
    error_message = join("\n", local.expanded_name_errors)
  }

  precondition {
    condition     = length(local.task_errors) == 0
    error_message = join("\n", local.task_errors)
  }

  precondition {
    condition     = length(local.shared_module_errors) == 0
    error_message = join("\n", local.shared_module_errors)
  }

  precondition {
    condition     = length(local.requirements_errors) == 0
    error_message = join("\n", local.requirements_errors)
  }

  precondition {
    condition     = length(local.limit_errors) == 0
    error_message = join("\n", local.limit_errors)
  }

  precondition {
    condition     = length(local.infra_errors) == 0
    error_message = join("\n", local.infra_errors)
  }

  precondition {
    condition     = length(local.fargate_errors) == 0
    error_message = join("\n", local.fargate_errors)
  }

  precondition {
    condition     = length(local.spark_errors) == 0
    error_message = join("\n", local.spark_errors)
  }

  precondition {
    condition     = length(local.table_errors) == 0
    error_message = join("\n", local.table_errors)
  }

  precondition {
    condition     = length(local.redshift_errors) == 0
    error_message = join("\n", local.redshift_errors)
  }

  precondition {
    condition     = length(local.path_errors) == 0
    error_message = join("\n", local.path_errors)
  }

  precondition {
    condition     = length(local.dataset_errors) == 0
    error_message = join("\n", local.dataset_errors)
  }

  precondition {
    condition     = length(local.order_errors) == 0
    error_message = join("\n", local.order_errors)
  }

  precondition {
    condition     = length(local.when_errors) == 0
    error_message = join("\n", local.when_errors)
  }

  precondition {
    condition     = length(local.loop_errors) == 0
    error_message = join("\n", local.loop_errors)
  }

  precondition {
    condition     = length(local.item_errors) == 0
    error_message = join("\n", local.item_errors)
  }

  precondition {
    condition     = length(local.catch_errors) == 0
    error_message = join("\n", local.catch_errors)
  }

  precondition {
    condition     = length(local.glue_errors) == 0
    error_message = join("\n", local.glue_errors)
  }

  precondition {
    condition     = length(local.lambda_errors) == 0
    error_message = join("\n", local.lambda_errors)
  }

  precondition {
    condition     = length(local.secret_name_errors) == 0
    error_message = join("\n", local.secret_name_errors)
  }

  precondition {
    condition     = length(local.secret_errors) == 0
    error_message = join("\n", local.secret_errors)
  }

  precondition {
    condition     = length(local.parameter_name_errors) == 0
    error_message = join("\n", local.parameter_name_errors)
  }

  precondition {
    condition     = length(local.parameter_value_errors) == 0
    error_message = join("\n", local.parameter_value_errors)
  }

  precondition {
    condition     = length(local.action_errors) == 0
    error_message = join("\n", local.action_errors)
  }

  precondition {
    condition     = length(local.resource_errors) == 0
    error_message = join("\n", local.resource_errors)
  }

  precondition {
    condition     = length(local.policy_errors) == 0
    error_message = join("\n", local.policy_errors)
  }
}

output "triggers" {
  description = "Schedules and events that start the pipeline, by name, with defaults."
  value       = { for name, trigger in var.triggers : name => trigger if trigger.type != "none" }

  precondition {
    condition     = length(local.trigger_type_errors) == 0
    error_message = join("\n", local.trigger_type_errors)
  }

  precondition {
    condition     = length(local.trigger_argument_errors) == 0
    error_message = join("\n", local.trigger_argument_errors)
  }

  precondition {
    condition     = length(local.trigger_schedule_errors) == 0
    error_message = join("\n", local.trigger_schedule_errors)
  }

  precondition {
    condition     = length(local.trigger_bucket_errors) == 0
    error_message = join("\n", local.trigger_bucket_errors)
  }

  precondition {
    condition     = length(local.trigger_s3_errors) == 0
    error_message = join("\n", local.trigger_s3_errors)
  }

  precondition {
    condition     = length(local.trigger_event_errors) == 0
    error_message = join("\n", local.trigger_event_errors)
  }
}

output "alarms" {
  description = "Thresholds of the pipeline and of the domain; null if the domain is of a version without alarms."
  value       = local.alarms

  precondition {
    condition     = length(local.alarm_value_errors) == 0
    error_message = join("\n", local.alarm_value_errors)
  }

  precondition {
    condition     = length(local.alarm_effect_errors) == 0
    error_message = join("\n", local.alarm_effect_errors)
  }
}
