variable "name" {
  description = "Full name of the task, `{environment}_{pipeline}_{task}`: of its image and its application; its role's is cut to what IAM takes."
  type        = string
  nullable    = false
}

variable "task_name" {
  description = "Name of the task in its pipeline, and of its job runs."
  type        = string
  nullable    = false
}

variable "task" {
  description = "The task, as an entry of `modules/configuration`'s output `tasks`."
  type = object({
    path         = string
    requirements = string
    infra_config = object({
      architecture         = string
      spark_configuration  = map(string)
      idle_timeout_minutes = number
      maximum_capacity     = optional(object({ cpu = string, memory = string }))
    })
    input_tables               = set(string)
    output_tables              = map(object({}))
    additional_rebuild_trigger = string
    additional_permissions     = map(object({ actions = set(string), resources = set(string) }))
    additional_policy          = optional(string)
    timeout_minutes            = number
  })
  nullable = false
}

variable "domain" {
  description = "What a task on EMR Serverless needs of the domain."
  type = object({
    database_prefix        = string
    region                 = string
    account_id             = string
    partition              = string
    data_bucket            = string
    technical_bucket       = string
    kms_key_arn            = optional(string)
    athena_workgroup       = string
    lake_formation_enabled = bool
    network = object({
      subnet_ids        = list(string)
      security_group_id = string
    })
    emr_serverless = object({ release_label = string })
    container_cli  = string
    base_images    = object({ emr = optional(string) })
  })
  nullable = false
}

variable "pip_configuration" {
  description = "Text of a pip.conf for the task's requirements; pip's defaults if empty."
  type        = string
  default     = ""
  nullable    = false
  sensitive   = true
}

variable "environment_variables" {
  description = "Environment variables of every run of the task, for its driver and its executors."
  type        = map(string)
  nullable    = false
}

variable "computed_variables" {
  description = "Environment variables of the driver that an execution gives: JSONata."
  type        = map(string)
  nullable    = false
}

variable "log_group_name" {
  description = "Name of the task's log group."
  type        = string
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that the task's log is kept."
  type        = number
  nullable    = false
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
  nullable    = false
}
