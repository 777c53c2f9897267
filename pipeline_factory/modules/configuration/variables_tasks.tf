variable "tasks_configuration" {
  description = "Tasks by name."
  type = map(object({
    type       = optional(string, "python")
    path       = optional(string)
    infra_type = optional(string, "ECS")
    infra_config = optional(object({
      architecture            = optional(string, "X86_64")
      cpu                     = optional(number)
      memory                  = optional(number)
      ephemeral_storage       = optional(number)
      spark_configuration     = optional(map(string))
      spark_driver_cores      = optional(number)
      spark_driver_memory     = optional(string)
      spark_executor_cores    = optional(number)
      spark_executor_memory   = optional(string)
      maximum_capacity_cpu    = optional(string)
      maximum_capacity_memory = optional(string)
      idle_timeout_minutes    = optional(number)
      job_timeout_minutes     = optional(number)
    }), {})
    input_tables = optional(set(string), [])
    output_tables = optional(map(object({
      ingestion_mode = optional(string, "append")
      upsert_keys    = optional(list(string), [])
      partition_keys = optional(list(string))
    })), {})
    additional_parameters      = optional(map(string), {})
    additional_rebuild_trigger = optional(string, "")
    additional_permissions     = optional(map(object({ actions = set(string), resources = set(string) })), {})
    additional_policy          = optional(string)
    after                      = optional(set(string), [])
    timeout_minutes            = optional(number)
    heartbeat_seconds          = optional(number)
    retries                    = optional(number, 2)
  }))
  nullable = false
}
