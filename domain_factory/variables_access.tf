variable "datalake_admin_principal_arns" {
  description = <<-EOT
    IAM roles and users with all permissions on the domain's tables, which they may grant to others. Must be known
    during the plan.
  EOT
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for arn in var.datalake_admin_principal_arns :
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = join(" ", [
      "datalake_admin_principal_arns must be ARNs of IAM roles or users, such as",
      "arn:aws:iam::111122223333:role/data-admin, not of sessions, groups or accounts; given:",
      "${join(", ", var.datalake_admin_principal_arns)}.",
    ])
  }
}

variable "enable_lake_formation" {
  description = <<-EOT
    Registers the data bucket in Lake Formation and grants permissions there. The identity that runs Terraform must be a
    Lake Formation administrator.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "manage_lake_formation_settings" {
  description = <<-EOT
    Replaces the Lake Formation settings of the account: `datalake_admin_principal_arns` become its only administrators,
    and new databases and tables have no default grants. At most one domain per account may set it.
  EOT
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition = !var.manage_lake_formation_settings || length(var.datalake_admin_principal_arns) > 0
    error_message = join(" ", [
      "manage_lake_formation_settings would leave the account without a Lake Formation administrator. Add at least",
      "the role that runs Terraform to datalake_admin_principal_arns.",
    ])
  }

  validation {
    condition     = !var.manage_lake_formation_settings || var.enable_lake_formation
    error_message = "manage_lake_formation_settings requires enable_lake_formation = true."
  }
}

variable "role_to_assume_arn" {
  description = <<-EOT
    Role that the AWS provider assumes; a plan with another identity shows a warning. The provider makes all calls to
    AWS, including those that push images.
  EOT
  type        = string
  default     = null

  validation {
    condition = can(regex(
      "^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$",
      coalesce(var.role_to_assume_arn, "arn:aws:iam::111122223333:role/deploy"),
    ))
    error_message = join(" ", [
      "role_to_assume_arn is '${coalesce(var.role_to_assume_arn, "null")}'; it must be the ARN of an IAM role, such",
      "as arn:aws:iam::111122223333:role/deploy.",
    ])
  }
}
