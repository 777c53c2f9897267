variable "project_name" {
  description = "Project of the domain."
  type        = string
  default     = "shop"
}

variable "domain_name" {
  description = "Domain of the integration pipeline."
  type        = string
  default     = "integration"
}

variable "stage_name" {
  description = "Stage of the domain, such as the name of a branch."
  type        = string
}

variable "git_repository" {
  description = "URL of this repository; a tag of all resources."
  type        = string
  default     = "https://git.example.com/shop/platform"
}

variable "datalake_admin_principal_arns" {
  description = "Names of the roles that administer the tables of the domain, separated by commas."
  type        = string
  default     = ""
}

variable "tester_role_arn" {
  description = "ARN of the role that runs utils/run_integration_tests.py, which gets the permissions for it."
  type        = string
  default     = null
}

variable "failure_notification_receivers" {
  description = "E-mail addresses that receive failure notifications, separated by commas."
  type        = string
  default     = ""
}

variable "network" {
  description = "Network of the tasks: the variable of domain_factory."
  type        = any
  default     = {}
}

variable "container_cli" {
  description = "Program that builds and pushes images."
  type        = string
  default     = "docker"
}
