variable "name" {
  description = "Full name of the task, `{environment}_{pipeline}_{task}`: of its image and its task definition; its role's is cut to what IAM takes."
  type        = string
  nullable    = false
}

variable "task_name" {
  description = "Name of the task in its pipeline, and of its container."
  type        = string
  nullable    = false
}

variable "task" {
  description = "The task, as an entry of `modules/configuration`'s output `tasks`."
  type = object({
    path         = string
    requirements = string
    infra_config = object({
      architecture      = string
      cpu               = number
      memory            = number
      ephemeral_storage = optional(number)
    })
    input_tables               = set(string)
    output_tables              = map(object({}))
    additional_rebuild_trigger = string
    additional_permissions     = map(object({ actions = set(string), resources = set(string) }))
    additional_policy          = optional(string)
  })
  nullable = false
}

variable "domain" {
  description = "What an ECS task needs of the domain."
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
      assign_public_ip  = bool
    })
    ecs_cluster_arn = string
    container_cli   = string
    base_images     = object({ python = string })
  })
  nullable = false
}

variable "execution_role_arn" {
  description = "Role by which ECS pulls the image and writes the log."
  type        = string
  nullable    = false
}

variable "has_jupyter" {
  description = "Whether the image has Jupyter, and the task's environment variables for its sandbox.ipynb."
  type        = bool
  default     = false
  nullable    = false
}

variable "pip_configuration" {
  description = "Text of a pip.conf for the task's requirements; pip's defaults if empty."
  type        = string
  default     = ""
  nullable    = false
  sensitive   = true
}

variable "environment_variables" {
  description = "Environment variables of every run of the task."
  type        = map(string)
  nullable    = false
}

variable "computed_variables" {
  description = "Environment variables that an execution gives: paths or intrinsic functions of Step Functions."
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
