variable "permissions_boundary_arn" {
  description = <<-EOT
    Permissions boundary of all roles of the domain and of its pipelines: an IAM policy that limits what their own
    policies can allow. See [Roles](#roles).
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
}

variable "role_path" {
  description = <<-EOT
    IAM path of all roles of the domain and of its pipelines, such as `/datalake/`. A change replaces the roles. See
    [Roles](#roles).
  EOT
  type        = string
  default     = "/"
  nullable    = false

  validation {
    # The characters that every service accepts in the ARN of a role.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
    condition = (
      can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path)) && !startswith(var.role_path, "/aws-service-role/")
    )
    error_message = join(" ", [
      "role_path is '${var.role_path}'; it must be '/', or start and end with '/' and have letters, digits and",
      "+ = , . @ _ - between single '/', such as /datalake/. AWS reserves /aws-service-role/.",
    ])
  }

  validation {
    # The role of a state machine has policies with the ARNs of the roles of up to 200 tasks.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    condition     = length(var.role_path) <= 64
    error_message = "role_path has ${length(var.role_path)} characters; the limit is 64. Choose a shorter path."
  }
}
