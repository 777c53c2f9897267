variable "triggers" {
  description = <<-EOT
    Schedules and events that start the pipeline, by name; `this` is the variable `trigger` of the pipeline. `argument`
    is an alias of `schedule`, `bucket` or `event_pattern`, depending on the type.
  EOT
  type = map(object({
    type                 = optional(string, "none")
    argument             = optional(string)
    start_disabled       = optional(bool, false)
    schedule             = optional(string)
    time_zone            = optional(string, "UTC")
    bucket               = optional(string)
    prefix               = optional(string, "")
    suffix               = optional(string, "")
    batch_window_seconds = optional(number)
    batch_size           = optional(number, 20)
    event_pattern        = optional(string)
    parameters           = optional(string, "{}")
  }))
  default  = {}
  nullable = false
}
