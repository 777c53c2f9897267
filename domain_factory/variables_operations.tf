variable "alarms" {
  description = <<-EOT
    Thresholds of the alarms of the domain and its pipelines, which publish to the failure topic; a pipeline can
    override each of them. `enabled = false` creates none. See [Alarms](#alarms).
    [Attributes](modules/settings/README.md#alarms).
  EOT
  # Typed in modules/settings after the check, since an object type drops unknown attributes silently.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = templatefile(
      local.attribute_errors, { schema = local.attributes, value = { alarms = var.alarms } },
    ) == ""
    error_message = templatefile(local.attribute_errors, { schema = local.attributes, value = { alarms = var.alarms } })
  }

  validation {
    condition = var.enable_failsafe || !can(var.alarms.execution_minutes)
    error_message = join(" ", [
      "alarms.execution_minutes has no effect with enable_failsafe = false, since the failsafe measures how long",
      "executions have been running. Remove it, or enable the failsafe.",
    ])
  }
}
