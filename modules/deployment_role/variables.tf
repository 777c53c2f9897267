variable "project_name" {
  description = "Project whose domains the role applies."
  type        = string
  nullable    = false

  validation {
    condition = can(regex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", var.project_name))
    error_message = join(" ", [
      "project_name is '${var.project_name}'; it must be the project_name of domain_factory, such as shop.",
    ])
  }
}

variable "domain_name" {
  description = "Domain that the role applies, with its pipelines."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", var.domain_name))
    error_message = "domain_name is '${var.domain_name}'; it must be the domain_name of domain_factory, such as sales."
  }
}

variable "stage_name" {
  description = <<-EOT
    Stage that the role applies, in its normalized form, or a pattern such as `feature_*`. The default is all stages.
    Since names have no separator between domain and stage, `*` also includes domains such as `{domain_name}_eu`.
  EOT
  type        = string
  default     = "*"
  nullable    = false

  validation {
    condition = can(regex("^[a-z0-9_]*\\*?$", var.stage_name)) && var.stage_name != ""
    error_message = join(" ", [
      "stage_name is '${var.stage_name}'; it must be a stage in its normalized form, such as prod or feature_x_1, and",
      "may end with '*'.",
    ])
  }
}

variable "database_names" {
  description = <<-EOT
    Databases that the role creates, without the stage's prefix: those of the domain, its layers and its pipelines.
    Names may contain `*`. The default is all databases: in stage `prod` they have no prefix, so list them there.
  EOT
  type        = set(string)
  default     = ["*"]
  nullable    = false

  validation {
    condition = length(var.database_names) > 0 && alltrue([
      for name in var.database_names : can(regex("^[a-z0-9_*]+$", name))
    ])
    error_message = join(" ", [
      "database_names is [${join(", ", var.database_names)}]; names must have lowercase letters, digits, '_' and '*',",
      "such as sales or sales_*.",
    ])
  }
}

variable "kms_key_arns" {
  description = "Keys that are the `kms_key_arn` of a domain. Must be known during the plan."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for arn in var.kms_key_arns : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))
    ])
    error_message = join(" ", [
      "kms_key_arns is [${join(", ", var.kms_key_arns)}]; they must be ARNs of keys, such as",
      "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab.",
    ])
  }
}

variable "permissions_boundary_arn" {
  description = <<-EOT
    `permissions_boundary_arn` of the domain: the role can then only create and change roles that have this boundary.
    Without it, the role can create roles with any permission: see [Escalation](#escalation).
  EOT
  type        = string
  default     = null

  validation {
    condition = (
      var.permissions_boundary_arn == null
      || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary_arn))
    )
    error_message = join(" ", [
      "permissions_boundary_arn is '${join("", var.permissions_boundary_arn[*])}'; it must be the ARN of a managed",
      "policy, such as arn:aws:iam::111122223333:policy/boundary, or null.",
    ])
  }

  validation {
    condition = !startswith(
      coalesce(var.permissions_boundary_arn, "none"),
      "arn:${local.partition}:iam::${local.account_id}:policy/${local.own_prefix}",
    )
    error_message = join(" ", [
      "permissions_boundary_arn is '${coalesce(var.permissions_boundary_arn, "null")}', which the role could change:",
      "it manages the policies '${local.own_prefix}*'. Give the boundary another name or a path, such as",
      "policy/boundaries/${var.project_name}.",
    ])
  }
}

variable "role_path" {
  description = "`role_path` of the domain: the role creates and passes only roles with this path."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path))
    error_message = "role_path is '${var.role_path}'; it must be the role_path of domain_factory, such as /datalake/."
  }
}

variable "own_permissions_boundary_arn" {
  description = "Permissions boundary of the role itself."
  type        = string
  default     = null

  validation {
    condition = can(regex(
      "^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$",
      coalesce(var.own_permissions_boundary_arn, "arn:aws:iam::111122223333:policy/boundary"),
    ))
    error_message = join(" ", [
      "own_permissions_boundary_arn is '${coalesce(var.own_permissions_boundary_arn, "null")}'; it must be the ARN of",
      "a managed policy, such as arn:aws:iam::111122223333:policy/boundary.",
    ])
  }

  validation {
    condition = !startswith(
      coalesce(var.own_permissions_boundary_arn, "none"),
      "arn:${local.partition}:iam::${local.account_id}:policy/${local.own_prefix}",
    )
    error_message = join(" ", [
      "own_permissions_boundary_arn is '${coalesce(var.own_permissions_boundary_arn, "null")}', which the role could",
      "change: it manages the policies '${local.own_prefix}*'. Give the boundary another name or a path, such as",
      "policy/boundaries/${var.project_name}.",
    ])
  }
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}
