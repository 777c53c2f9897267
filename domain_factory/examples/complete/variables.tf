variable "domain_name" {
  description = "Business domain."
  type        = string
  default     = "sales"
}

variable "stage_name" {
  description = "Stage of the domain."
  type        = string
  default     = "dev"
}

variable "container_cli" {
  description = "Program that builds and pushes images."
  type        = string
  default     = "docker"
}

variable "data_steward_arns" {
  description = "Roles with permissions on all tables, which they may grant to others."
  type        = set(string)
  default     = []
}

variable "datalfred_user_arns" {
  description = "Roles and users whose Datalfred queries tables with a read-only role of the domain."
  type        = set(string)
  default     = []
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of all roles."
  type        = string
  default     = null
}

variable "slack_secret_arn" {
  description = "Secret with the URL of an incoming webhook of Slack, for reports of failures; null for none."
  type        = string
  default     = null
}
