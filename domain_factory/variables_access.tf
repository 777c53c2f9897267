variable "consumer_groups" {
  description = <<-EOT
    Groups of users and tools that read the domain's tables. Each has a policy and an Athena workgroup, both named
    `{environment}_{group}`; a group cannot read the query results of other groups or of tasks.
  EOT
  type        = set(string)
  default     = ["consumer"]
  nullable    = false

  validation {
    # emr_studio_users is the suffix of the policy of EMR Studio's users, datalfred that of Datalfred's workgroup.
    condition = alltrue([
      for group in var.consumer_groups :
      can(regex(local.name_pattern, group)) && !contains(["datalfred", "emr_studio_users"], group)
    ])
    error_message = join(" ", [
      "consumer_groups is [${join(", ", var.consumer_groups)}]; each name must be ${local.name_rule}, and neither",
      "'datalfred' nor 'emr_studio_users', which the module uses. Rename the group.",
    ])
  }

  validation {
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entities-length
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html
    condition = alltrue([for group in var.consumer_groups : length("${local.environment}_${group}") <= 128])
    error_message = join(" ", [
      "consumer_groups is [${join(", ", var.consumer_groups)}]; '${local.environment}_{group}' must have at most 128",
      "characters. Choose shorter names.",
    ])
  }
}

variable "redshift_reader_arns" {
  description = <<-EOT
    IAM roles and users that query the domain's tables in place from Redshift, as `awsdatacatalog.database.table`. They
    are granted `SELECT` on all tables of the domain in Lake Formation. See [Redshift](../doc_resources/redshift.md).
  EOT
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for arn in var.redshift_reader_arns :
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = join(" ", [
      "redshift_reader_arns must be ARNs of IAM roles or users, such as arn:aws:iam::111122223333:role/analyst, not of",
      "sessions, groups or accounts; given: ${join(", ", var.redshift_reader_arns)}.",
    ])
  }
}

variable "enable_redshift_copy_role" {
  description = <<-EOT
    Creates the role `{environment}_redshift_copy`, with which Redshift loads the rows that `export_redshift` stages. It
    reads nothing else; attach it to the namespace or the cluster.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "datalfred_user_arns" {
  description = <<-EOT
    IAM roles and users whose Datalfred queries tables with the read-only role `{environment}_datalfred`, in a workgroup
    of the same name. They can read all tables of the domain through it. Must be known during the plan; `[]` creates
    neither role nor workgroup. See [Datalfred](#datalfred).
  EOT
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for arn in var.datalfred_user_arns :
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = join(" ", [
      "datalfred_user_arns must be ARNs of IAM roles or users, such as arn:aws:iam::111122223333:role/analyst, not of",
      "sessions, groups or accounts; given: ${join(", ", var.datalfred_user_arns)}.",
    ])
  }
}

variable "datalfred_bytes_scanned_cutoff" {
  description = "Maximum number of bytes that a query of Datalfred may scan before Athena cancels it."
  type        = number
  default     = 100000000000
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
    condition = (
      var.datalfred_bytes_scanned_cutoff >= 10000000
      && floor(var.datalfred_bytes_scanned_cutoff) == var.datalfred_bytes_scanned_cutoff
    )
    error_message = join(" ", [
      "datalfred_bytes_scanned_cutoff is ${var.datalfred_bytes_scanned_cutoff}; it must be a whole number, 10000000",
      "(10 MB) or more.",
    ])
  }
}

variable "data_steward_arns" {
  description = <<-EOT
    IAM roles and users with permissions on all tables of the domain, which they may grant to others. Must be known
    during the plan. Lake Formation administrators and the identity that runs Terraform hold these permissions already.
  EOT
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for arn in var.data_steward_arns :
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = join(" ", [
      "data_steward_arns must be ARNs of IAM roles or users, such as arn:aws:iam::111122223333:role/data-steward, not",
      "of sessions, groups or accounts; given: ${join(", ", var.data_steward_arns)}.",
    ])
  }

  validation {
    # https://github.com/hashicorp/terraform-provider-aws/pull/20108
    condition = length(setintersection(var.data_steward_arns, local.lake_formation_administrators)) == 0
    error_message = join(" ", [
      "data_steward_arns contains Lake Formation administrators, who may grant all permissions without a grant of",
      "their own, so every plan would replace their grants. Remove",
      "${join(", ", setintersection(var.data_steward_arns, local.lake_formation_administrators))}.",
    ])
  }

  validation {
    condition = !anytrue([for arn in var.data_steward_arns : endswith(arn, local.own_arn_ending)])
    error_message = join(" ", [
      "data_steward_arns contains the identity that runs Terraform, ${data.aws_caller_identity.current.arn}, which",
      "holds all permissions as the creator of the databases, so every plan would replace its grants. Remove it.",
    ])
  }
}

variable "datalake_admin_principal_arns" {
  description = <<-EOT
    Alias of `data_steward_arns` from the original framework, in which Lake Formation administrators and the identity
    that runs Terraform are skipped.
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

variable "lake_formation_account" {
  description = <<-EOT
    Output `settings` of [lake_formation_account](../modules/lake_formation_account), if it is in the same
    configuration: databases are then created after the settings are applied. By default the settings of the account
    are read during the plan.
  EOT
  type = object({
    administrators              = set(string)
    use_only_iam_access_control = bool
  })
  default = null
}

variable "role_to_assume_arn" {
  description = <<-EOT
    Role that the AWS provider assumes; a plan with another identity shows a warning. The provider makes all calls to
    AWS, including those that push images.
  EOT
  type        = string
  default     = null

  validation {
    condition = (
      var.role_to_assume_arn == null
      || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", var.role_to_assume_arn))
    )
    error_message = join(" ", [
      "role_to_assume_arn is '${join("", var.role_to_assume_arn[*])}'; it must be the ARN of an IAM role, such as",
      "arn:aws:iam::111122223333:role/deploy, or null.",
    ])
  }
}
