variable "datasets" {
  description = <<-EOT
    Datasets by name. Objects whose keys start with `source_prefix` start executions of `pipeline`, whose tasks receive
    `parameters`. `tables` assigns a table to each name that the tasks use as `{tables.name}`; its other attributes
    replace those of the task's output. `failure_notification_receivers` are notified of failed executions of this
    dataset only.
  EOT
  type = map(object({
    team          = optional(string)
    pipeline      = optional(string)
    source_prefix = optional(string)
    parameters    = optional(map(string), {})
    tables = optional(map(object({
      name           = optional(string)
      upsert_keys    = optional(list(string))
      partition_keys = optional(list(string))
      on_duplicate   = optional(string)
      order_by       = optional(string)
      delete_when    = optional(string)
    })), {})
    failure_notification_receivers = optional(set(string), [])
  }))
  default  = {}
  nullable = false
}
