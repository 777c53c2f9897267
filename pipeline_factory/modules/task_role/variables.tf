variable "name" {
  description = <<-EOT
    Full name of the task, `{environment}_{pipeline}_{task}`; the name of the role is truncated to the limit of IAM.
  EOT
  type        = string
  nullable    = false
}

variable "service" {
  description = "Service that runs the task and assumes its role, such as ecs-tasks.amazonaws.com."
  type        = string
  nullable    = false
}

variable "domain" {
  description = <<-EOT
    Attributes of the domain that the policy requires. `created_databases` has the names of databases, by their name
    without the stage's prefix, that are created before their grants.
  EOT
  type = object({
    database_prefix             = string
    region                      = string
    account_id                  = string
    partition                   = string
    data_bucket                 = string
    technical_bucket            = string
    table_bucket_arn            = optional(string)
    kms_key_arn                 = optional(string)
    athena_workgroup            = string
    lake_formation_enabled      = bool
    use_only_iam_access_control = optional(bool, false)
    permissions_boundary_arn    = optional(string)
    role_path                   = optional(string, "/")
    created_databases           = optional(map(string), {})
  })
  nullable = false
}

variable "input_tables" {
  description = "Tables that the task reads, as `database.table` without the stage's prefix."
  type        = set(string)
  nullable    = false
}

variable "output_tables" {
  description = "Tables that the task writes; `database.*` is all tables of a database."
  type        = set(string)
  nullable    = false
}

variable "readable_objects" {
  description = "Objects that the task reads, as `bucket/pattern`, such as `inbox/orders/*`."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "writable_objects" {
  description = "Objects that the task writes, as `bucket/pattern`."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "secrets" {
  description = <<-EOT
    Secrets that the task reads, by the name of their environment variable: ARNs in Secrets Manager, optionally followed
    by a key of their JSON value.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "log_group_name" {
  description = "Log group to which the task's role writes. Null on ECS, where the execution role writes the logs."
  type        = string
  default     = null
}

variable "additional_permissions" {
  description = "Additional permissions, with keys of your choice."
  type        = map(object({ actions = set(string), resources = set(string) }))
  default     = {}
  nullable    = false
}

variable "additional_policy" {
  description = "Additional permissions, as the JSON of an IAM policy."
  type        = string
  default     = null
}

variable "redshift" {
  description = "Database in Redshift to which the task exports tables; null for none. `workgroup` is an ARN."
  type = object({
    workgroup  = optional(string)
    cluster    = optional(string)
    database   = string
    db_user    = optional(string)
    secret_arn = optional(string)
  })
  default = null
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
