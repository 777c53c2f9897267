variable "name" {
  description = <<-EOT
    Full name of the task, `{environment}_{pipeline}_{task}`: the name of its image repository and, truncated to 64
    characters, of its function and its role.
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
      architecture         = string
      memory               = number
      ephemeral_storage    = optional(number)
      reserved_concurrency = optional(number)
    })
    input_tables               = set(string)
    output_tables              = map(object({}))
    readable_objects           = optional(set(string), [])
    writable_objects           = optional(set(string), [])
    secrets                    = optional(map(string), {})
    shared_modules             = optional(set(string), [])
    additional_rebuild_trigger = string
    additional_permissions     = map(object({ actions = set(string), resources = set(string) }))
    additional_policy          = optional(string)
    redshift = optional(object({
      workgroup  = optional(string)
      cluster    = optional(string)
      database   = string
      db_user    = optional(string)
      secret_arn = optional(string)
    }))
    timeout_minutes = number
  })
  nullable = false
}

variable "domain" {
  description = "Attributes of the domain that a task on Lambda requires."
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
    network = object({
      subnet_ids        = list(string)
      security_group_id = string
      assign_public_ip  = bool
    })
    container_cli = string
    base_images   = object({ python = string })
  })
  nullable = false
}

variable "sdk" {
  description = "Version of the SDK and command that adds it to the build context: outputs of `modules/sdk_package`."
  type        = object({ version = string, context_command = string })
  nullable    = false
}

variable "pip_configuration" {
  description = "Content of a pip.conf for installing the SDK and the requirements; empty for the defaults of pip."
  type        = string
  default     = ""
  nullable    = false
  sensitive   = true
}

variable "environment_variables" {
  description = "Environment variables of the function."
  type        = map(string)
  nullable    = false
}

variable "computed_variables" {
  description = <<-EOT
    Environment variables with values from the execution: JSONPaths or intrinsic functions of Step Functions, or JSONata
    expressions if that is the query language.
  EOT
  type        = map(string)
  nullable    = false
}

variable "variables_expression" {
  description = "JSONata expression for an object of further environment variables."
  type        = string
  default     = "{}"
  nullable    = false
}

variable "query_language" {
  description = "Query language of the state: `JSONPath` or `JSONata`."
  type        = string
  default     = "JSONPath"
  nullable    = false
}

variable "serves_datasets" {
  description = "Whether the task runs for a dataset, with the role of that dataset."
  type        = bool
  default     = false
  nullable    = false
}

variable "datasets" {
  description = "Tables and objects of the task by dataset."
  type = map(object({
    input_tables     = set(string)
    output_tables    = map(object({}))
    readable_objects = set(string)
  }))
  default  = {}
  nullable = false
}

variable "dataset_role_path" {
  description = "Path of the roles of datasets."
  type        = string
  default     = "/"
  nullable    = false
}

variable "log_group_name" {
  description = "Name of the task's log group."
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
