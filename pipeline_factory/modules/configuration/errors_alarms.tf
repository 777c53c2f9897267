# Violations of the rules for alarms, as in errors_tasks.tf.
locals {
  given_alarms = { for name, value in var.alarms : name => value if value != null }
  alarms       = var.domain.alarms == null ? null : merge(var.domain.alarms, local.given_alarms)

  alarm_value_errors = concat(
    [
      for name in ["failed_executions", "queue_age_minutes", "throttled_transitions"] :
      "alarms.${name} is ${local.given_alarms[name]}; it must be a whole number, 1 or more."
      if try(local.given_alarms[name] < 1 || floor(local.given_alarms[name]) != local.given_alarms[name], false)
    ],
    [
      for minutes in var.alarms.execution_minutes[*] : join(" ", [
        "alarms.execution_minutes is ${minutes}; it must be a whole number, 5 or more, since the failsafe measures",
        "executions every 5 minutes.",
      ])
      if minutes < 5 || floor(minutes) != minutes
    ],
  )

  alarm_effect_errors = concat(
    [
      for name in keys(local.given_alarms) : join(" ", [
        "alarms.${name} has no effect, since the domain was applied by a version without alarms. Apply the domain",
        "with this version first.",
      ])
      if var.domain.alarms == null
    ],
    [
      for minutes in var.alarms.execution_minutes[*] : join(" ", [
        "alarms.execution_minutes is ${minutes} and has no effect, since the domain has no failsafe, which measures",
        "how long executions have been running. Remove it, or set enable_failsafe = true in the domain.",
      ])
      if !var.domain.failsafe_enabled
    ],
    [
      for minutes in var.alarms.queue_age_minutes[*] : join(" ", [
        "alarms.queue_age_minutes is ${minutes} and has no effect, since only a trigger with batch_window_seconds has",
        "a queue. Remove it.",
      ])
      if alltrue([for trigger in var.triggers : trigger.batch_window_seconds == null])
    ],
  )
}
