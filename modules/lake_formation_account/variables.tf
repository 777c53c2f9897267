variable "administrators" {
  description = <<-EOT
    ARNs of the IAM roles and users that administer Lake Formation in the account. They must include the identity that
    runs Terraform.
  EOT
  type        = set(string)
  nullable    = false

  validation {
    condition = alltrue([
      for arn in var.administrators :
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = join(" ", [
      "administrators must be ARNs of IAM roles or users, such as arn:aws:iam::111122223333:role/platform, not of",
      "sessions, groups or accounts; given: ${join(", ", var.administrators)}.",
    ])
  }

  validation {
    # https://docs.aws.amazon.com/general/latest/gr/lake-formation.html
    condition     = length(var.administrators) <= 30
    error_message = "administrators has ${length(var.administrators)} entries; the limit of Lake Formation is 30."
  }

  validation {
    condition = anytrue([for arn in var.administrators : endswith(arn, local.own_arn_ending)])
    error_message = join(" ", [
      "administrators does not contain the identity that runs Terraform, ${data.aws_caller_identity.current.arn},",
      "which could then no longer grant permissions. Add the ARN of its role or user; given:",
      "${join(", ", var.administrators)}.",
    ])
  }
}
