output "tasks" {
  description = "Tasks by name, each setting in one form and with its default."
  value = {
    for name, task in var.tasks_configuration : name => merge(task, {
      infra_config      = local.infra_configs[name]
      requirements      = fileexists("${task.path}/requirements.txt") ? "${task.path}/requirements.txt" : "${path.module}/no_requirements.txt"
      timeout_minutes   = local.timeouts[name]
      heartbeat_seconds = coalesce(task.heartbeat_seconds, min(600, local.timeouts[name] * 60 - 1))
    })
  }
}

output "trigger" {
  description = "What starts the pipeline, without `argument`."
  value       = var.trigger
}
