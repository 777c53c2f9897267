variable "name" {
  description = "Full name of the task, `{environment}_{pipeline}_{task}`; the role's is cut to what IAM takes."
  type        = string
  nullable    = false
}

variable "service" {
  description = "Service that runs the task and assumes its role, as in ecs-tasks.amazonaws.com."
  type        = string
  nullable    = false
}

variable "domain" {
  description = "What a role needs of the domain."
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
  })
  nullable = false
}

variable "input_tables" {
  description = "Tables that the task reads, `database.table` without the stage's prefix."
  type        = set(string)
  nullable    = false
}

variable "output_tables" {
  description = "Tables that the task writes."
  type        = set(string)
  nullable    = false
}

variable "log_group_name" {
  description = "Log group of the task."
  type        = string
  nullable    = false
}

variable "additional_permissions" {
  description = "Further permissions by a name of the user's."
  type        = map(object({ actions = set(string), resources = set(string) }))
  default     = {}
  nullable    = false
}

variable "additional_policy" {
  description = "Further permissions as the JSON of an IAM policy."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
