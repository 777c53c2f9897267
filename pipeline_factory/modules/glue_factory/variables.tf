variable "name" {
  description = <<-EOT
    Full name of the task, `{environment}_{pipeline}_{task}`: the name of its job and, truncated to 64 characters, of
    its role.
  EOT
  type        = string
  nullable    = false
}

variable "task_name" {
  description = "Name of the task in its pipeline."
  type        = string
  nullable    = false
}

variable "task" {
  description = "The task, an element of the output `tasks` of `modules/configuration`."
  type = object({
    type         = optional(string, "python")
    path         = string
    requirements = string
    infra_config = object({
      worker_type         = string
      number_of_workers   = number
      max_concurrent_runs = number
      extra_jars          = set(string)
      spark_configuration = map(string)
    })
    input_tables           = set(string)
    output_tables          = map(object({}))
    readable_objects       = optional(set(string), [])
    writable_objects       = optional(set(string), [])
    secrets                = optional(map(string), {})
    shared_modules         = optional(set(string), [])
    additional_permissions = map(object({ actions = set(string), resources = set(string) }))
    additional_policy      = optional(string)
    redshift = optional(object({
      workgroup  = optional(string)
      cluster    = optional(string)
      database   = string
      db_user    = optional(string)
      secret_arn = optional(string)
    }))
    timeout_minutes = number
    retries         = number
  })
  nullable = false
}

variable "domain" {
  description = "Attributes of the domain that a task on Glue requires."
  type = object({
    database_prefix             = string
    region                      = string
    account_id                  = string
    partition                   = string
    data_bucket                 = string
    technical_bucket            = string
    kms_key_arn                 = optional(string)
    table_bucket_arn            = optional(string)
    athena_workgroup            = string
    lake_formation_enabled      = bool
    use_only_iam_access_control = optional(bool, false)
    permissions_boundary_arn    = optional(string)
    role_path                   = optional(string, "/")
    created_databases           = optional(map(string), {})
  })
  nullable = false
}

variable "pipeline_name" {
  description = "Name of the pipeline, a part of the keys of the task's objects."
  type        = string
  nullable    = false
}

variable "wheel" {
  description = "Key of the wheel of the SDK in the technical bucket."
  type        = string
  nullable    = false
}

variable "environment_variables" {
  description = "Environment variables of every run of the task."
  type        = map(string)
  nullable    = false
}

variable "computed_variables" {
  description = "Environment variables with values from the execution: JSONata expressions."
  type        = map(string)
  nullable    = false
}

variable "variables_expression" {
  description = "JSONata expression for an object of further environment variables."
  type        = string
  default     = "{}"
  nullable    = false
}

variable "log_group_name" {
  description = "Prefix of the task's log groups, to which Glue appends /output and /error."
  type        = string
  nullable    = false
}

variable "log_retention_days" {
  description = "Retention of the task's logs, in days."
  type        = number
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}
