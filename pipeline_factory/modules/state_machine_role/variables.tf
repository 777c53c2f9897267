variable "name" {
  description = "Name of the state machine, which starts the names of its task definitions."
  type        = string
  nullable    = false
}

variable "domain" {
  description = "Attributes of the domain."
  type = object({
    partition                = string
    region                   = string
    account_id               = string
    ecs_cluster_arn          = string
    permissions_boundary_arn = optional(string)
    role_path                = optional(string, "/")
    lake_formation_enabled   = optional(bool, false)
  })
  nullable = false
}

variable "ecs_tasks" {
  description = "Tasks on ECS by name."
  type        = map(object({ role_name = string }))
  nullable    = false
}

variable "spark_tasks" {
  description = "Tasks on EMR Serverless by name."
  type        = map(object({ role_name = string, application_arn = string }))
  nullable    = false
}

variable "glue_tasks" {
  description = "Tasks on Glue by name."
  type        = map(object({ job_arn = string }))
  default     = {}
  nullable    = false
}

variable "lambda_tasks" {
  description = "Tasks on Lambda by name."
  type        = map(object({ function_arns = list(string) }))
  default     = {}
  nullable    = false
}

variable "execution_role_arn" {
  description = "Task execution role, with which ECS pulls images and writes logs."
  type        = string
  nullable    = false
}

variable "listed_databases" {
  description = "Databases whose tables the state machine lists."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "datasets" {
  description = <<-EOT
    Path in Parameter Store of the datasets that the pipeline serves, and path of their roles; null without datasets.
  EOT
  type        = object({ parameter_path = string, role_path = string })
  default     = null
}

variable "policy" {
  description = "JSON of an IAM policy with additional permissions."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}
