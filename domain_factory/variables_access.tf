variable "datalake_admin_principal_arns" {
  description = "IAM roles and users that may do everything with the domain's tables and grant it to others. Known at plan."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.datalake_admin_principal_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "datalake_admin_principal_arns must be ARNs of IAM roles or users, as in arn:aws:iam::111122223333:role/data-admin (not of sessions, groups or accounts); given: ${join(", ", var.datalake_admin_principal_arns)}."
  }
}

variable "enable_lake_formation" {
  description = "Registers the data bucket in Lake Formation and grants permissions there. Whoever applies must be a Lake Formation administrator."
  type        = bool
  default     = true
  nullable    = false
}

variable "manage_lake_formation_settings" {
  description = "Replaces the account's Lake Formation settings: `datalake_admin_principal_arns` become its only administrators, and new databases and tables get no grant to everybody. One domain of an account at most."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.manage_lake_formation_settings || length(var.datalake_admin_principal_arns) > 0
    error_message = "manage_lake_formation_settings would leave the account without a Lake Formation administrator. Name the applying role, at least, in datalake_admin_principal_arns."
  }

  validation {
    condition     = !var.manage_lake_formation_settings || var.enable_lake_formation
    error_message = "manage_lake_formation_settings needs enable_lake_formation = true."
  }
}

variable "role_to_assume_arn" {
  description = "Role that the AWS provider assumes; a plan under another identity warns. All calls to AWS are the provider's, the push of images included."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", coalesce(var.role_to_assume_arn, "arn:aws:iam::111122223333:role/deploy")))
    error_message = "role_to_assume_arn is '${coalesce(var.role_to_assume_arn, "null")}'; it must be the ARN of an IAM role, such as arn:aws:iam::111122223333:role/deploy."
  }
}
